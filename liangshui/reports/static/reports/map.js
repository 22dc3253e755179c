// The empty table of a superior: a click on a cell, a row number or a column letter chooses it; the form says what it is.
"use strict";
(() => {
  const sheet = document.getElementById("sheet"), form = document.getElementById("mark"), at = form.elements.at;
  const said = JSON.parse(document.getElementById("said").textContent), known = document.getElementById("known");
  const read = (name) => /^([A-Z]+)(\d+)$/.exec(name);
  const column = (letters) => [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  const letters = (number) => (number ? letters(Math.floor((number - 1) / 26)) + String.fromCharCode(65 + ((number - 1) % 26)) : "");
  let first = null, dragging = false;

  const block = (from, to) => {
    const [a, b] = [read(from), read(to)];
    const rows = [Number(a[2]), Number(b[2])].sort((x, y) => x - y);
    const columns = [column(a[1]), column(b[1])].sort((x, y) => x - y);
    const start = letters(columns[0]) + rows[0], end = letters(columns[1]) + rows[1];
    return start === end ? start : `${start}:${end}`;
  };
  const lines = (from, to) => {
    const [a, b] = [from.split(":")[0], to.split(":")[0]];
    const sorted = /\d/.test(a) ? [a, b].sort((x, y) => x - y) : [a, b].sort((x, y) => column(x) - column(y));
    return sorted.join(":");
  };
  const holds = (range, name) => {
    const [, c, r] = read(name), [start, end] = [range.split(":")[0], range.split(":").pop()];
    const part = (text) => /^([A-Z]*)(\d*)$/.exec(text);
    const [, c1, r1] = part(start), [, c2, r2] = part(end);
    return (!r1 || (Number(r) >= Number(r1) && Number(r) <= Number(r2))) && (!c1 || (column(c) >= column(c1) && column(c) <= column(c2)));
  };
  const show = () => {
    const range = at.value.trim().toUpperCase();
    const valid = /^([A-Z]+\d+(:[A-Z]+\d+)?|\d+:\d+|[A-Z]+:[A-Z]+)$/.test(range);
    sheet.querySelectorAll("td").forEach((cell) => cell.classList.toggle("chosen", valid && holds(range, cell.dataset.cell)));
    const cell = sheet.querySelector(`[data-cell="${CSS.escape(range)}"]`);
    known.textContent = said[range]?.words || cell?.title || known.dataset.none;
  };
  const choose = (range) => {
    at.value = range;
    for (const element of form.elements) {
      if (["csrfmiddlewaretoken", "sheet", "at"].includes(element.name) || element.type === "submit") continue;
      const value = said[range]?.says[element.name] ?? "";
      if (element.type === "checkbox") element.checked = value.includes(element.value);
      else if (element.name) element.value = value;
    }
    show();
  };
  sheet.addEventListener("mousedown", (event) => {
    const target = event.target.closest("[data-cell], [data-at]");
    if (!target) return;
    event.preventDefault();
    const name = target.dataset.cell || target.dataset.at;
    const same = first && (/^[A-Z]+\d+$/.test(first) === Boolean(target.dataset.cell)) && (target.dataset.cell || /\d/.test(first) === /\d/.test(name));
    if (event.shiftKey && same) choose(target.dataset.cell ? block(first, name) : lines(first, name));
    else {
      first = name;
      dragging = true;
      choose(name);
    }
  });
  sheet.addEventListener("mouseover", (event) => {
    const target = event.target.closest("[data-cell], [data-at]");
    if (!dragging || !target || !first) return;
    const name = target.dataset.cell || target.dataset.at;
    if (name === first) return;
    if (target.dataset.cell && /^[A-Z]+\d+$/.test(first)) choose(block(first, name));
    else if (target.dataset.at && first.includes(":") && /\d/.test(first) === /\d/.test(name)) choose(lines(first, name));
  });
  addEventListener("mouseup", () => (dragging = false));
  at.addEventListener("input", show);
  document.querySelectorAll("[data-mark]").forEach((button) => button.addEventListener("click", () => choose(button.dataset.mark)));
  document.getElementById("clear").addEventListener("click", () => {
    for (const element of form.elements) {
      if (element.type === "checkbox") element.checked = false;
      else if (element.tagName === "SELECT" || ["places", "thing"].includes(element.name)) element.value = "";
    }
    form.requestSubmit();
  });
  show();
})();
