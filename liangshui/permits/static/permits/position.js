// "Use my place": fills longitude and latitude from where the phone is. Without it, or when it is refused, one types them.
"use strict";
(function () {
  const button = document.querySelector("[data-position]");
  const longitude = document.getElementById("id_longitude"), latitude = document.getElementById("id_latitude");
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      function (found) {
        longitude.value = found.coords.longitude.toFixed(6);
        latitude.value = found.coords.latitude.toFixed(6);
        button.disabled = false;
        button.nextElementSibling.textContent = "± " + Math.round(found.coords.accuracy) + " m";
      },
      function () { button.disabled = false; button.nextElementSibling.textContent = button.dataset.position; },
      { enableHighAccuracy: true, maximumAge: 10000, timeout: 20000 },
    );
  });
})();
