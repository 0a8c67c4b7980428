// Lanes and bands found by the service: what it is told, and what people made of what it found.
import { h, button, disable, field, redrawn } from "../dom.js";

const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

export function findingControls(onfind) {
  const lanes = h("input", { type: "number", min: 1, max: 100, step: 1, class: "bl-number", placeholder: "auto" });
  const sensitivity = h("input", { type: "number", min: 1, max: 100, step: 0.5, value: 5, class: "bl-number" });
  const find = button("Find bands", () => onfind({ lanes: lanes.value ? bounded(lanes, 1, 100, 0) : null, sensitivity: bounded(sensitivity, 1, 100, 1) || 5 }));
  const told = h("div", { class: "bl-found" });
  const el = h("div", {}, h("div", { class: "bl-bar", role: "group", "aria-label": "Automatic lanes and bands" },
    h("span", {}, "Lanes and bands:"), field("Lanes", lanes, "leave empty to have them counted"), field("Least height, × noise", sensitivity), find), told);
  function show({ finding, whyNot, isBusy }) {
    for (const control of [lanes, sensitivity]) control.disabled = Boolean(whyNot);
    disable(find, whyNot);
    find.textContent = isBusy ? "Finding…" : "Find bands";
    redrawn(told, [finding], () => (finding ? words(finding) : []));
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
  const { lanes, sensitivity } = finding.parameters;
  const edits = finding.edits.map((e) => `${e.label || e.shape} ${e.what === "drawn" ? "drawn by hand" : e.what}`);
  const flags = finding.bands.filter((b) => b.flags.length).map((b) => `${b.label}: ${b.flags.join(", ")}`);
  const list = (title, lines) => (lines.length ? h("details", {}, h("summary", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line)))) : null);
  return [
    h("p", {}, `Found without a person: ${plural(finding.bands.length, "band")} in ${plural(finding.lanes.length, "lane")} `
      + `(${lanes ? `${plural(lanes, "lane")} asked for` : "lanes counted"}, least height ${sensitivity} × noise). `
      + (edits.length ? "" : "Nobody has changed one since.")),
    list(`Changed by people since: ${edits.length}`, edits),
    list(`Bands to look at: ${flags.length}`, flags),
  ];
}
