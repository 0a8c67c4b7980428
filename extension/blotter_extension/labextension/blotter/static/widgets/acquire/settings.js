// How an instrument is to scan: inputs within its limits, as the register has them. The service checks each again.
import { h, field, replace, svg } from "../dom.js";
import { bytes, count } from "../format.js";
import { recall, remember } from "../drafts.js";
import { choice } from "../version_form.js";

const EDGES = ["top", "left", "bottom", "right"];
const USUAL_MS = 10;
/** Six digits are sent to a device: what has more would be another value there. */
const isShort = (value) => Number(value.toPrecision(6)) === value;
const within = (value, low, high) => Math.min(high, Math.max(low, value));

export class ScanInputs {
  constructor(onchange) {
    this.onchange = onchange;
    this.instrument = null;
    this.channels = h("div", { class: "bl-bar", role: "group", "aria-label": "Channels" });
    this.time = number();
    this.focus = number();
    this.resolution = choice([]);
    this.region = choice([["whole", "the whole glass"], ["part", "a part of it"]]);
    this.edges = Object.fromEntries(EDGES.map((edge) => [edge, number()]));
    this.part = h("div", { class: "bl-bar" }, EDGES.map((edge) => field(edge[0].toUpperCase() + edge.slice(1), this.edges[edge])), h("span", { class: "bl-hint" }, "µm from the upper left corner"));
    this.timeHint = h("span", { class: "bl-hint" });
    this.focusHint = h("span", { class: "bl-hint" });
    this.told = h("div", { class: "bl-soft" });
    this.glass = h("div", { class: "bl-glass" });
    const row = (label, input, unit, hint) => h("div", { class: "bl-setting" }, field(label, input), unit && h("span", { class: "bl-unit" }, unit), hint);
    this.el = h("div", { class: "bl-scan" }, h("div", { class: "bl-stack" },
      h("div", { class: "bl-setting" }, h("span", { class: "bl-setting-name" }, "Channels"), this.channels),
      row("Integration time", this.time, "ms", this.timeHint), row("Resolution", this.resolution, "µm", null), row("Focus", this.focus, "mm", this.focusHint),
      row("Region", this.region, "", null), this.part, this.told), this.glass);
    for (const kind of ["input", "change"]) this.el.addEventListener(kind, (event) => this.changed(event));
  }

  get limits() { return this.instrument?.limits; }

  get place() { return `acquire.settings.${this.instrument.instrument}`; }

  /** Offer what an instrument can do, with what was set for it last. */
  show(instrument) {
    const limits = JSON.stringify(instrument?.limits || null);
    const same = this.instrument?.instrument === instrument?.instrument && this.shown === limits;
    this.instrument = instrument;
    this.shown = limits;
    this.el.hidden = !instrument;
    if (!instrument || same) return;
    const { channels_nm, integration_ms_low, integration_ms_high, resolutions_um, focus_mm_low, focus_mm_high, bottom_um, right_um } = instrument.limits;
    const kept = recall(this.place) || {};
    const chosen = kept.channels || channels_nm.map(String);
    replace(this.channels, channels_nm.map((nm) => h("label", { class: "bl-check" }, h("input", { type: "checkbox", value: nm, checked: chosen.includes(String(nm)) }), ` ${nm} nm`)));
    this.resolution.set(resolutions_um.map((um) => [String(um), String(um)]));
    this.resolution.value = resolutions_um.map(String).includes(kept.resolution) ? kept.resolution : String(resolutions_um[0]);
    limit(this.time, integration_ms_low, integration_ms_high, kept.time ?? within(USUAL_MS, integration_ms_low, integration_ms_high));
    limit(this.focus, focus_mm_low, focus_mm_high, kept.focus ?? within(0, focus_mm_low, focus_mm_high));
    this.timeHint.textContent = `for each line, ${integration_ms_low} to ${integration_ms_high}`;
    this.focusHint.textContent = `above the glass, ${focus_mm_low} to ${focus_mm_high}`;
    this.region.value = kept.region || "whole";
    for (const edge of EDGES) limit(this.edges[edge], 0, edge === "top" || edge === "bottom" ? bottom_um : right_um, kept[edge] ?? "");
    this.draw();
  }

