"use strict";
// Draws the charts one after the other, and lets those whose tables have a segment follow the
// one that is picked: each of them has a signal `segment` that is set here.
const page = JSON.parse(document.getElementById("charts").textContent);
const picker = document.getElementById("segment");
const clear = document.getElementById("clear");
const segments = new Set([...picker.options].map((option) => option.value).filter(Boolean));
const views = new Map();
window.dashboard = { views, isDrawn: false };

async function follow(view, segment) {
  if ("segment" in view.getState({ signals: (name) => name === "segment" }).signals) {
    await view.signal("segment", segment).runAsync();
  }
}

function pick(segment) {
  picker.value = segment;
  clear.hidden = segment === "";
  for (const tile of document.querySelectorAll("[data-values]")) {
    tile.querySelector("dt").textContent = JSON.parse(tile.dataset.names)[segment ? 1 : 0];
    tile.querySelector("dd").textContent = JSON.parse(tile.dataset.values)[segment] ?? "–";
  }
  for (const told of document.querySelectorAll("[data-scopes]")) {
    const scopes = JSON.parse(told.dataset.scopes);
    const nothing = told.tagName === "H3" ? page.texts.nothing_of_segment : "";
    told.textContent = scopes[segment] ?? nothing.replace("{segment}", segment);
  }
  for (const scope of document.querySelectorAll(".figure:has(.follows) .scope")) {
    scope.dataset.everyone ??= scope.textContent;
    scope.textContent = segment || scope.dataset.everyone;
  }
  for (const row of document.querySelectorAll("tr[data-segment]")) {
    row.hidden = segment ? row.dataset.segment !== segment : "further" in row.dataset;
  }
  window.dashboard.followed = Promise.all([...views.values()].map((view) => follow(view, segment)));
}

picker.addEventListener("change", () => pick(picker.value));
clear.addEventListener("click", () => pick(""));

// Legends and names get as much room as the chart can spare.
function configure(width) {
  const { axis, legend } = page.config;
  return {
    ...page.config,
    axis: { ...axis, labelLimit: Math.min(230, Math.round(width * 0.4)) },
    legend: { ...legend, columns: Math.max(1, Math.floor(width / 210)), labelLimit: width - 40 },
  };
}

async function draw() {
  for (const { id, spec } of page.charts) {
    const { view } = await vegaEmbed(`#${id}`, spec, {
      mode: "vega-lite",
      renderer: "svg",
      actions: false,
      config: configure(document.getElementById(id).clientWidth),
      formatLocale: page.formatLocale,
      timeFormatLocale: page.timeFormatLocale,
    });
    view.addEventListener("click", (event, item) => {
      const segment = item?.datum?.segment;
      if (segments.has(segment)) pick(segment === picker.value ? "" : segment);
    });
    views.set(id, view);
    if (picker.value) await follow(view, picker.value);
  }
  window.dashboard.isDrawn = true;
}

// A browser that goes back keeps what was chosen in a form.
if (picker.value) pick(picker.value);
draw();
