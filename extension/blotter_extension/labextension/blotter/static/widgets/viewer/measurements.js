// The numbers of each shape, exactly as the service computed them: six digits shown, the stored value on hover.
import { h, replace } from "../dom.js";
import { six, count } from "../format.js";
import { flagIcon, flagsOf } from "../flags.js";
import { kindOf } from "./geometry.js";

const COLUMNS = [
  ["area", "Area", "px"], ["total", "Total", "counts·px"], ["mean", "Mean", "counts"], ["minimum", "Min", "counts"],
  ["maximum", "Max", "counts"], ["standard_deviation", "SD", "counts"], ["median", "Median", "counts"],
  ["background", "Background", "counts"], ["signal", "Signal", "counts·px"], ["snr", "SNR", ""], ["saturated", "Saturated", "px"],
];
const EXACT = new Set(["area", "total", "minimum", "maximum", "saturated"]);

export function measurementTable({ onselect }) {
  const body = h("tbody");
  const table = h("table", { class: "bl-table bl-numbers" },
    h("caption", { class: "bl-visually-hidden" }, "Measurements, computed by the records service from the sealed pixels"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Shape"),
      COLUMNS.map(([, name, unit]) => h("th", { scope: "col" }, name, unit && h("span", { class: "bl-unit" }, unit))),
      h("th", { scope: "col", class: "bl-text" }, "Flags"), h("th", { scope: "col", class: "bl-text" }, "Notes"))), body);
  const el = h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": "Measurements" }, table);

  function draw({ shapes, measurements, flags, finding, waiting, selected, background }) {
    const found = new Map((finding?.bands || []).map((band) => [band.shape, band.lane]));
    const numbers = new Map(measurements.map((m) => [m.shape, m]));
    if (!shapes.length) {
      replace(body, h("tr", {}, h("td", { colspan: COLUMNS.length + 3, class: "bl-hint" }, "No shapes yet. Choose Draw and drag over a band, or press Add rectangle.")));
      return;
    }
    replace(body, shapes.map((shape) => {
      const m = waiting.has(shape.shape) ? null : numbers.get(shape.shape);
      return h("tr", { class: shape.shape === selected ? "bl-selected" : null, "data-row": shape.shape, onclick: () => onselect(shape.shape) },
        h("th", { scope: "row" }, shape.label, h("span", { class: "bl-unit" }, named(shape, background))),
        COLUMNS.map(([key]) => cell(key, m)), h("td", { class: "bl-text", "data-flags": shape.shape }, m ? flagged(flagsOf(flags, shape.shape, found.get(shape.shape) ?? null)) : ""),
        h("td", { class: "bl-text" }, notes(m)));
    }));
  }
  return { el, draw };
}

/** Id, and what sets the shape apart: its kind, and whether it is background. */
function named(shape, background) {
  const kind = kindOf(shape);
  return [shape.shape, kind !== "rectangle" && kind, background.shapes?.includes(shape.shape) && "background"].filter(Boolean).join(" · ");
}

function cell(key, m) {
  if (!m) return h("td", { class: "bl-hint", title: "Waiting for the records service" }, "…");
  const value = m[key];
  const flag = key === "saturated" ? value > 0 : key === "snr" && value !== null && value < 3;
  const shown = value !== null && EXACT.has(key) ? count(value) : six(value);
  const why = flag ? (key === "snr" ? "below 3" : `${six(m.saturated_fraction * 100)} % of the area`) : "";
  return h("td", { class: flag ? "bl-flag" : null, title: `${value === null ? "not defined here" : value}${why && ` (${why})`}`, "data-key": key },
    flag && h("span", { class: "bl-flag-icon", role: "img", "aria-label": why }, "⚠"), shown);
}

/** The flags of a shape and of its lane, as the service tells them; in words on hover. */
function flagged(flags) {
  return flags.map((one) => h("div", { title: one.text }, flagIcon(one.text), one.flag));
}

function notes(m) {
  if (!m) return "";
  const out = [...m.notes];
  if (m.background_excluded > 0) out.push(`${m.background_excluded} background px left out`);
  return [...new Set(out.map((note) => note.replace(/\.$/, "")))].join("; ");
}
