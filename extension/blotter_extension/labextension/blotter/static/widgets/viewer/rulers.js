// Rulers above and beside the stage, in pixels of the image or, where its file says how long a pixel is, in millimetres;
// and the ladder's weights beside its lane, kDa.
import { h, svg, redrawn } from "../dom.js";
import { recall, remember } from "../drafts.js";
import { bounds } from "./geometry.js";

const LEAST = 64; // screen pixels between two numbers
const WIDE = 18; // screen pixels across a ruler
const KEPT = "viewer.scales";

/** Units between two numbers of a ruler: 1, 2 or 5 of a power of ten, far enough from each other on the screen. */
export function stepOf(scale, smallest = 1) {
  const least = Math.max(smallest, LEAST / scale);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least * (1 - 1e-9));
}

/** Marks of a ruler from one place to another, none outside 0 to `size`: [{at, isNumber}], five to a step; pixels are whole. */
export function ticks(from, to, size, step, isWhole = true) {
  const small = isWhole && step < 5 ? 1 : step / 5;
  const every = Math.round(step / small);
  const [first, last] = [Math.max(0, Math.ceil(from / small)), Math.floor(Math.min(to, size) / small)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({ at: Number(((first + i) * small).toPrecision(9)), isNumber: (first + i) % every === 0 }));
}

/** Where the ladder's bands stand by the fit's places, from the top: [{row, left, kda, fitted, residual}], rows in edges of pixels. */
export function ladderMarks(quantities, shapes) {
  const ladder = quantities?.chosen.ladder;
  const there = new Map(shapes.map((shape) => [shape.shape, shape]));
  const found = ladder ? (quantities.numbers?.weights?.ladder || []).filter((one) => there.has(one.shape)) : [];
  const left = Math.min(...found.map((one) => bounds(there.get(one.shape)).left));
  const isFront = (ladder?.origin ?? null) !== null && (ladder?.front ?? null) !== null;
  const row = (place) => (isFront ? ladder.origin + place * (ladder.front - ladder.origin) : place) + 0.5;
  return found.map((one) => ({ row: row(one.place), left, kda: one.kda, fitted: one.fitted_kda, residual: one.residual })).sort((a, b) => a.row - b.row);
}

export class Scales {
  /** Puts rulers around the stage: `el` holds them and it. */
  constructor(stage) {
    this.stage = stage;
    const kept = recall(KEPT) || {};
    this.top = svg("svg", { class: "bl-ruler", "aria-hidden": "true", height: WIDE });
    this.side = svg("svg", { class: "bl-ruler", "aria-hidden": "true", width: WIDE });
    this.corner = h("span", { class: "bl-ruler-unit", "aria-hidden": "true" });
    this.el = h("div", { class: "bl-ruled" }, this.corner, this.top, this.side, stage.el);
    this.kda = svg("g", { class: "bl-kda", role: "img" });
    stage.layer.prepend(this.kda);
    const box = (name) => {
      const input = h("input", { type: "checkbox", checked: kept[name] ?? name !== "isLong" });
      input.addEventListener("change", () => { remember(KEPT, { rulers: this.rulers.checked, weights: this.weights.checked, isLong: this.isLong.checked }); this.draw(); });
      return input;
    };
    [this.rulers, this.weights, this.isLong] = [box("rulers"), box("weights"), box("isLong")];
    const { pixel_um: side } = stage.image;
    this.isLongBox = h("label", { class: "bl-check", hidden: !side, title: side ? `${side} µm a pixel, by the file` : null }, this.isLong, " mm");
    this.weightsBox = h("label", { class: "bl-check" }, this.weights, " kDa");
    this.switches = h("span", { class: "bl-group" }, h("label", { class: "bl-check" }, this.rulers, " Rulers"), this.isLongBox, this.weightsBox);
    this.marks = [];
  }

  /** The weights of the ladder in the analysis, or version, that is shown. */
  show({ quantities, shapes }) {
    this.marks = ladderMarks(quantities, shapes);
    this.draw();
  }

  draw() {
    const { stage } = this;
    this.el.classList.toggle("bl-unruled", !this.rulers.checked);
    this.weightsBox.hidden = !this.marks.length;
    const { x, y, scale, width, height, image } = stage;
    if (!width) return;
    if (this.rulers.checked) {
      const isLong = Boolean(image.pixel_um) && this.isLong.checked;
      const unit = isLong ? image.pixel_um / 1000 : 1; // of an image pixel
      const step = stepOf(scale / unit, isLong ? 0 : 1);
      this.corner.textContent = isLong ? "mm" : "px";
      const edge = stage.el.clientLeft; // its border, which the rulers run along, too
      const marks = (from, size, most) => ticks(from * unit, (from + size / scale) * unit, most * unit, step, !isLong).map((one) => [one, edge + (one.at / unit - from) * scale]);
      redrawn(this.top, [x, scale, width, isLong], () => marks(x, width, image.columns).map(([one, place]) => this.tick(one, place, true)));
      redrawn(this.side, [y, scale, height, isLong], () => marks(y, height, image.rows).map(([one, place]) => this.tick(one, place, false)));
    }
    this.drawWeights(scale);
  }

  tick({ at, isNumber }, place, isAcross) {
    const from = isNumber ? 2 : WIDE - 5;
    const line = svg("line", isAcross ? { x1: place, x2: place, y1: from, y2: WIDE } : { x1: from, x2: WIDE, y1: place, y2: place });
    const words = isNumber && svg("text", isAcross ? { x: place + 3, y: 10 } : { transform: `translate(10 ${place - 3}) rotate(-90)` }, at);
    return svg("g", {}, line, words);
  }

  drawWeights(scale) {
    const marks = this.weights.checked ? this.marks : [];
    this.kda.setAttribute("aria-label", marks.length ? `Ladder: ${marks.map((one) => `${one.kda} kDa at row ${Math.round(one.row)}`).join(", ")}` : "No ladder");
    redrawn(this.kda, [marks, scale], () => marks.map(({ row, left, kda, fitted, residual }) => {
      const [end, size] = [left - 3 / scale, 11 / scale];
      return svg("g", {}, svg("title", {}, `${kda} kDa; the fit gives ${fitted.toPrecision(6)} kDa (${residual.toFixed(2)} %)`),
        svg("line", { x1: end - 8 / scale, x2: end, y1: row, y2: row }),
        svg("text", { x: end - 10 / scale, y: row + size * 0.36, "text-anchor": "end", "font-size": size, "stroke-width": 3 / scale }, `${kda} kDa`));
    }));
  }
}
