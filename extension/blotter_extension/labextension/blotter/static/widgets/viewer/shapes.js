// Shapes over the image as SVG in image pixels: mouse, keyboard, screen reader. A gesture is reported once, when finished.
import { svg } from "../dom.js";
import { Drawing } from "./drawing.js";
import { bounds, copy, cornerAdded, cornerMoved, cornerRemoved, cornersOf, kindOf, moved, path, resized, same, turnedTo, words } from "./geometry.js";
import { cornerOf, putHandles } from "./handles.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TURNS = { "[": 1, "]": -1 };

export class ShapeLayer {
  /** `on`: {add(outline), change(kind, shapes, id), remove(id), select(id), announce(text)}. */
  constructor(stage, on) {
    this.stage = stage;
    this.on = on;
    this.shapes = [];
    this.ghosts = [];
    this.selected = null;
    this.isEditable = false;
    this.tool = "select";
    this.drawing = new Drawing(stage, {
      isOn: () => this.tool === "draw" && this.isEditable,
      ghost: (shape) => this.preview(shape ? [shape] : []), add: (outline) => on.add(outline),
      click: () => this.select(null), announce: (text) => on.announce(text),
    });
    stage.layer.setAttribute("role", "group");
    stage.layer.setAttribute("aria-label", "Shapes");
    stage.el.addEventListener("pointerdown", (e) => this.down(e));
    stage.el.addEventListener("pointermove", (e) => { this.drag?.move(e); this.drawing.hover(this.stage.point(e)); });
    stage.el.addEventListener("pointerup", (e) => this.drop(e));
    stage.el.addEventListener("pointercancel", () => this.cancel());
    stage.layer.addEventListener("keydown", (e) => this.key(e));
    stage.layer.addEventListener("keyup", (e) => { if (ARROWS[e.key] || TURNS[e.key]) this.finishSoon(); });
    stage.layer.addEventListener("focusin", (e) => this.select(idOf(e.target)));
    stage.layer.addEventListener("focusout", () => this.finishKeys());
  }

  set({ shapes, isEditable, waiting = new Set() }) {
    this.waiting = waiting;
    if (this.drag?.isShape || this.keys) return; // a gesture in hand is never pulled away
    this.shapes = copy(shapes);
    this.isEditable = isEditable;
    if (!this.shapes.some((s) => s.shape === this.selected)) this.selected = null;
    this.draw();
  }

  /** What tool and kind of shape the next pointer draws with; a polygon in hand is given up. */
  choose(tool, kind) {
    this.tool = tool;
    this.drawing.kind = kind;
    if (this.drawing.isInHand || this.drawing.hair) this.drawing.giveUp();
  }

  /** Outlines that are not shapes yet. */
  preview(ghosts) {
    this.ghosts = ghosts;
    this.draw();
  }

  find(id) {
    return this.shapes.find((s) => s.shape === id);
  }

  /** Nodes are kept and changed, never replaced: a removed node would lose the focus, and JupyterLab would take the keys. */
  draw() {
    const { layer, scale } = this.stage;
    const seen = new Set(this.shapes.map((s) => s.shape));
    for (const node of [...layer.querySelectorAll("[data-shape]")]) {
      if (seen.has(node.dataset.shape)) continue;
      if (node.contains(document.activeElement)) this.stage.el.focus({ preventScroll: true });
      node.remove();
    }
    for (const shape of this.shapes) this.putNode(shape, scale);
    this.ghostNode ||= layer.appendChild(svg("path", { class: "bl-ghost" }));
    set(this.ghostNode, { d: this.ghosts.map(path).join(" "), visibility: this.ghosts.length ? "visible" : "hidden" });
  }

  putNode(shape, scale) {
    const isSelected = shape.shape === this.selected;
    const waits = this.waiting?.has(shape.shape);
    const group = this.node(shape.shape) || this.newNode(shape.shape);
    set(group, {
      class: `bl-shape${isSelected ? " bl-selected" : ""}${waits ? " bl-waits" : ""}`, "aria-roledescription": kindOf(shape),
      "aria-label": `${shape.label}: ${words(shape)}${waits ? ", not recorded yet" : ""}`,
    });
    const [halo, line, text] = group.children;
    const [d, { left, top }] = [path(shape), bounds(shape)];
    set(halo, { d });
    set(line, { d });
    set(text, { x: left, y: top - 4 / scale, "font-size": 12 / scale, "stroke-width": 3 / scale });
    if (text.textContent !== shape.label) text.textContent = shape.label;
    putHandles(group, shape, isSelected && this.isEditable, scale);
  }

  newNode(id) {
    const group = svg("g", { tabindex: 0, role: "img", "data-shape": id }, svg("path", { class: "bl-halo" }), svg("path", { class: "bl-line" }), svg("text"));
    this.stage.layer.insertBefore(group, this.ghostNode || null);
    return group;
  }

  node(id) {
    return this.stage.layer.querySelector(`[data-shape="${CSS.escape(id)}"]`);
  }

  select(id) {
    if (id === this.selected) return;
    this.selected = id;
    this.draw();
    this.on.select(id);
  }

  focus(id) {
    this.node(id)?.focus({ preventScroll: true });
  }