  changed(event) {
    if (!this.instrument) return;
    const becomesPart = event.target === this.region && event.type === "change" && this.region.value === "part";
    if (becomesPart && EDGES.every((edge) => !this.edges[edge].value)) this.whole().forEach((value, at) => { this.edges[EDGES[at]].value = value; });
    remember(this.place, {
      channels: this.chosen().map(String), time: this.time.value, focus: this.focus.value, resolution: this.resolution.value, region: this.region.value,
      ...Object.fromEntries(EDGES.map((edge) => [edge, this.edges[edge].value])),
    });
    this.draw();
    this.onchange();
  }

  chosen() {
    return [...this.channels.querySelectorAll(":checked")].map((one) => Number(one.value)).sort((a, b) => a - b);
  }

  /** The largest region whose edges are multiples of the resolution. */
  whole() {
    const side = Number(this.resolution.value);
    return [0, 0, Math.floor(this.limits.bottom_um / side) * side, Math.floor(this.limits.right_um / side) * side];
  }

  read() {
    return {
      channels_nm: this.chosen(), integration_ms: Number(this.time.value), resolution_um: Number(this.resolution.value), focus_mm: Number(this.focus.value),
      region_um: this.region.value === "whole" ? this.whole() : EDGES.map((edge) => Number(this.edges[edge].value)),
    };
  }

  /** Why the service would refuse it, or "". */
  whyNot() {
    const { integration_ms_low, integration_ms_high, focus_mm_low, focus_mm_high, bottom_um, right_um } = this.limits;
    const { channels_nm, integration_ms, focus_mm, region_um } = this.read();
    if (!channels_nm.length) return "Choose a channel.";
    const time = outside(this.time, integration_ms, integration_ms_low, integration_ms_high, "ms");
    if (time) return `Integration time: ${time}`;
    const focus = outside(this.focus, focus_mm, focus_mm_low, focus_mm_high, "mm");
    if (focus) return `Focus: ${focus}`;
    return this.region.value === "part" ? this.whyNotPart(region_um, bottom_um, right_um) : "";
  }

  whyNotPart([top, left, bottom, right], lowest, rightmost) {
    const side = Number(this.resolution.value);
    const empty = EDGES.find((edge) => !this.edges[edge].value.trim());
    if (empty) return `Region: say where its ${empty} is.`;
    const uneven = EDGES.find((_, at) => !Number.isInteger([top, left, bottom, right][at] / side));
    if (uneven) {
      const near = Math.round(Number(this.edges[uneven].value) / side) * side;
      return `Region: ${uneven} is no multiple of the resolution; ${near} is.`;
    }
    if (top >= bottom) return "Region: its bottom must be below its top.";
    if (left >= right) return "Region: its right edge must be to the right of its left one.";
    if (top < 0 || left < 0 || bottom > lowest || right > rightmost) return `Region: the glass reaches to ${lowest} µm downwards and ${rightmost} µm to the right.`;
    return "";
  }

  /** What will come of it, and where on the glass it is. */
  draw() {
    this.part.hidden = this.region.value === "whole";
    const why = this.whyNot();
    const { channels_nm, integration_ms, resolution_um, region_um: [top, left, bottom, right] } = this.read();
    const { bottom_um, right_um } = this.limits;
    const rows = (bottom - top) / resolution_um;
    const columns = (right - left) / resolution_um;
    this.told.textContent = why ? "" : `${channels_nm.length} image${channels_nm.length === 1 ? "" : "s"} of ${count(columns)} × ${count(rows)} px, ${bytes(2 * rows * columns * channels_nm.length)} in all; scanning takes at least ${duration((rows * integration_ms) / 1000)}.`;
    const region = why.startsWith("Region") ? null : svg("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "bl-region" });
    replace(this.glass, svg("svg", { viewBox: `0 0 ${right_um} ${bottom_um}`, role: "img", "aria-label": "The region on the glass" }, svg("rect", { width: right_um, height: bottom_um, class: "bl-plate" }), region),
      h("span", { class: "bl-hint" }, `glass ${right_um / 1000} × ${bottom_um / 1000} mm`));
  }
}

/** Seconds as people say them. */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function number() {
  return h("input", { type: "number", class: "bl-number", step: "any", required: true });
}

function limit(input, low, high, value) {
  input.min = low;
  input.max = high;
  input.value = value;
}

function outside(input, value, low, high, unit) {
  if (!input.value.trim() || !Number.isFinite(value)) return "say a number.";
  if (value < low || value > high) return `this instrument takes ${low} to ${high} ${unit}.`;
  return isShort(value) ? "" : "give at most six digits.";
}
