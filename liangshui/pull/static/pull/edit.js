// Choosing a kind puts its example into the box, unless somebody has written there.
"use strict";
(() => {
  const examples = JSON.parse(document.getElementById("examples").textContent);
  const kind = document.getElementById("id_kind"), box = document.getElementById("id_mapping");
  kind.addEventListener("change", () => {
    if (!box.value.trim() || Object.values(examples).some((text) => text.trim() === box.value.trim())) box.value = examples[kind.value];
  });
})();
