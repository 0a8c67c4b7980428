// The tool bar over the image. Every button is also reachable from the keyboard; one that can't be pressed says why.
import { h, button, disable } from "../dom.js";

const KINDS = {
  rectangle: ["Rectangle", "Drag over a band to draw a rectangle"], ellipse: ["Ellipse", "Drag over a dot to draw an ellipse"],
  polygon: ["Polygon", "Press at each corner; at the first one again, or Enter, ends it; Escape gives it up. By keyboard, on the image: Space, then arrows and Space at each corner"],
  freehand: ["Freehand", "Draw around what is measured with the button held"],
};
const ADD = "Without a mouse: puts one in the middle; arrows move it, Shift and arrows resize it, [ and ] turn an ellipse, Tab goes on to the corners of a polygon";

export function toolbar(on) {
  const select = h("button", { type: "button", class: "bl-button", "aria-pressed": "true", title: "Select and move shapes; drag the image to pan" }, "Select");
  const draw = h("button", { type: "button", class: "bl-button", "aria-pressed": "false" }, "Draw");
  const kind = h("select", { "aria-label": "Kind of shape" }, Object.entries(KINDS).map(([value, [word]]) => h("option", { value }, word)));
  const add = button("Add rectangle", () => on.add(kind.value));
  const duplicate = button("Duplicate", on.duplicate);
  const grid = button("Grid…", on.grid);
  const rename = button("Rename", on.rename);
  const remove = button("Delete", on.remove);
  const undo = button("Undo", on.undo);
  const choose = (tool) => {
    select.setAttribute("aria-pressed", String(tool === "select"));
    draw.setAttribute("aria-pressed", String(tool === "draw"));
    on.tool(tool, kind.value);
  };
  kind.addEventListener("change", () => {
    add.textContent = `Add ${kind.value === "freehand" ? "polygon" : kind.value}`;
    choose("draw");
  });
  select.addEventListener("click", () => choose("select"));
  draw.addEventListener("click", () => { if (draw.getAttribute("aria-disabled") !== "true") choose("draw"); });
  const el = h("div", { class: "bl-bar", role: "toolbar", "aria-label": "Shapes and zoom" },
    h("span", { class: "bl-group" }, select, draw, kind), h("span", { class: "bl-group" }, add, duplicate, grid, rename, remove, undo),
    h("span", { class: "bl-group bl-right" }, button("−", () => on.zoom(0.8), { title: "Zoom out (-)" }),
      button("Fit", on.fit, { title: "Whole image (0)" }), button("1:1", on.actual, { title: "One image pixel is one screen pixel" }),
      button("+", () => on.zoom(1.25), { title: "Zoom in (+)" })));
  function show({ whyNot, selected, canUndo, past }) {
    for (const node of [draw, add]) disable(node, whyNot);
    if (!whyNot) {
      draw.title = KINDS[kind.value][1];
      add.title = ADD;
    }
    kind.disabled = Boolean(whyNot);
    const noShape = whyNot || (selected ? "" : "Select a shape first.");
    for (const node of [duplicate, grid, rename, remove]) disable(node, noShape);
    disable(undo, whyNot || (canUndo ? "" : "Nothing to undo in this sitting."));
    if (canUndo) undo.title = `Undo: ${past}`;
  }
  return { el, show, choose };
}

/** A question in the page (never a browser dialog): resolves to the text, true, or null. */
export function ask(place, { text, yes, input = null }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const done = (value) => {
      el.remove();
      before?.focus?.({ preventScroll: true });
      resolve(value);
    };
    const box = input === null ? null : h("input", { type: "text", value: input, maxlength: "80", "aria-label": text });
    const agree = button(yes, () => done(box ? box.value.trim() : true), { kind: "bl-primary" });
    const el = h("div", { class: "bl-ask", role: "alertdialog", "aria-label": text }, h("span", {}, text), box, agree, button("Cancel", () => done(null)));
    el.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") done(null);
      if (event.key === "Enter" && event.target === box) { event.preventDefault(); done(box.value.trim()); }
    });
    place.append(el);
    (box || agree).focus();
    box?.select();
  });
}
