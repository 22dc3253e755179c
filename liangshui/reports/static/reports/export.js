// The mapping of the chosen system stands in its box, to be changed where the file has other headings.
"use strict";
(() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const known = document.getElementById("id_known"), box = document.getElementById("id_mapping");
  const show = () => (box.value = texts[known.value] || "");
  known.addEventListener("change", show);
  if (!box.value) show();
})();
