// Keeps the phone page and the list of wells for when there is no network. What was read lies in IndexedDB (phone.js).
"use strict";
const CACHE = "liangshui-readings-1", KEPT = {{ kept|safe }}, FRESH = ["{{ page }}", "{{ wells }}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !(KEPT.includes(path) || FRESH.includes(path))) return;
  // the network first, so that nothing old is shown while there is one; what it answers is kept. A network that does not
  // answer within seconds is none.
  const network = fetch(event.request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(path, answer.clone());
    return answer;
  });
  const late = new Promise((resolve) => setTimeout(resolve, 6000));
  event.respondWith((async () => (await Promise.race([network.catch(() => null), late])) || (await caches.match(path)) || network)());
});
