// Shapes over the image as SVG in image pixels: mouse, keyboard, screen reader. A gesture is reported once, when finished.
import { svg } from "../dom.js";
import { copy, moved, resized, same, spanned, words, width, height } from "./geometry.js";

const HANDLES = { nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5] };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class ShapeLayer {
  /** `on`: {add(rectangle), change(kind, shapes, id), remove(id), select(id), announce(text)}. */
  constructor(stage, on) {
    this.stage = stage;
    this.on = on;
    this.shapes = [];
    this.selected = null;
    this.isEditable = false;
    this.tool = "select";
    stage.layer.setAttribute("role", "group");
    stage.layer.setAttribute("aria-label", "Shapes");
    stage.el.addEventListener("pointerdown", (e) => this.down(e));
    stage.el.addEventListener("pointermove", (e) => this.drag?.move(e));
    stage.el.addEventListener("pointerup", (e) => this.drop(e));
    stage.el.addEventListener("pointercancel", () => this.cancel());
    stage.layer.addEventListener("keydown", (e) => this.key(e));
    stage.layer.addEventListener("keyup", (e) => { if (ARROWS[e.key]) this.finishSoon(); });
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
    this.ghostNode ||= layer.appendChild(svg("rect", { class: "bl-ghost" }));
    set(this.ghostNode, this.ghost ? { ...box(this.ghost), visibility: "visible" } : { visibility: "hidden" });
  }

  putNode(shape, scale) {
    const r = shape.rectangle;
    const isSelected = shape.shape === this.selected;
    const waits = this.waiting?.has(shape.shape);
    const group = this.node(shape.shape) || this.newNode(shape.shape);
    set(group, {
      class: `bl-shape${isSelected ? " bl-selected" : ""}${waits ? " bl-waits" : ""}`,
      "aria-label": `${shape.label}: ${words(r)}${waits ? ", not recorded yet" : ""}`,
    });
    const [halo, rect, text] = group.children;
    set(halo, box(r));
    set(rect, box(r));
    set(text, { x: r.column0, y: r.row0 - 4 / scale, "font-size": 12 / scale, "stroke-width": 3 / scale });
    if (text.textContent !== shape.label) text.textContent = shape.label;
    this.putHandles(group, r, isSelected && this.isEditable, 8 / scale);
  }

  newNode(id) {
    const group = svg("g", { tabindex: 0, role: "img", "aria-roledescription": "rectangle", "data-shape": id },
      svg("rect", { class: "bl-halo" }), svg("rect", { class: "bl-rect" }), svg("text"));
    this.stage.layer.insertBefore(group, this.ghostNode || null);
    return group;
  }

  putHandles(group, r, isShown, side) {
    const handles = group.querySelectorAll("[data-handle]");
    if (!isShown) handles.forEach((node) => node.remove());
    else if (!handles.length) group.append(...Object.keys(HANDLES).map((name) => svg("rect", { class: `bl-handle bl-${name}`, "data-handle": name })));
    if (!isShown) return;
    for (const node of group.querySelectorAll("[data-handle]")) {
      const [fx, fy] = HANDLES[node.dataset.handle];
      set(node, { width: side, height: side, x: r.column0 + fx * width(r) - side / 2, y: r.row0 + fy * height(r) - side / 2 });
    }
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
    const id = idOf(event.target);
    const handle = event.target.dataset?.handle;
    const start = this.stage.point(event);
    const pans = event.button === 1 || (!id && (this.tool !== "draw" || !this.isEditable)) || (id && !this.isEditable);
    if (id) {
      this.select(id);
      this.focus(id);
    } else {
      this.stage.el.focus({ preventScroll: true });
    }
    event.preventDefault();
    this.stage.el.setPointerCapture(event.pointerId);
    if (pans) this.drag = this.panning(event);
    else if (id) this.drag = this.shaping(id, handle, start);
    else this.drag = this.drawing(start);
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
    const before = this.find(id).rectangle;
    return {
      isShape: true,
      undo: () => this.put(id, before),
      move: (e) => {
        const p = this.stage.point(e);
        const [dx, dy] = [p.x - start.x, p.y - start.y];
        this.put(id, handle ? resized(before, handle, dx, dy, this.stage.image) : moved(before, dx, dy, this.stage.image));
      },
      drop: () => {
        if (!same(before, this.find(id).rectangle)) this.report(handle ? "shape.resize" : "shape.move", id);
      },
    };
  }

  drawing(start) {
    return {
      isShape: true,
      undo: () => {},
      move: (e) => { this.ghost = spanned(start, this.stage.point(e), this.stage.image); this.draw(); },
      drop: () => {
        const ghost = this.ghost;
        // A slip of a few screen pixels is a click, not a shape.
        if (ghost && Math.min(width(ghost), height(ghost)) * this.stage.scale >= 4) this.on.add(ghost);
        else this.select(null);
      },
    };
  }

  drop(event) {
    const drag = this.drag;
    this.drag = null;
    this.stage.el.classList.remove("bl-panning");
    if (!drag) return;
    this.stage.el.releasePointerCapture?.(event.pointerId);
    drag.drop();
    this.ghost = null;
    this.draw();
  }

  cancel() {
    this.drag?.undo?.();
    this.drag = null;
    this.ghost = null;
    this.draw();
  }

  put(id, rectangle) {
    this.find(id).rectangle = rectangle;
    this.draw();
  }

  report(kind, id) {
    const shape = this.find(id);
    this.on.announce(`${shape.label}: ${words(shape.rectangle)}`);
    this.on.change(kind, copy(this.shapes), id);
  }

  key(event) {
    const id = idOf(event.target);
    if (!id) return;
    if (event.key === "Escape") {
      if (this.drag) this.cancel();
      this.stage.el.focus();
    } else if (!this.isEditable) {
      return;
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.finishKeys();
      this.on.remove(id);
    } else if (ARROWS[event.key]) {
      this.arrow(event, id);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab would delete or leave the cell
  }

  arrow(event, id) {
    const step = event.ctrlKey ? 10 : 1;
    const [dx, dy] = ARROWS[event.key].map((v) => v * step);
    const before = this.find(id).rectangle;
    const kind = event.shiftKey ? "shape.resize" : "shape.move";
    if (this.keys && (this.keys.id !== id || this.keys.kind !== kind)) this.finishKeys();
    if (!this.keys) this.keys = { id, kind, before };
    clearTimeout(this.keys.timer);
    this.put(id, event.shiftKey ? resized(before, "es", dx, dy, this.stage.image) : moved(before, dx, dy, this.stage.image));
    this.on.announce(`${this.find(id).label}: ${words(this.find(id).rectangle)}`);
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
    if (shape && !same(keys.before, shape.rectangle)) this.report(keys.kind, keys.id);
  }
}

const idOf = (node) => node?.closest?.("[data-shape]")?.dataset.shape || null;
const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
const box = (r) => ({ x: r.column0, y: r.row0, width: width(r), height: height(r) });
