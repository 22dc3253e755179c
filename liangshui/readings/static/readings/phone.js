// The phone page of hand readings. Everything works without network: wells and readings lie in IndexedDB; what was read is sent
// when there is a network, and leaves the phone only after the server has named it taken or known.
"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent), words = settings.words;
  const $ = (id) => document.getElementById(id);
  const say = (name, values = {}) => words[name].replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
  const round1 = (value) => Math.round(value * 10) / 10;
  const TOLERANCE = 1.25, LIST_IS_NEW_MS = 10 * 60000;

  // --- the rule (readings/rules.py, the same cases) ---
  const plain = (value) => String(Math.round(value * 1000) / 1000);
  const weigh = (last, at, value, meter, capacity) => {
    const found = [];
    if (meter.digits && value >= 10 ** meter.digits) found.push({ code: "digits", params: { digits: String(meter.digits) } });
    if (!last) return found;
    if (value < last.dial) found.push({ code: "lower", params: { last: plain(last.dial) } });
    const volume = (value - last.dial) * meter.factor, hours = (new Date(at) - new Date(last.at)) / 3600000;
    if (capacity && hours > 0 && volume > capacity * hours * TOLERANCE)
      found.push({ code: "fast", params: { volume: plain(Math.round(volume)), times: plain(round1(volume / (capacity * hours))) } });
    return found;
  };
  window.liangshuiWeigh = weigh;

  // --- what is kept ---
  let base = null;
  const open = () => new Promise((resolve, reject) => {
    const request = indexedDB.open("liangshui-readings", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("waiting", { keyPath: "id" });
      request.result.createObjectStore("wells", { keyPath: "person" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const ask = (store, mode, act) => new Promise((resolve, reject) => {
    const change = base.transaction(store, mode), request = act(change.objectStore(store));
    change.oncomplete = () => resolve(request.result);
    change.onerror = change.onabort = () => reject(change.error);
  });
  const mine = async () => (await ask("waiting", "readonly", (s) => s.getAll())).filter((r) => r.person === settings.person);

  // --- wells ---
  let villages = [], leftOut = 0, chosen = null, photo = null;
  const all = () => villages.flatMap((village) => village.wells.map((well) => ({ ...well, village: village.name })));
  const withWaiting = async () => {
    const waiting = await mine();
    for (const village of villages) for (const well of village.wells) {
      const own = waiting.filter((r) => r.intake === well.id && !r.reason).sort((a, b) => (a.read_at < b.read_at ? 1 : -1))[0];
      if (own && (!well.last || own.read_at > well.last.at)) Object.assign(well, { last: { at: own.read_at, dial: Number(own.dial) }, done: true });
    }
  };
  const matches = (well, text) => {
    const said = text.trim().toLowerCase();
    return !said || [well.code, well.national, well.name, well.user, well.meter].some((word) => (word || "").toLowerCase().includes(said)) || (well.initials || "").startsWith(said);
  };
  const lastWords = (well) => (well.last ? say("last", { dial: plain(well.last.dial), day: new Date(well.last.at).toLocaleDateString("sv") }) : words.none);
  const draw = () => {
    const text = $("search").value, box = $("wells");
    box.replaceChildren();
    if (leftOut) box.append(Object.assign(document.createElement("p"), { className: "warn-orange", textContent: say("left_out", { n: leftOut }) }));
    for (const village of villages) {
      const shown = village.wells.filter((well) => matches(well, text) && (text || !$("todo").checked || (well.asked && !well.done)));
      const left = village.wells.filter((well) => well.asked && !well.done).length;
      if (!shown.length && (text || !village.wells.length || $("todo").checked)) continue;
      const head = document.createElement("h2");
      head.textContent = `${village.name} `;
      head.append(Object.assign(document.createElement("small"), { textContent: left ? say("todo", { n: left }) : words.done }));
      box.append(head);
      const most = text ? 50 : 300;
      for (const well of shown.slice(0, most)) {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: `well${well.done ? " done" : ""}` });
        button.dataset.well = well.id;
        button.append(Object.assign(document.createElement("b"), { textContent: well.name || well.code }), Object.assign(document.createElement("span"), { textContent: `${well.code} · ${well.user}` }), Object.assign(document.createElement("small"), { textContent: lastWords(well) }));
        button.addEventListener("click", () => enter(well));
        box.append(button);
      }
      if (shown.length > most) box.append(Object.assign(document.createElement("p"), { className: "text-secondary", textContent: say("more", { n: shown.length - most }) }));
    }
  };
  const show = (entry) => {
    $("list").hidden = entry;
    $("entry").hidden = !entry;
    $("doubt").hidden = true;
    $("form").hidden = false;
    $("fault").textContent = "";
    scrollTo(0, 0);
  };
  const enter = (well) => {
    chosen = well;
    photo = null;
    $("form").reset();
    $("preview").hidden = true;
    $("volume").textContent = "";
    $("well").textContent = well.name || well.code;
    $("last").textContent = [well.code, well.meter, lastWords(well)].filter(Boolean).join(" · ");
    show(true);
    $("dial").focus();
  };

  // --- typing a reading ---
  const typed = () => {
    const text = $("dial").value.trim().replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[,，\s]/g, "");
    return /^\d{1,12}(\.\d{1,3})?$/.test(text) ? text : null;
  };
  $("dial").addEventListener("input", () => {
    const text = typed(), less = text && chosen.last ? (Number(text) - chosen.last.dial) * chosen.factor : null;
    $("volume").textContent = less !== null && less >= 0 ? say("volume", { volume: plain(less) }) : "";
  });
  const smaller = (file) => createImageBitmap(file, { imageOrientation: "from-image" }).then((image) => {
    const share = Math.min(1, 1280 / Math.max(image.width, image.height)), canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(image.width * share), Math.round(image.height * share)];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  });
  $("photo").addEventListener("change", async () => {
    const file = $("photo").files[0];
    if (!file) return;
    photo = await smaller(file).catch(() => file);
    $("preview").src = URL.createObjectURL(photo);
    $("preview").hidden = false;
  });
  const place = () => new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    const late = setTimeout(() => resolve(null), 4000);
    navigator.geolocation.getCurrentPosition(
      (found) => { clearTimeout(late); resolve(found.coords); },
      () => { clearTimeout(late); resolve(null); },
      { enableHighAccuracy: true, maximumAge: 60000, timeout: 3500 },
    );
  });
  const number = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
  const keep = async (dial, sure, at) => {
    const well = chosen, kept = { id: number(), person: settings.person, intake: well.id, code: well.code, read_at: at, dial, sure, note: $("note").value, photo };
    await ask("waiting", "readwrite", (s) => s.put(kept));
    show(false);
    await withWaiting();
    draw();
    await state(words.kept);
    const coords = await place();
    if (coords) await ask("waiting", "readwrite", (s) => {
      // only if it still waits: what was sent meanwhile must not come back
      const there = s.get(kept.id);
      there.onsuccess = () => there.result && s.put({ ...there.result, longitude: coords.longitude.toFixed(6), latitude: coords.latitude.toFixed(6), accuracy_m: String(Math.round(coords.accuracy)) });
      return there;
    });
    send();
  };
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = typed(), at = new Date().toISOString();
    if (text === null) {
      $("fault").textContent = words.not_a_figure;
      return;
    }
    const doubts = weigh(chosen.last, at, Number(text), { factor: chosen.factor, digits: chosen.digits }, chosen.capacity);
    if (!doubts.length) {
      keep(text, "", at);
      return;
    }
    $("doubt-words").textContent = say("ask", { doubt: doubts.map((doubt) => say(doubt.code, doubt.params)).join("；") });
    const lower = doubts.some((doubt) => doubt.code === "lower"), box = $("answers");
    box.replaceChildren();
    for (const name of [...(lower ? ["rollover", "exchange"] : []), "sure", "back"]) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn w-100 mb-2", textContent: words[name] });
      button.dataset.answer = name;
      button.addEventListener("click", () => {
        if (name !== "back") return keep(text, name, at);
        $("doubt").hidden = true;
        $("form").hidden = false;
        $("dial").focus();
      });
      box.append(button);
    }
    $("form").hidden = true;
    $("doubt").hidden = false;
  });
  $("back").addEventListener("click", () => show(false));
  $("search").addEventListener("input", draw);
  $("todo").addEventListener("change", draw);

  // --- sending ---
  const state = async (first = "") => {
    const waiting = await mine(), open = waiting.filter((r) => !r.reason);
    const parts = [first, open.length ? say("waiting", { n: open.length }) : words.all_sent, navigator.onLine ? "" : words.offline];
    $("state").textContent = parts.filter(Boolean).join(" ");
    $("state").className = open.length ? "waiting" : "sent";
    const box = $("refused");
    box.replaceChildren();
    for (const row of waiting.filter((r) => r.reason)) {
      const line = document.createElement("div");
      line.className = "card p-2 mt-2";
      line.textContent = `${row.code} ${row.dial} · ${say("refused", { reason: row.reason })} `;
      const drop = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: words.drop });
      drop.addEventListener("click", async () => { await ask("waiting", "readwrite", (s) => s.delete(row.id)); state(); });
      line.append(drop);
      box.append(line);
    }
  };
  const signedOut = (answer) => {
    // what answers leads to the sign-in page, or refuses: whoever typed this is no longer signed in
    if (!answer.redirected && answer.status !== 403 && answer.headers.get("content-type")?.includes("json")) return false;
    $("state").textContent = words.sign_in;
    $("state").append(Object.assign(document.createElement("a"), { href: settings.sign_in, textContent: " →" }));
    return true;
  };
  let listAt = 0;
  const fresh = async () => {
    // the list of wells, and a token that is valid now; null if nobody is signed in. The way to the sign-in page is not followed:
    // that page would give the browser a new token while somebody types a password into the one that is open.
    const answer = await fetch(settings.wells, { credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(20000) });
    if (signedOut(answer)) return null;
    listAt = Date.now();
    return answer.json();
  };
  let sending = false, again = false;
  const send = async () => {
    again = sending;
    if (sending) return;
    sending = true;
    try {
      if (Date.now() - listAt < LIST_IS_NEW_MS && !(await mine()).some((r) => !r.reason)) return; // nothing to send, nothing to learn
      const found = await fresh();
      if (!found || found.person !== settings.person) return;
      await ask("wells", "readwrite", (s) => s.put({ person: settings.person, villages: found.villages, leftOut: found.left_out }));
      villages = found.villages;
      leftOut = found.left_out;
      for (const row of (await mine()).filter((r) => !r.reason)) {
        const body = new FormData();
        for (const name of ["id", "intake", "read_at", "dial", "sure", "longitude", "latitude", "accuracy_m", "note"]) if (row[name] !== undefined) body.append(name, row[name]);
        if (row.photo) body.append("photo", row.photo, "dial.jpg");
        const answer = await fetch(settings.send, { method: "POST", body, headers: { "X-CSRFToken": found.csrf }, credentials: "same-origin", signal: AbortSignal.timeout(90000) });
        if (answer.status >= 500 || signedOut(answer)) break;
        const said = await answer.json();
        if (said.result === "taken" || said.result === "known") await ask("waiting", "readwrite", (s) => s.delete(row.id));
        else if (said.field === "photo") await ask("waiting", "readwrite", (s) => s.put({ ...row, photo: null }));
        else await ask("waiting", "readwrite", (s) => s.put({ ...row, reason: said.reason }));
        await state();
      }
    } catch {
      // no network: what waits stays, and goes with the next try
    } finally {
      sending = false;
      await withWaiting();
      if (!$("list").hidden) draw();
      if (!$("state").querySelector("a")) await state();
      if (again) send(); // asked for meanwhile: the network may have come back
    }
  };
  addEventListener("online", send);
  addEventListener("offline", () => state());
  document.addEventListener("visibilitychange", () => document.hidden || send());
  setInterval(send, 60000);

  // --- the code on the label ---
  const wellOf = (text) => {
    const code = /\/w\/([0-9A-Za-z]+)\/?/.exec(text)?.[1];
    return all().find((well) => (code && well.label === code) || well.code === text.trim() || (well.national && well.national === text.trim()));
  };
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    $("camera").close();
  };
  if ("BarcodeDetector" in window) {
    $("scan").hidden = false;
    $("scan").addEventListener("click", async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      $("video").srcObject = stream;
      $("camera").showModal();
      await $("video").play();
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      while (stream) {
        const text = (await detector.detect($("video")).catch(() => []))[0]?.rawValue;
        if (text) {
          stop();
          const well = wellOf(text);
          if (well) enter(well);
          else $("state").textContent = words.not_found;
          return;
        }
        await new Promise((next) => setTimeout(next, 200));
      }
    });
    $("stop").addEventListener("click", stop);
  }

  // --- begin ---
  (async () => {
    try {
      base = await open();
    } catch {
      $("state").textContent = words.no_storage;
      return;
    }
    navigator.storage?.persist?.();
    navigator.serviceWorker?.register(settings.worker, { scope: "/readings/" });
    const kept = await ask("wells", "readonly", (s) => s.get(settings.person));
    villages = kept?.villages || [];
    leftOut = kept?.leftOut || 0;
    await withWaiting();
    draw();
    await state();
    document.body.dataset.ready = "yes";
    await send();
    const asked = new URLSearchParams(location.search).get("well");
    const well = asked && all().find((each) => String(each.id) === asked || each.code === asked);
    if (well) enter(well);
  })();
})();
