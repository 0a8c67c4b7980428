// How background is taken: one choice for all shapes of the analysis; a change is a gesture like any other.
import { h, field, redrawn } from "../dom.js";

const METHODS = {
  median: ["Median of the border", "The middle count of the border's pixels: a speck in the border changes it little."],
  average: ["Average of the border", "The mean count of the border's pixels."],
  lane: ["Lane", "The lowest rows of the lane profile between the shapes of the same columns, joined by straight lines."],
  user_defined: ["Shapes that I choose", "The mean of all pixels of the chosen shapes: a large one counts more. They are measured like the others."],
  column_wise: ["Column-wise linear", "In each column the line from the mean above the shape to the mean below it: a lane's smear is taken away as it is there."],
  rolling_ball: ["Rolling ball", "A ball rolls under the counts, with ImageJ's steps. Its radius is at least that of the widest band. The border gives the noise for SNR."],
  none: ["None", "No Signal and no SNR: use Total."],
};
const SIDES = { all: "All sides", top_bottom: "Top and bottom", left_right: "Left and right" };
const LEFT_OUT = " Pixels in another shape or outside the image are left out and counted.";
/** Which controls a method has. */
const USES = { median: ["width", "sides"], average: ["width", "sides"], lane: ["reach"], user_defined: ["shapes"], column_wise: ["width"], rolling_ball: ["radius", "width", "sides"], none: [] };
const options = (words) => Object.entries(words).map(([value, word]) => h("option", { value }, word));
const number = (least, most, step, given) => h("input", { type: "number", min: least, max: most, step, value: given, class: "bl-number" });

export function backgroundControls(onchange) {
  const method = h("select", {}, options(Object.fromEntries(Object.entries(METHODS).map(([name, [word]]) => [name, word]))));
  const inputs = { width: number(1, 5, 1, 3), sides: h("select", {}, options(SIDES)), radius: number(1, 500, 0.5, 50), reach: number(1, 20000, 1, 100) };
  const fields = { width: field("Border, px", inputs.width), sides: field("Sides", inputs.sides), radius: field("Radius, px", inputs.radius), reach: field("Beyond the bands, px", inputs.reach) };
  const choice = h("div", { class: "bl-bar", role: "group", "aria-label": "Background shapes" });
  const help = h("p", { class: "bl-hint" });
  const el = h("div", { role: "group", "aria-label": "Background" },
    h("div", { class: "bl-bar" }, h("span", {}, "Background:"), field("Method", method), Object.values(fields)), choice, help);
  let shown = { background: null, isEditable: false, shapes: [] };
  let chosen = []; // background shapes

  const bounded = (input, standard) => {
    const value = Math.min(Number(input.max), Math.max(Number(input.min), Number(input.value) || standard));
    return Number(input.step) === 1 ? Math.round(value) : value;
  };
  const told = () => {
    const uses = USES[method.value];
    const out = { method: method.value, width: bounded(inputs.width, 3), sides: inputs.sides.value };
    if (uses.includes("radius")) out.radius = bounded(inputs.radius, 50);
    if (uses.includes("reach")) out.reach = bounded(inputs.reach, 100);
    if (uses.includes("shapes")) out.shapes = [...chosen];
    return out;
  };
  /** Shapes are chosen before they are background: without any nothing is sent. */
  const changed = () => {
    draw();
    if (method.value !== "user_defined" || chosen.length) onchange(told());
  };
  for (const control of [method, ...Object.values(inputs)]) control.addEventListener("change", changed);
  const tick = (id, isOn) => {
    chosen = shown.shapes.map((s) => s.shape).filter((one) => (one === id ? isOn : chosen.includes(one)));
    if (chosen.length) changed();
    else draw(); // the last one stays background until another is chosen
  };

  function draw() {
    const uses = USES[method.value];
    for (const [name, place] of Object.entries(fields)) {
      place.hidden = !uses.includes(name);
      inputs[name].disabled = !shown.isEditable;
    }
    method.disabled = !shown.isEditable;
    choice.hidden = !uses.includes("shapes");
    redrawn(choice, [chosen, shown.shapes.map((s) => [s.shape, s.label]), shown.isEditable], () => [h("span", {}, "Background shapes:"),
      shown.shapes.map((s) => {
        const box = h("input", { type: "checkbox", checked: chosen.includes(s.shape), disabled: !shown.isEditable, onchange: () => tick(s.shape, box.checked) });
        return h("label", {}, box, ` ${s.label || s.shape}`);
      })]);
    const waits = method.value === "user_defined" && !chosen.length ? " Choose at least one shape; until then the background stays as it is." : "";
    help.textContent = METHODS[method.value][1] + (uses.includes("width") ? LEFT_OUT : "") + waits;
  }

  function show(background, isEditable, shapes) {
    const isNew = JSON.stringify(background) !== JSON.stringify(shown.background);
    shown = { background, isEditable, shapes };
    if (isNew) {
      method.value = background.method;
      for (const [name, input] of Object.entries(inputs)) if (background[name] !== undefined && document.activeElement !== input) input.value = background[name];
      chosen = [...(background.shapes || [])];
    }
    draw();
  }
  return { el, show };
}

/** In words, with the labels of background shapes. */
export function backgroundWords(b) {
  const border = `${b.width} px, ${SIDES[b.sides].toLowerCase()}`;
  const word = METHODS[b.method][0].toLowerCase();
  return {
    none: "no background", lane: `lane, ${b.reach} px beyond its bands`, user_defined: `user-defined, ${(b.shapes || []).join(", ")}`,
    column_wise: `${word}, ${b.width} px above and below`, rolling_ball: `${word}, radius ${b.radius} px`,
  }[b.method] || `${word}, ${border}`;
}
