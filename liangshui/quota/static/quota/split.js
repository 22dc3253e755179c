// Shares are typed in 10⁴ m³; m³, differences, the sum and what is left follow as one types, in whole litres.
"use strict";
(() => {
  const table = document.getElementById("split");
  if (!table) return;
  const litres = (text) => {
    const plain = text.trim().replaceAll(",", "");
    return /^\d*\.?\d*$/.test(plain) && plain !== "." ? Math.round(Number(plain || 0) * 1e7) : null;
  };
  const m3 = (value) => (value / 1000).toLocaleString("en", { maximumFractionDigits: 3 });
  const put = (cell, value, signed) => {
    cell.textContent = value === null ? "—" : (signed && value > 0 ? "+" : "") + m3(value);
  };
  const total = Number(table.dataset.total);
  const count = () => {
    let given = 0, now = 0;
    for (const row of table.tBodies[0].rows) {
      const box = row.querySelector("input.share"), share = litres(box.value), had = Number(row.dataset.now);
      box.classList.toggle("is-invalid", share === null);
      put(row.querySelector(".share-m3"), share);
      put(row.querySelector(".change"), share === null ? null : share - had, true);
      given += share ?? 0;
      now += had;
    }
    put(table.querySelector(".given"), given);
    put(table.querySelector(".given-change"), given - now, true);
    for (const rest of document.querySelectorAll(".rest")) {
      put(rest, total - given);
      rest.classList.toggle("warn-red", given > total);
    }
    document.getElementById("over").hidden = given <= total;
  };
  table.addEventListener("input", count);
  count();
})();