  down(event) {
    if (event.button > 1) return;
    this.finishKeys();
    const start = this.stage.point(event);
    const draws = this.tool === "draw" && this.isEditable && event.button === 0;
    const id = draws && this.drawing.isInHand ? null : idOf(event.target); // a polygon in hand may have corners over others
    const corner = cornerOf(event.target);
    if (id) {
      this.select(id);
      if (corner === null) this.focus(id);
      else event.target.focus({ preventScroll: true });
    } else {
      this.stage.el.focus({ preventScroll: true });
    }
    event.preventDefault();
    this.stage.el.setPointerCapture(event.pointerId);
    if (event.button === 1 || (id ? !this.isEditable : !draws)) this.drag = this.panning(event);
    else if (id) this.drag = this.shaping(id, event.target.dataset?.handle, start);
    else this.drag = this.drawn(start);
  }

  drawn(start) {
    const drag = this.drawing.down(start);
    return drag && { ...drag, move: (e) => drag.move(this.stage.point(e)) };
  }

  panning(event) {
    let last = event;
    this.stage.el.classList.add("bl-panning");
    return {
      isShape: false,
      move: (e) => { this.stage.pan(e.clientX - last.clientX, e.clientY - last.clientY); last = e; },
      drop: () => {},
    };
  }

  shaping(id, handle, start) {
    const before = this.find(id);
    return {
      isShape: true,
      undo: () => this.put(before),
      move: (e) => this.put(this.dragged(before, handle, start, this.stage.point(e))),
      drop: () => {
        if (!same(before, this.find(id))) this.report(handle ? "shape.resize" : "shape.move", id);
      },
    };
  }

  /** The shape after its handle, or the shape itself, went from `start` to `p`. */
  dragged(before, handle, start, p) {
    const { image } = this.stage;
    const [dx, dy] = [p.x - start.x, p.y - start.y];
    if (!handle) return moved(before, dx, dy, image);
    if (handle.startsWith("corner-")) return cornerMoved(before, Number(handle.slice(7)), dx, dy, image);
    if (handle !== "turn") return resized(before, handle, dx, dy, image);
    const { row, column } = before.ellipse;
    return turnedTo(before, (Math.atan2(column + 0.5 - p.x, row + 0.5 - p.y) * 180) / Math.PI, image);
  }

  drop(event) {
    const drag = this.drag;
    this.drag = null;
    this.stage.el.classList.remove("bl-panning");
    if (!drag) return;
    this.stage.el.releasePointerCapture?.(event.pointerId);
    drag.drop();
    this.draw();
  }

  cancel() {
    this.drag?.undo?.();
    this.drag = null;
    this.draw();
  }

  put(shape) {
    this.shapes = this.shapes.map((s) => (s.shape === shape.shape ? shape : s));
    this.draw();
  }

  report(kind, id) {
    const shape = this.find(id);
    this.on.announce(`${shape.label}: ${words(shape)}`);
    this.on.change(kind, copy(this.shapes), id);
  }

  key(event) {
    const id = idOf(event.target);
    if (!id) return;
    const corner = cornerOf(event.target);
    if (event.key === "Escape") {
      if (this.drag) this.cancel();
      if (corner === null) this.stage.el.focus();
      else this.focus(id);
    } else if (!this.isEditable) {
      return;
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.finishKeys();
      if (corner === null) this.on.remove(id);
      else this.reshape(id, cornersOf(this.find(id)).length > 3 ? cornerRemoved(this.find(id), corner) : null);
    } else if (corner !== null && (event.key === "Insert" || event.key === "+")) {
      this.finishKeys();
      this.reshape(id, cornerAdded(this.find(id), corner));
    } else if (ARROWS[event.key]) {
      this.arrow(event, id, corner);
    } else if (TURNS[event.key] && this.find(id).ellipse) {
      const turned = this.find(id).ellipse.turned || 0;
      this.step(id, "shape.resize", "turn", () => turnedTo(this.find(id), turned + TURNS[event.key] * (event.ctrlKey ? 10 : 1), this.stage.image));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab would delete or leave the cell
  }

  /** Give a polygon other corners, or say that it has too few to lose one. */
  reshape(id, shape) {
    if (!shape) {
      this.on.announce("A polygon has at least three corners.");
      return;
    }
    this.put(shape);
    this.report("shape.resize", id);
  }

  arrow(event, id, corner) {
    const step = event.ctrlKey ? 10 : 1;
    const [dx, dy] = ARROWS[event.key].map((v) => v * step);
    const { image } = this.stage;
    if (corner !== null) this.step(id, "shape.resize", `corner ${corner}`, (shape) => cornerMoved(shape, corner, dx, dy, image));
    else if (event.shiftKey) this.step(id, "shape.resize", "size", (shape) => resized(shape, "es", dx, dy, image));
    else this.step(id, "shape.move", "place", (shape) => moved(shape, dx, dy, image));
  }

  /** One key press of a series that changes one thing of one shape. */
  step(id, kind, what, changed) {
    if (this.keys && (this.keys.id !== id || this.keys.what !== what)) this.finishKeys();
    if (!this.keys) this.keys = { id, kind, what, before: this.find(id) };
    clearTimeout(this.keys.timer);
    this.put(changed(this.find(id)));
    this.on.announce(`${this.find(id).label}: ${words(this.find(id))}`);
  }

  /** A series of key presses is one gesture: it ends when nothing more comes for a moment. */
  finishSoon() {
    if (!this.keys) return;
    clearTimeout(this.keys.timer);
    this.keys.timer = setTimeout(() => this.finishKeys(), 500);
  }

  finishKeys() {
    const keys = this.keys;
    if (!keys) return;
    clearTimeout(keys.timer);
    this.keys = null;
    const shape = this.find(keys.id);
    if (shape && !same(keys.before, shape)) this.report(keys.kind, keys.id);
  }
}

const idOf = (node) => node?.closest?.("[data-shape]")?.dataset.shape || null;
const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
