// The saved analysis versions of an image as a table with a box each: what a result pins.
import { h } from "./dom.js";
import { utc } from "./format.js";

const COLUMNS = ["Pin", "Analysis version", "Shapes", "Saved by", "Saved", "Reason", "Digest", "In results"];

/** `chosen`: Set of ids, changed in place. `name(id)`: what a box is called. */
export function pinTable(versions, chosen, onchange, name) {
  if (!versions.length) return h("p", { class: "bl-hint" }, "No version of an analysis of this image has been saved.");
  const rows = [...versions].reverse().map((v) => {
    const box = h("input", { type: "checkbox", "aria-label": name(v.id) });
    box.checked = chosen.has(v.id);
    box.addEventListener("change", () => { if (box.checked) chosen.add(v.id); else chosen.delete(v.id); onchange(); });
    return h("tr", {}, h("td", {}, box), h("th", { scope: "row" }, h("code", {}, v.id)), h("td", {}, `${v.shapes} shape${v.shapes === 1 ? "" : "s"}`), h("td", {}, v.saved_by), h("td", {}, utc(v.saved_at)),
      h("td", { class: "bl-text" }, v.reason || "–"), h("td", {}, h("code", { title: v.digest }, v.digest.slice(0, 12))), h("td", {}, v.results.join(", ") || "–"));
  });
  return h("div", { class: "bl-scroll" }, h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, COLUMNS.map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, rows)));
}
