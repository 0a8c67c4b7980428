// What quantities are made of: for each shape its lane and what it is taken for; then ladder, normalisation, standards, plate.
import { h, button, disable, field } from "../dom.js";
import { forget, recall, remember } from "../drafts.js";
import { choice, number, text } from "../version_form.js";
import { bounds } from "../viewer/geometry.js";
import { readWells, wellLines } from "./plate.js";

const USES = [["", "–"], ["ladder", "Ladder"], ["target", "Target"], ["control", "Control"], ["total", "Total"], ["standard", "Standard"], ["blank", "Blank"]];
const FITS = ["linear", "quadratic", "cubic spline", "point to point"];
const CURVES = ["linear", "quadratic", "log-log", "four-parameter logistic"];
const WEIGHTS = ["1", "1/C", "1/C²"];
const METHODS = [["", "none"], ["housekeeping", "Housekeeping"], ["total_protein", "Total protein"], ["two_step", "Two-step (modified / total)"]];
const OWN = "own";
const words = (values) => values.map((one) => [one, one]);

export class ChoiceForm {
  /** `view`: of the widget. `onset(quantities)`, `onend()`. */
  constructor({ view, onset, onend }) {
    Object.assign(this, { view, onend });
    this.place = `quantities.${view.record}`;
    const ladders = [["", "none"], ...words(view.help.ladders.map((one) => one.name)), [OWN, "of your own…"]];
    const groups = [...new Set(view.help.lanes.map((one) => one.group).filter(Boolean))];
    this.inputs = {
      ladder: choice(ladders), ladderName: text(120), fit: choice(words(FITS)), origin: number(0, 1e6, { step: "any" }), front: number(0, 1e6, { step: "any" }),
      method: choice(METHODS), controls: text(24), totals: text(24), group: choice([["", "none"], ...words(groups)]),
      unit: text(20), curve: choice(words(CURVES)), weight: choice(words(WEIGHTS)), out: h("textarea", { rows: 2, maxlength: "4000" }),
      wells: h("textarea", { rows: 4, maxlength: "100000" }), stain: text(24),
    };
    this.rows = view.analysis.shapes.map((shape) => this.row(shape));
    this.set = button("Set quantities", () => onset(this.read()), { kind: "bl-primary" });
    this.hint = h("span", { class: "bl-hint" });
    this.el = this.drawn();
    this.fill(recall(this.place) || this.stored());
    for (const kind of ["input", "change"]) this.el.addEventListener(kind, () => { remember(this.place, this.values()); this.check(); });
    this.el.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); onend(); } });
    this.check();
  }

  row(shape) {
    const name = (what) => ({ "aria-label": `${shape.shape}: ${what}` });
    return { shape, lane: number(1, 2000, name("lane")), use: choice(USES, name("taken for")), target: text(120, name("target")),
      kda: number(0, 1e5, { step: "any", ...name("kDa") }), amount: number(0, 1e12, { step: "any", ...name("amount") }) };
  }

  drawn() {
    const i = this.inputs;
    const head = [["Shape", ""], ["Lane", ""], ["Taken for", ""], ["Target", "name"], ["Weight", "kDa"], ["Amount", "unit of the standards"]];
    const group = (name, ...fields) => h("fieldset", { class: "bl-details" }, h("legend", {}, name), h("div", { class: "bl-bar" }, fields));
    this.fillLadder = button("Fill weights from the top", () => this.weigh());
    return h("div", { class: "bl-card bl-form", role: "group", "aria-label": "Quantities" }, h("h4", {}, "Quantities"),
      h("div", { class: "bl-scroll", role: "region", "aria-label": "Bands that take part", tabindex: "0" }, h("table", { class: "bl-table" },
        h("thead", {}, h("tr", {}, head.map(([title, unit]) => h("th", { scope: "col" }, title, unit && h("span", { class: "bl-unit" }, unit))))),
        h("tbody", {}, this.rows.map((row) => h("tr", { "data-shape": row.shape.shape }, h("th", { scope: "row" }, row.shape.label || row.shape.shape, row.shape.label && h("span", { class: "bl-unit" }, row.shape.shape)),
          [row.lane, row.use, row.target, row.kda, row.amount].map((node) => h("td", {}, node))))))),
      group("Molecular weight", field("Ladder", i.ladder), field("Its name", i.ladderName), field("Fit", i.fit), field("Row of the wells", i.origin, "px, optional"), field("Row of the dye front", i.front, "px, optional"), this.fillLadder),
      group("Normalisation", field("To", i.method), field("Controls of another version", i.controls, "such as ANL-000002.1; empty: of this analysis"), field("Totals of another version", i.totals, "two-step only"), field("Control group", i.group, "for fold changes; groups belong to samples")),
      group("Standards", field("Unit", i.unit, "such as ng; empty: no standards"), field("Curve", i.curve), field("Weight", i.weight)),
      group("Lanes left out", field("One a line: number, colon, reason", i.out, "they stay in tables and charts")),
      group("Plate", field("One well a line", i.wells, "paste from a spreadsheet: well, sample or control or background or positive or negative, group, why it is left out"),
        field("Normaliser", i.stain, "version of the other channel, such as ANL-000002.1; optional")),
      h("div", { class: "bl-bar" }, this.set, button("Cancel", () => { this.forget(); this.onend(); }), this.hint));
  }

  /** What is stored, or (where nothing is) what the service proposes: lanes as found, the ladder's lane by the membrane. */
  stored() {
    const chosen = this.view.quantities?.chosen;
    const bands = chosen?.bands || this.view.help.bands;
    const isKnown = this.view.help.ladders.some((one) => one.name === chosen?.ladder?.name);
    const named = (version) => (version ? `${version.analysis}.${version.version}` : "");
    const loaded = this.view.help.lanes.find((one) => one.load === "ladder")?.ladder || "";
    const proposed = this.view.help.ladders.some((one) => one.name === loaded) ? loaded : "";
    return {
      bands: Object.fromEntries(bands.map((one) => [one.shape, { lane: one.lane ?? "", use: one.use || "", target: one.target, kda: one.kda ?? "", amount: one.amount ?? "" }])),
      ladder: chosen ? (chosen.ladder ? (isKnown ? chosen.ladder.name : OWN) : "") : proposed, ladderName: isKnown ? "" : chosen?.ladder?.name || "", fit: chosen?.ladder?.fit || FITS[0],
      origin: chosen?.ladder?.origin ?? "", front: chosen?.ladder?.front ?? "", method: chosen?.normalisation?.method || "",
      controls: named(chosen?.normalisation?.controls_from), totals: named(chosen?.normalisation?.totals_from), group: chosen?.control_group || "",
      unit: chosen?.standards?.unit || "", curve: chosen?.standards?.fit || CURVES[0], weight: chosen?.standards?.weight || WEIGHTS[0],
      out: (chosen?.left_out || []).map((one) => `${one.lane}: ${one.reason}`).join("\n"),
      wells: wellLines(chosen?.plate, this.view.analysis.shapes), stain: named(chosen?.plate?.normaliser_from),
    };
  }

  values() {
    const of = (row) => ({ lane: row.lane.value, use: row.use.value, target: row.target.value, kda: row.kda.value, amount: row.amount.value });
    return { bands: Object.fromEntries(this.rows.map((row) => [row.shape.shape, of(row)])), ...Object.fromEntries(Object.entries(this.inputs).map(([name, node]) => [name, node.value])) };
  }

  fill(values) {
    for (const [name, node] of Object.entries(this.inputs)) node.value = values[name] ?? "";
    for (const row of this.rows) for (const [name, value] of Object.entries(values.bands[row.shape.shape] || {})) row[name].value = value;
  }

  forget() { forget(this.place); }

  get marks() {
    return this.rows.filter((row) => row.use.value === "ladder").sort((a, b) => bounds(a.shape).top - bounds(b.shape).top);
  }

  /** Give the ladder's bands its weights, heaviest at the top; the person corrects what is missing on the image. */
  weigh() {
    const weights = this.view.help.ladders.find((one) => one.name === this.inputs.ladder.value)?.weights || [];
    this.marks.forEach((row, at) => { row.kda.value = weights[at] ?? ""; });
    remember(this.place, this.values());
    this.check();
  }

  check() {
    const i = this.inputs;
    i.ladderName.disabled = i.ladder.value !== OWN;
    for (const node of [i.fit, i.origin, i.front]) node.disabled = !i.ladder.value;
    for (const node of [i.controls, i.group]) node.disabled = !i.method.value;
    i.totals.disabled = i.method.value !== "two_step";
    i.stain.disabled = !i.wells.value.trim();
    for (const node of [i.curve, i.weight]) node.disabled = !i.unit.value.trim();
    for (const row of this.rows) {
      row.target.disabled = row.use.value !== "target";
      row.kda.disabled = row.use.value !== "ladder";
      row.amount.disabled = row.use.value !== "standard";
    }
    const isKnown = i.ladder.value && i.ladder.value !== OWN;
    disable(this.fillLadder, !isKnown ? "Choose a ladder of the list." : this.marks.length ? "" : "Take bands for the ladder first.");
    const why = this.whyNot();
    disable(this.set, why);
    this.hint.textContent = why;
  }

  whyNot() {
    const i = this.inputs;
    if (!i.ladder.value && !i.method.value && !i.unit.value.trim() && !i.wells.value.trim()) return "Choose a ladder, a normalisation, a unit of standards, or the wells of a plate.";
    if (i.ladder.value === OWN && !i.ladderName.value.trim()) return "Name your ladder.";
    for (const node of [i.controls, i.totals, i.stain]) if (!node.disabled && node.value.trim() && !version(node.value)) return "Another version is written as ANL-000002.1.";
    const line = lines(i.out.value).find((one) => !/^\d+\s*:\s*\S.{2,}$/.test(one));
    return line ? `“${line}”: write the lane's number, a colon, and why it is left out.` : this.wells().problem || "";
  }

  wells() {
    return readWells(lines(this.inputs.wells.value), this.view.analysis.shapes);
  }

  read() {
    const i = this.inputs;
    const of = (node) => (node.disabled || node.value.trim() === "" ? null : Number(node.value));
    const method = i.method.value;
    return {
      bands: this.rows.map((row) => ({ shape: row.shape.shape, lane: of(row.lane), use: row.use.value || null, target: row.target.disabled ? "" : row.target.value.trim(), kda: of(row.kda), amount: of(row.amount) })),
      ladder: i.ladder.value ? { name: i.ladder.value === OWN ? i.ladderName.value.trim() : i.ladder.value, fit: i.fit.value, origin: of(i.origin), front: of(i.front) } : null,
      normalisation: method ? { method, controls_from: version(i.controls.value), totals_from: method === "two_step" ? version(i.totals.value) : null } : null,
      standards: i.unit.value.trim() ? { unit: i.unit.value.trim(), fit: i.curve.value, weight: i.weight.value } : null,
      left_out: lines(i.out.value).map((one) => ({ lane: Number(one.split(":")[0]), reason: one.slice(one.indexOf(":") + 1).trim() })),
      control_group: method ? i.group.value : "",
      plate: i.wells.value.trim() ? { wells: this.wells().wells, normaliser_from: version(i.stain.value) } : null,
    };
  }
}

const lines = (given) => given.split("\n").map((one) => one.trim()).filter(Boolean);

function version(given) {
  const found = /^(ANL-\d{6,12})\.(\d{1,6})$/.exec(given.trim());
  return found && { analysis: found[1], version: Number(found[2]) };
}
