// Small habits of every page: rows that open, chosen columns, and an address that can be sent to a colleague.
"use strict";
(function () {
  const body = document.body;
  if (body.dataset.year) {
    const here = new URL(location.href);
    let changed = false;
    for (const name of ["area", "year"]) {
      if (body.dataset[name] && !here.searchParams.has(name)) { here.searchParams.set(name, body.dataset[name]); changed = true; }
    }
    if (changed) history.replaceState(history.state, "", here);
  }
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-columns]");
    if (button) {
      const chosen = [...button.closest(".columns-menu").querySelectorAll("input:checked")].map((box) => box.value);
      const address = new URL(location.href);
      address.searchParams.set("columns", chosen.join(","));
      location.assign(address);
      return;
    }
    if (event.target.closest("a, button, input, select, label, summary")) return;
    const row = event.target.closest("tr[data-href]");
    if (row && !String(getSelection())) location.assign(row.dataset.href);
  });
  document.addEventListener("change", function (event) {
    const name = event.target.dataset.reload;
    if (!name) return;
    const address = new URL(location.href);
    address.searchParams.set(name, event.target.value);
    location.assign(address);
  });
  document.addEventListener("submit", function (event) {
    if (event.target.dataset.confirm && !confirm(event.target.dataset.confirm)) event.preventDefault();
  });
  document.addEventListener("keydown", function (event) {
    const row = event.target.closest && event.target.closest("tr[data-href]");
    if (!row) return;
    if (event.key === "Enter") location.assign(row.dataset.href);
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (next) { next.focus(); event.preventDefault(); }
  });
  document.addEventListener("click", function (event) {
    for (const open of document.querySelectorAll("details.topbar-person[open], details.columns[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  // On a phone the rows of a table are cards (liangshui.css): each cell says the name of its column.
  const FEWEST_COLUMNS = 4, MOST_COLUMNS = 12;
  function nameCells() {
    for (const table of document.querySelectorAll(".table-responsive > table:not(.as-cards)")) {
      const heads = table.tHead && table.tHead.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
      const many = heads.length > MOST_COLUMNS && !table.closest(".list-scroll"); // months side by side stay so
      if (heads.length < FEWEST_COLUMNS || many || heads.some((head) => head.colSpan > 1)) continue;
      for (const body of table.tBodies) for (const row of body.rows) {
        if (row.cells.length !== heads.length) continue;
        [...row.cells].forEach((cell, number) => { cell.dataset.label = heads[number].textContent.replace(/[↑↓]/g, "").trim(); });
      }
      table.classList.add("as-cards");
    }
  }
  window.addEventListener("DOMContentLoaded", nameCells);
  document.addEventListener("htmx:after:swap", nameCells);
  // Charts: <div class="chart" data-chart='{...}'> is drawn when ECharts is on the page.
  window.addEventListener("DOMContentLoaded", drawCharts);
  document.addEventListener("htmx:after:swap", drawCharts);
  function drawCharts() {
    if (!window.echarts) return;
    for (const place of document.querySelectorAll(".chart[data-chart]:not([data-drawn])")) {
      place.dataset.drawn = "1";
      const chart = echarts.init(place, "liangshui");
      chart.setOption(JSON.parse(place.dataset.chart));
      addEventListener("resize", () => chart.resize());
    }
  }
})();
