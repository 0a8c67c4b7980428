// How background is taken: one choice for all shapes of the analysis; a change is a gesture like any other.
import { h, field } from "../dom.js";

const METHODS = { median: "Median of the border", average: "Average of the border", none: "None" };
const SIDES = { all: "All sides", top_bottom: "Top and bottom", left_right: "Left and right" };
const options = (words) => Object.entries(words).map(([value, word]) => h("option", { value }, word));

export function backgroundControls(onchange) {
  const method = h("select", {}, options(METHODS));
  const size = h("input", { type: "number", min: 1, max: 5, step: 1, class: "bl-number" });
  const sides = h("select", {}, options(SIDES));
  const el = h("div", { class: "bl-bar", role: "group", "aria-label": "Background" },
    h("span", {}, "Background:"), field("Method", method), field("Border, px", size), field("Sides", sides));
  const told = () => {
    const width = Math.min(5, Math.max(1, Math.round(Number(size.value)) || 3));
    onchange({ method: method.value, width, sides: sides.value });
  };
  for (const control of [method, size, sides]) control.addEventListener("change", told);
  function show(background, isEditable) {
    method.value = background.method;
    if (document.activeElement !== size) size.value = background.width;
    sides.value = background.sides;
    for (const control of [method, size, sides]) control.disabled = !isEditable;
    size.disabled ||= background.method === "none";
    sides.disabled ||= background.method === "none";
  }
  return { el, show };
}

export const backgroundWords = (b) => (b.method === "none" ? "no background" : `${METHODS[b.method].toLowerCase()}, ${b.width} px, ${SIDES[b.sides].toLowerCase()}`);
