// The annotation layer over the image: marks are made, moved and removed by mouse and keyboard. Nothing here is recorded;
// the controls keep the marks as a version when they are told to.
import { svg } from "../dom.js";
import { endMoved, inMiddle, isLong, isSlip, made, path, shifted, textPlace, words } from "./marks.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class AnnotationLayer {
  /** `on`: {change(marks, words), write(id): asks for its text, remove(id), select(), announce(text)}. */
  constructor(stage, on) {
    Object.assign(this, { stage, on, marks: [], selected: null, kind: null, isEditable: false, isShown: true, drag: null });
    this.el = svg("g", { class: "bl-marks", role: "group", "aria-label": "Annotations" });
    stage.layer.append(this.el);
    // First of all listeners: a mark that is grabbed, or drawn, is nothing to the shapes below.
    stage.el.addEventListener("pointerdown", (event) => this.down(event), true);
    stage.el.addEventListener("pointermove", (event) => this.move(event));
    stage.el.addEventListener("pointerup", (event) => this.drop(event));
    stage.el.addEventListener("pointercancel", () => this.cancel());
    this.el.addEventListener("keydown", (event) => this.key(event));
    stage.layer.addEventListener("focusin", (event) => this.select(markOf(event.target)));
  }

  set({ marks, isEditable, isShown }) {
    Object.assign(this, { isEditable, isShown });
    if (!this.drag) this.marks = marks;
    if (!this.marks.some((one) => one.mark === this.selected)) this.selected = null;
    this.draw();
  }

  find(id) { return this.marks.find((one) => one.mark === id); }

  node(id) { return this.el.querySelector(`[data-mark="${CSS.escape(id)}"]`); }

  focus(id) { this.node(id)?.focus({ preventScroll: true }); }

  select(id) {
    if (id === this.selected) return;
    this.selected = id;
    this.draw();
    this.on.select();
  }

  /** Nodes are kept and changed, since one may have the focus. */
  draw() {
    this.el.setAttribute("visibility", this.isShown ? "visible" : "hidden");
    const seen = new Set(this.marks.map((one) => one.mark));
    for (const node of [...this.el.children]) {
      if (seen.has(node.dataset.mark)) continue;
      if (node.contains(document.activeElement)) this.stage.el.focus({ preventScroll: true });
      node.remove();
    }
    for (const mark of this.marks) this.put(mark, this.stage.scale);
  }

  put(mark, scale) {
    const group = this.node(mark.mark) || this.el.appendChild(svg("g", { role: "img", "data-mark": mark.mark }, svg("path", { class: "bl-halo" }), svg("path", { class: "bl-line" }), svg("text")));
    const isSelected = mark.mark === this.selected;
    set(group, { class: `bl-mark${isSelected ? " bl-selected" : ""}`, tabindex: this.isShown ? 0 : -1, "aria-roledescription": mark.kind, "aria-label": `Annotation ${words(mark)}` });
    const [halo, line, text] = group.children;
    const d = path(mark, scale);
    for (const node of [halo, line]) set(node, { d });
    const { x, y, anchor } = textPlace(mark, scale);
    set(text, { x, y, "text-anchor": anchor, "font-size": 14 / scale, "stroke-width": 3 / scale });
    if (text.textContent !== mark.text) text.textContent = mark.text;
    this.putEnds(group, mark, isSelected && this.isEditable && isLong(mark), scale);
  }

  putEnds(group, mark, isThere, scale) {
    for (const end of ["begin", "end"]) {
      let node = group.querySelector(`[data-end="${end}"]`);
      if (!isThere) node?.remove();
      else {
        node ||= group.appendChild(svg("rect", { class: "bl-handle", "data-end": end }));
        const [x, y] = end === "end" ? [mark.column1, mark.row1] : [mark.column, mark.row];
        set(node, { x: x - 4 / scale, y: y - 4 / scale, width: 8 / scale, height: 8 / scale });
      }
    }
  }

  down(event) {
    const id = markOf(event.target);
    if (!id) this.select(null);
    if (event.button !== 0 || !this.isShown || !this.isEditable || !(id || this.kind)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.stage.el.setPointerCapture(event.pointerId);
    const start = this.stage.point(event);
    if (id) {
      this.focus(id);
      this.drag = { id, end: event.target.dataset.end, start, before: this.marks };
    } else {
      const mark = made(this.kind, start, start, this.marks, this.stage.image);
      this.drag = { id: mark.mark, end: "end", start, before: this.marks, isNew: true };
      this.marks = [...this.marks, mark];
      this.draw();
    }
  }

  move(event) {
    if (!this.drag) return;
    const { id, end, start, before, isNew } = this.drag;
    const at = this.stage.point(event);
    const was = isNew ? made(this.kind, start, start, before, this.stage.image) : before.find((one) => one.mark === id);
    this.marks = this.marks.map((one) => (one.mark === id ? this.dragged(was, end, at.x - start.x, at.y - start.y) : one));
    this.draw();
  }

  dragged(mark, end, dx, dy) {
    return end && isLong(mark) ? endMoved(mark, end, dx, dy, this.stage.image) : shifted(mark, dx, dy, this.stage.image);
  }

  drop(event) {
    if (!this.drag) return;
    const { id, before, isNew } = this.drag;
    const mark = this.find(id);
    this.drag = null;
    this.stage.el.releasePointerCapture?.(event.pointerId);
    if (isNew && isSlip(mark, this.stage.scale)) {
      this.marks = before;
      this.draw();
    } else if (isNew) {
      this.add(mark);
    } else if (mark !== before.find((one) => one.mark === id)) {
      this.tell(`moved ${words(mark)}`);
    }
  }

  cancel() {
    if (!this.drag) return;
    this.marks = this.drag.before;
    this.drag = null;
    this.draw();
  }

  /** A new mark is there; a text has no words yet, so they are asked for. */
  add(mark) {
    if (!this.find(mark.mark)) this.marks = [...this.marks, mark];
    this.selected = mark.mark;
    this.draw();
    this.focus(mark.mark);
    this.tell(`added ${words(mark)}`);
    if (mark.kind === "text") this.on.write(mark.mark);
  }

  addInMiddle(kind) {
    const { stage } = this;
    const seen = { x: stage.x, y: stage.y, width: stage.width / stage.scale, height: stage.height / stage.scale };
    this.add(inMiddle(kind, seen, this.marks, stage.image));
  }

  key(event) {
    const mark = this.find(markOf(event.target));
    if (!mark) return;
    const step = event.ctrlKey ? 10 : 1;
    if (event.key === "Escape") {
      if (this.drag) this.cancel();
      else this.stage.el.focus({ preventScroll: true });
    } else if (!this.isEditable) {
      return;
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.on.remove(mark.mark);
    } else if (event.key === "Enter") {
      this.on.write(mark.mark);
    } else if (ARROWS[event.key]) {
      const [dx, dy] = ARROWS[event.key];
      const moved = this.dragged(mark, event.shiftKey ? "end" : null, dx * step, dy * step);
      this.marks = this.marks.map((one) => (one.mark === mark.mark ? moved : one));
      this.draw();
      this.tell(`moved ${words(moved)}`);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab would delete or leave the cell
  }

  tell(said) {
    this.on.announce(said[0].toUpperCase() + said.slice(1));
    this.on.change(this.marks);
  }
}

const markOf = (node) => node?.closest?.("[data-mark]")?.dataset.mark || null;
const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
