// The application form keeps itself. Each change lies on this device until the server has named it kept; only what was changed is sent,
// with what stood there before, so that two windows do not overwrite each other.
"use strict";
(() => {
  const form = document.getElementById("application"), $ = (id) => document.getElementById(id);
  const words = JSON.parse($("words").textContent), say = (name, value) => words[name].replace("%s", value);
  const shelf = `liangshui/case/${form.dataset.case}/${form.dataset.person}/`;
  const PAUSE_MS = 700, AGAIN_MS = 10000, PATIENCE_MS = 20000;
  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });

  const bases = new Map([...form.querySelectorAll('input[name^="was-"]')].map((base) => [base.name.slice(4), base]));
  const box = (name) => form.elements[name];
  const read = (name) => (box(name).type === "checkbox" ? (box(name).checked ? "on" : "") : box(name).value);
  const write = (name, text) => (box(name).type === "checkbox" ? (box(name).checked = text === "on") : (box(name).value = text));
  const label = (name) => box(name).labels[0].textContent.trim();
  const shown = (name, text) => (box(name).tagName === "SELECT" ? [...box(name).options].find((o) => o.value === text)?.text ?? text : text) || words.empty;

  // --- what this device keeps until the server has it ---
  const onShelf = (name) => { try { return JSON.parse(localStorage.getItem(shelf + name)); } catch { return null; } };
  let full = false;
  const shelve = (name, text) => { try { localStorage.setItem(shelf + name, JSON.stringify({ text, was: bases.get(name).value })); } catch { full = true; } };
  const unshelve = (name, text) => { try { if (onShelf(name)?.text === text) localStorage.removeItem(shelf + name); } catch { /* there is no shelf */ } };

  const waiting = new Set(), refused = new Map();
  let timer = 0, sending = null, why = "", said = "";
  const state = () => {
    const place = $("kept"), faults = [...refused].map(([name, fault]) => `${label(name)}: ${fault}`);
    const fault = [why, ...faults, ...(full && waiting.size ? [words.full] : [])].filter(Boolean).join(" ");
    place.classList.toggle("warn-red", Boolean(fault));
    place.textContent = fault ? say("not_kept", fault) : waiting.size ? words.yet : said;
  };
  const mark = (name, fault, ...buttons) => {
    box(name).closest("[class*=col-]").querySelector(".errorlist")?.remove();
    box(name).classList.toggle("is-invalid", Boolean(fault));
    if (!fault) return refused.delete(name);
    refused.set(name, fault);
    const list = make("ul", "errorlist", ""), item = make("li", "", fault);
    item.append(...buttons);
    list.append(item);
    box(name).closest("[class*=col-]").append(list);
  };
  const choice = (text, act) => {
    const button = Object.assign(make("button", "btn btn-sm ms-2", text), { type: "button" });
    button.addEventListener("click", act);
    return button;
  };
  const change = (name) => {
    waiting.add(name);
    mark(name, "");
    shelve(name, read(name));
    later(PAUSE_MS);
    state();
  };
  const settle = (name, text) => {
    unshelve(name, text);
    if (read(name) === text) waiting.delete(name);
  };
  const clash = (name, there, text) => mark(
    name, say("other", shown(name, there)),
    choice(words.mine, () => { bases.get(name).value = there; change(name); send(); }),
    choice(words.theirs, () => { bases.get(name).value = there; write(name, there); mark(name, ""); waiting.delete(name); unshelve(name, text); state(); }),
  );

  // --- sending ---
  const later = (pause) => { clearTimeout(timer); timer = setTimeout(send, pause); };
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? form.elements.csrfmiddlewaretoken.value;
  const post = async (texts) => {
    const body = new URLSearchParams({ keep: "1", csrfmiddlewaretoken: token() });
    for (const [name, text] of texts) { body.set(`was-${name}`, bases.get(name).value); if (text) body.set(name, text); }
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body, redirect: "manual", keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch { return words.offline; }
    if (answer.type === "opaqueredirect") return words.signed_out;
    if (!answer.headers.get("content-type")?.includes("json")) return say("server", answer.status);
    const told = await answer.json().catch(() => ({ fault: say("server", answer.status) }));
    if (told.fault) return told.fault;
    for (const [name, there] of Object.entries(told.kept)) { bases.get(name).value = there; mark(name, ""); settle(name, texts.get(name)); }
    for (const [name, fault] of Object.entries(told.faults)) if (read(name) === texts.get(name)) mark(name, fault);
    for (const [name, there] of Object.entries(told.others)) clash(name, there, texts.get(name));
    // what reads as it did before is no change, and the server does not name it
    for (const [name, text] of texts) if (![told.kept, told.faults, told.others].some((each) => name in each)) settle(name, text);
    said = told.said;
    papers(told.papers);
    return "";
  };
  const send = async () => {
    clearTimeout(timer);
    while (sending) await sending;
    const texts = new Map([...waiting].filter((name) => !refused.has(name)).map((name) => [name, read(name)]));
    if (texts.size) {
      sending = post(texts);
      why = await sending;
      sending = null;
      if (why) later(AGAIN_MS); else if ([...waiting].some((name) => !refused.has(name))) later(PAUSE_MS);
    }
    state();
    return waiting.size === 0;
  };
  const needed = (root) => [...root.querySelectorAll("[data-needed]")].map((each) => each.dataset.needed).join();
  const papers = (html) => {
    const fresh = make("div", "", "");
    fresh.innerHTML = html;
    if (needed(fresh) !== needed($("papers"))) $("papers").replaceChildren(...fresh.childNodes);
  };

  form.addEventListener("input", (event) => { if (bases.has(event.target.name)) change(event.target.name); });
  for (const name of ["online", "focus"]) addEventListener(name, () => { if (waiting.size) send(); });
  document.addEventListener("visibilitychange", () => { if (waiting.size) send(); });
  addEventListener("beforeunload", (event) => { if (waiting.size) { send(); event.preventDefault(); event.returnValue = ""; } });
  let passing = false;
  document.addEventListener("submit", async (event) => {
    const own = event.target === form;
    if (passing || !waiting.size || !(own || $("papers").contains(event.target))) return;
    event.preventDefault();
    const submitter = event.submitter, all = await send();
    passing = !own; // a paper goes its way, and leaving the page warns of the rest
    if (all || !own) event.target.requestSubmit(submitter);
    else $("kept").scrollIntoView({ block: "center" });
    passing = false;
  });

  // --- what did not reach the server when the page was left ---
  const left = [...bases.keys()].map((name) => [name, onShelf(name)]).filter(([name, kept]) => {
    if (kept && kept.text === bases.get(name).value) unshelve(name, kept.text);
    return kept && kept.text !== bases.get(name).value;
  });
  if (left.length) {
    const offer = $("offer"), list = make("ul", "mb-2", "");
    list.append(...left.map(([name, kept]) => make("li", "", `${label(name)}: “${shown(name, kept.text)}” (${say("now", shown(name, bases.get(name).value))})`)));
    const done = () => { offer.hidden = true; };
    offer.append(
      make("div", "", words.offer), list,
      choice(words.back, () => { for (const [name, kept] of left) { write(name, kept.text); change(name); } done(); send(); }),
      choice(words.drop, () => { for (const [name, kept] of left) unshelve(name, kept.text); done(); }),
    );
    offer.hidden = false;
  }
})();
