// Lanes and bands, or wells, found by the service: what it is told, and what people made of what it found.
import { h, button, disable, field, redrawn } from "../dom.js";

const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

export function findingControls(onfind) {
  const lanes = h("input", { type: "number", min: 1, max: 100, step: 1, class: "bl-number", placeholder: "auto" });
  const sensitivity = h("input", { type: "number", min: 1, max: 100, step: 0.5, value: 5, class: "bl-number" });
  const find = button("Find bands", () => onfind("bands", { lanes: lanes.value ? bounded(lanes, 1, 100, 0) : null, sensitivity: bounded(sensitivity, 1, 100, 1) || 5 }));
  const wells = wellControls(onfind);
  const told = h("div", { class: "bl-found" });
  const el = h("div", {}, h("div", { class: "bl-bar", role: "group", "aria-label": "Automatic lanes and bands" },
    h("span", {}, "Lanes and bands:"), field("Lanes", lanes, "leave empty to have them counted"), field("Least height, × noise", sensitivity), find), wells.el, told);
  function show({ finding, whyNot, isBusy }) {
    for (const control of [lanes, sensitivity]) control.disabled = Boolean(whyNot);
    disable(find, whyNot);
    find.textContent = isBusy ? "Finding…" : "Find bands";
    wells.show({ whyNot, isBusy });
    redrawn(told, [finding], () => (finding ? words(finding) : []));
  }
  return { el, show };
}

/** Rows, columns and radius of a plate's wells, or of a blot's dots. */
function wellControls(onfind) {
  const rows = h("input", { type: "number", min: 2, max: 26, step: 1, value: 8, class: "bl-number" });
  const columns = h("input", { type: "number", min: 2, max: 48, step: 1, value: 12, class: "bl-number" });
  const radius = h("input", { type: "number", min: 1, max: 1000, step: 0.5, class: "bl-number", placeholder: "auto" });
  const asked = () => ({ rows: bounded(rows, 2, 26, 0), columns: bounded(columns, 2, 48, 0), radius: radius.value ? bounded(radius, 1, 1000, 2) : null });
  const find = button("Find wells", () => onfind("wells", asked()));
  const el = h("div", { class: "bl-bar", role: "group", "aria-label": "Automatic wells" },
    h("span", {}, "Plate or dot blot:"), field("Rows", rows), field("Columns", columns), field("Radius, px", radius, "leave empty to have it measured"), find);
  function show({ whyNot, isBusy }) {
    for (const control of [rows, columns, radius]) control.disabled = Boolean(whyNot);
    disable(find, whyNot);
    find.textContent = isBusy ? "Finding…" : "Find wells";
  }
  return { el, show };
}

/** The whole number (or one with so many decimals) nearest to what was typed, within bounds. */
function bounded(input, least, most, places) {
  const given = Number(Number(input.value).toFixed(places)) || least;
  const value = Math.min(most, Math.max(least, given));
  input.value = value;
  return value;
}

/** What was found, by what, and each band with which people went another way. */
function words(finding) {
  const edits = finding.edits.map((e) => `${e.label || e.shape} ${e.what === "drawn" ? "drawn by hand" : e.what}`);
  const flags = finding.bands.filter((b) => b.flags.length).map((b) => `${b.label}: ${b.flags.join(", ")}`);
  const unseen = (finding.wells || []).filter((w) => w.is_on_grid).map((w) => w.label);
  const list = (title, lines) => (lines.length ? h("details", {}, h("summary", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line)))) : null);
  return [
    h("p", {}, `Found without a person: ${finding.wells?.length ? ofWells(finding) : ofBands(finding)}. `
      + (edits.length ? "" : "Nobody has changed one since.")),
    list(`Changed by people since: ${edits.length}`, edits),
    list(`Bands to look at: ${flags.length}`, flags),
    list(`Wells not seen, placed by the grid: ${unseen.length}`, unseen),
  ];
}

function ofBands({ bands, lanes, parameters }) {
  const asked = parameters.lanes ? `${plural(parameters.lanes, "lane")} asked for` : "lanes counted";
  return `${plural(bands.length, "band")} in ${plural(lanes.length, "lane")} (${asked}, least height ${parameters.sensitivity} × noise)`;
}

function ofWells({ wells, parameters }) {
  const radius = parameters.radius ? `radius ${parameters.radius} px asked for` : "radius measured";
  return `${plural(wells.length, "well")} in ${plural(parameters.rows, "row")} of ${parameters.columns} (${radius})`;
}
