// "Use my position": fills longitude and latitude from where the device is, as if they had been typed. Without it one types them.
"use strict";
(function () {
  const here = document.getElementById("here"), said = document.getElementById("here-said");
  if (!here || !navigator.geolocation) return;
  here.hidden = false;
  here.addEventListener("click", function () {
    said.textContent = here.dataset.looking;
    navigator.geolocation.getCurrentPosition(function (found) {
      for (const name of ["longitude", "latitude"]) {
        const box = document.getElementById("id_" + name);
        box.value = found.coords[name].toFixed(6);
        box.dispatchEvent(new Event("input", { bubbles: true }));
      }
      said.textContent = here.dataset.found.replace("%s", Math.round(found.coords.accuracy));
    }, function () { said.textContent = here.dataset.untold; }, { enableHighAccuracy: true, maximumAge: 10000, timeout: 20000 });
  });
})();
