// New shapes without a drag: one in the middle, a copy of the same size, a grid of copies.
import { h, button, disable, field, replace } from "../dom.js";
import { bounds, copy, moved, shifted, size, within, words } from "./geometry.js";

export const MOST_SHAPES = 500;

export class Adding {
  /** `place`: where a form is put. */
  constructor({ draft, layer, stage, image, place, announce }) {
    Object.assign(this, { draft, layer, stage, image, place, announce });
  }

  add(outline) {
    const shape = { shape: this.draft.nextShape(), label: this.freeLabel(), ...outline };
    this.draft.commit("shape.add", `added ${shape.label} at ${words(shape)}`, { shapes: [...copy(this.draft.shapes), shape] });
    this.layer.select(shape.shape);
    this.layer.focus(shape.shape);
    this.announce(`Added ${shape.label}: ${words(shape)}`);
  }

  inMiddle(kind) {
    const { stage, image } = this;
    const [wide, high] = [Math.max(4, Math.round(stage.width / stage.scale / 12)), Math.max(4, Math.round(stage.height / stage.scale / 16))];
    const top = Math.max(0, Math.round(stage.y + stage.height / stage.scale / 2 - high / 2));
    const left = Math.max(0, Math.round(stage.x + stage.width / stage.scale / 2 - wide / 2));
    this.add(moved(within(kind, { left, top, right: left + Math.min(wide, image.columns), bottom: top + Math.min(high, image.rows) }), 0, 0, image));
  }

  freeLabel() {
    const taken = new Set(this.draft.shapes.map((s) => s.label));
    let n = 1;
    while (taken.has(`Band ${n}`)) n += 1;
    return `Band ${n}`;
  }

  /** A copy of the same size beside the shape, or below it where there is no room. */
  duplicate({ shape: _id, label: _label, ...outline }) {
    const { width, height } = size(outline);
    const room = bounds(outline).right + width <= this.image.columns;
    this.add(moved(outline, room ? width + 2 : 0, room ? 0 : height + 2, this.image));
  }

  /** Ask for a grid whose upper left shape is this one; the copies are shown before they are there. */
  grid(shape) {
    const { width, height } = size(shape);
    const input = (value, most, step = 1) => h("input", { type: "number", min: 1, max: most, step, value, class: "bl-number" });
    const inputs = { rows: input(2, 100), columns: input(2, 100), across: input(Math.ceil(width) + 4, 100000, 0.1), down: input(Math.ceil(height) + 4, 100000, 0.1) };
    const said = h("span", { class: "bl-hint", role: "status" });
    const asked = () => Object.fromEntries(Object.entries(inputs).map(([name, node]) => [name, Number(node.value)]));
    const close = () => { replace(this.place); this.layer.preview([]); this.layer.focus(shape.shape); };
    const make = button("Add grid", () => { const copies = gridOf(shape, asked()); close(); this.addGrid(shape, copies); }, { kind: "bl-primary" });
    const check = () => {
      const copies = gridOf(shape, asked());
      const why = whyNot(copies, this.image, this.draft.shapes.length);
      disable(make, why);
      said.textContent = why || `${copies.length} copies of ${shape.label}, exactly its size.`;
      this.layer.preview(why && copies.length > MOST_SHAPES ? [] : copies);
    };
    const el = h("div", { class: "bl-ask", role: "group", "aria-label": "Grid of shapes" },
      h("span", {}, `Grid, its upper left is ${shape.label}:`), field("Rows", inputs.rows), field("Columns", inputs.columns),
      field("Centre to centre across, px", inputs.across), field("down, px", inputs.down), make, button("Cancel", close), said);
    el.addEventListener("input", check);
    el.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key === "Enter" && event.target.tagName === "INPUT" && make.getAttribute("aria-disabled") !== "true") { event.preventDefault(); make.click(); }
    });
    replace(this.place, el);
    check();
    inputs.rows.focus();
    inputs.rows.select();
  }

  /** The wells are named A1, A2 …; two gestures, since a gesture does one thing: each can be undone. */
  addGrid(shape, copies) {
    if (shape.label !== "A1") {
      this.draft.commit("shape.rename", `renamed ${shape.label} to A1`, { shapes: copy(this.draft.shapes).map((s) => (s.shape === shape.shape ? { ...s, label: "A1" } : s)) });
    }
    const first = Number(this.draft.nextShape().slice(1));
    const made = copies.map((one, at) => ({ ...one, shape: `S${first + at}` }));
    this.draft.commit("shape.add", `added a grid of ${made.length} copies of ${shape.shape}`, { shapes: [...copy(this.draft.shapes), ...made] });
    this.announce(`Added ${made.length} shapes`);
  }
}

/** Letters of a row of a plate: A to Z, then AA. */
export const rowName = (row) => (row < 26 ? "" : String.fromCharCode(64 + Math.floor(row / 26))) + String.fromCharCode(65 + (row % 26));

/** The copies of a shape in a grid, without the shape itself; shifted by whole pixels, so that each holds as many. */
export function gridOf(shape, { rows, columns, across, down }) {
  const copies = [];
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows * columns > 10000) return copies;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (row || column) copies.push({ ...shifted(shape, Math.round(column * across), Math.round(row * down)), label: `${rowName(row)}${column + 1}` });
    }
  }
  return copies;
}

function whyNot(copies, image, there) {
  if (!copies.length) return "Say how many rows and columns, in whole numbers, more than one in all.";
  if (copies.length + there > MOST_SHAPES) return `An analysis has at most ${MOST_SHAPES} shapes; this would make ${copies.length + there}.`;
  const last = bounds(copies.at(-1));
  if (copies.some((one) => { const b = bounds(one); return b.right > image.columns || b.bottom > image.rows; })) return `The grid leaves the image: it would end at column ${Math.round(last.right)}, row ${Math.round(last.bottom)}.`;
  return "";
}
