// The one map: outlines, and intakes as circles on a canvas, clustered where they lie close.
"use strict";
(function () {
  const config = JSON.parse(document.getElementById("map-config").textContent);
  const filters = document.getElementById("map-filters");
  const legend = document.getElementById("legend");
  const styles = {
    other: { color: "#b9c0c8", weight: 1, fill: false, interactive: false },
    county: { color: "#3a4250", weight: 2, fillColor: "#ffffff", fillOpacity: 1, interactive: false },
    town: { color: "#8a95a3", weight: 1, dashArray: "4 3", fill: false, interactive: false },
    river: { color: "#8fbfe0", weight: 4, fill: false, interactive: false },
    unit: { color: "#7b6ba8", weight: 1.5, fillOpacity: .05, interactive: false },
    banned: { color: "#c92a2a", weight: 1.5, fillOpacity: .14, interactive: false },
    limited: { color: "#c2570c", weight: 1.5, fillOpacity: .12, dashArray: "6 3", interactive: false },
    overdraft: { color: "#8a6d00", weight: 1.5, fillOpacity: .12, dashArray: "2 3", interactive: false },
  };
  const map = L.map("map", { preferCanvas: true, zoomSnap: .5, attributionControl: Boolean(config.tiles), maxZoom: 18 });
  map.setView([40, 108.5], 8);
  if (config.tiles) L.tileLayer(config.tiles, { maxZoom: 18 }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.createPane("outlines").style.zIndex = 350;
  const lines = L.canvas({ pane: "outlines", padding: .3 });
  const circles = L.canvas({ padding: .3 });
  let points = null, found = null, group = null, fitted = false, kinds = new Set();

  // What the address says stands in the form, and the other way round.
  const address = new URL(location.href);
  for (const field of filters.elements) {
    const value = address.searchParams.get(field.name);
    if (value === null) continue;
    if (field.type === "radio") field.checked = field.value === value;
    else if ([...field.options].some((o) => o.value === value)) field.value = value;
  }
  const chosen = () => new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  const byState = () => chosen().get("colour") !== "source";
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("change", function (event) {
    const now = new URL(location.href);
    for (const field of filters.elements) if (field.name) now.searchParams.delete(field.name);
    for (const [name, value] of chosen()) if (!(name === "colour" && value === "state")) now.searchParams.set(name, value);
    history.replaceState(history.state, "", now);
    if (event.target.name === "town") fitted = !event.target.value;
    if (event.target.name === "colour") draw(); else load();
  });

  function ask(url) {
    return fetch(url, { headers: { Accept: "application/json" } }).then(function (response) {
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    });
  }
  const failed = () => { legend.textContent = config.words.failed; };

  ask(config.data).then(function (data) {
    kinds = new Set(data.features.map((f) => f.properties.kind));
    const drawn = L.geoJSON(data, {
      pane: "outlines", renderer: lines,
      style: (f) => Object.assign({ renderer: lines }, styles[f.properties.kind]),
      onEachFeature: function (f, layer) {
        if (["county", "town", "unit", "river"].includes(f.properties.kind)) {
          layer.bindTooltip(escape(f.properties.name), { permanent: true, direction: f.properties.kind === "river" ? "top" : "center", pane: "outlines", className: "map-name " + f.properties.kind });
        }
      },
    }).addTo(map);
    drawn.eachLayer(function (layer) {
      const kind = layer.feature.properties.kind;
      if (kind === "county" && !config.at) { map.fitBounds(layer.getBounds(), { padding: [12, 12] }); fitted = true; }
    });
    thinNames();
    describe();
  }).catch(failed);
  map.on("zoomend", thinNames);

  // Names of towns and units only where there is room for them.
  function thinNames() {
    document.getElementById("map").classList.toggle("far", map.getZoom() < 8);
  }
  function escape(text) {
    const box = document.createElement("span");
    box.textContent = text;
    return box.innerHTML;
  }

  function load() {
    legend.setAttribute("aria-busy", "true");
    const query = chosen();
    query.delete("colour");
    for (const name of ["area", "year"]) {
      const value = new URL(location.href).searchParams.get(name);
      if (value) query.set(name, value);
    }
    ask(config.points + "?" + query).then(function (data) { points = data; draw(); }).catch(failed);
  }

  function draw() {
    if (!points) return;
    const key = byState() ? "state" : "source";
    const colours = (byState() ? config.states : config.sources).map((c) => c.colour);
    if (group) map.removeLayer(group);
    group = L.markerClusterGroup({
      chunkedLoading: true, chunkInterval: 60, removeOutsideVisibleBounds: true, animate: false, showCoverageOnHover: false,
      spiderfyOnMaxZoom: true, maxClusterRadius: 55, disableClusteringAtZoom: 13, iconCreateFunction: icon,
    });
    const markers = new Array(points.id.length);
    for (let i = 0; i < points.id.length; i++) {
      const marker = L.circleMarker([points.y[i] / 1e5, points.x[i] / 1e5], {
        renderer: circles, radius: 5, weight: 1, color: "#fff", fillColor: colours[points[key][i]], fillOpacity: .95,
      });
      marker.of = points.id[i];
      marker.state = points.state[i];
      marker.source = points.source[i];
      markers[i] = marker;
    }
    group.on("click", (event) => open(event.layer.of, event.latlng));
    map.addLayer(group);
    group.addLayers(markers);
    if (!fitted && markers.length && !(config.at && !found)) { map.fitBounds(L.latLngBounds(markers.map((m) => m.getLatLng())), { padding: [24, 24], maxZoom: 14 }); fitted = true; }
    if (config.at && !found) {
      found = config.at;
      map.setView([found.lat, found.lon], 15);
      open(found.id, L.latLng(found.lat, found.lon));
    }
    describe();
  }

  // The state that asks most for attention, or the source that most of them have.
  function summary(cluster) {
    if (cluster.kept && cluster.kept.count === cluster.getChildCount()) return cluster.kept;
    const kept = { count: cluster.getChildCount(), worst: 99, sources: {} };
    for (const marker of cluster._markers) {
      kept.worst = Math.min(kept.worst, marker.state);
      kept.sources[marker.source] = (kept.sources[marker.source] || 0) + 1;
    }
    for (const child of cluster._childClusters) {
      const below = summary(child);
      kept.worst = Math.min(kept.worst, below.worst);
      for (const source in below.sources) kept.sources[source] = (kept.sources[source] || 0) + below.sources[source];
    }
    cluster.kept = kept;
    return kept;
  }
  function icon(cluster) {
    const all = summary(cluster);
    let colour, label;
    if (byState()) { colour = config.states[all.worst].colour; label = config.states[all.worst].label; }
    else {
      const most = Object.keys(all.sources).sort((a, b) => all.sources[b] - all.sources[a])[0];
      colour = config.sources[most].colour; label = config.sources[most].label;
    }
    const size = Math.round(26 + 7 * Math.log10(all.count));
    return L.divIcon({ html: `<div class="cluster" title="${escape(label)}" style="width:${size}px;height:${size}px;border-color:${colour}">${all.count}</div>`, className: "", iconSize: [size, size] });
  }

  function open(id, at) {
    const popup = L.popup({ minWidth: 220, maxWidth: 300, autoPanPadding: [20, 20] }).setLatLng(at).setContent("…").openOn(map);
    fetch(config.card.replace("/0/", "/" + id + "/")).then((response) => {
      if (!response.ok) throw new Error(String(response.status));
      return response.text();
    }).then((html) => popup.setContent(html)).catch(() => popup.setContent(escape(config.words.failed)));
  }

  function describe() {
    if (!points) return;
    const key = byState() ? "state" : "source";
    const counts = {};
    for (const value of points[key]) counts[value] = (counts[value] || 0) + 1;
    const parts = [`<strong>${escape(config.words.shown.replace("%(n)s", points.id.length.toLocaleString()))}</strong>`];
    (byState() ? config.states : config.sources).forEach(function (entry, index) {
      if (counts[index]) parts.push(`<span><span class="swatch" style="background:${entry.colour}"></span>${escape(entry.label)} ${counts[index].toLocaleString()}</span>`);
    });
    if (points.placeless) parts.push(`<span class="text-secondary">${escape(config.words.placeless.replace("%(n)s", points.placeless.toLocaleString()))}</span>`);
    for (const kind of ["county", "town", "river", "unit", "banned", "limited", "overdraft"]) {
      if (!kinds.has(kind)) continue;
      const style = styles[kind], area = ["unit", "banned", "limited", "overdraft"].includes(kind);
      parts.push(`<span class="text-secondary"><span class="swatch ${area ? "area" : "line"}" style="${area ? `border-color:${style.color};background:${style.color}22` : `background:${style.color}`}"></span>${escape(config.words[kind])}</span>`);
    }
    legend.innerHTML = parts.join(" ");
    legend.removeAttribute("aria-busy");
  }
  load();
})();
