// How the counts are shown: window, gamma, inversion. Display only: nothing here changes a number.
import { h, button, field } from "../dom.js";

export function displayControls(image, onchange) {
  const isWhole = image.bits !== 32;
  const bottom = isWhole ? 0 : image.minimum;
  const top = isWhole ? Math.max(image.maximum, 1) : image.minimum + 65535 * image.tile_step;
  const step = isWhole ? 1 : "any";
  const auto = isWhole
    ? { low: Math.floor(image.percentile_0_1), high: Math.max(Math.ceil(image.percentile_99_9), Math.floor(image.percentile_0_1) + 1) }
    : { low: image.percentile_0_1, high: Math.max(image.percentile_99_9, image.percentile_0_1 + image.tile_step) };
  // Blots and gels are read as dark bands on light: more signal is drawn darker unless switched off.
  const display = { ...auto, gamma: 1, inverted: true, saturation: null };

  const pair = (name, label, min, max, step) => {
    const slider = h("input", { type: "range", min, max, step, value: display[name] });
    const box = h("input", { type: "number", min, max, step, value: display[name], "aria-label": `${label}, number`, class: "bl-number" });
    const set = (value) => {
      if (!Number.isFinite(value)) return;
      display[name] = Math.min(Math.max(value, min), max);
      show();
      onchange(display);
    };
    slider.addEventListener("input", () => set(Number(slider.value)));
    box.addEventListener("change", () => set(Number(box.value)));
    return { slider, box, el: h("div", { class: "bl-slider" }, field(label, slider), box) };
  };
  const low = pair("low", "Low, counts", bottom, top, step);
  const high = pair("high", "High, counts", isWhole ? 1 : bottom, top, step);
  const gamma = pair("gamma", "Gamma", 0.2, 5, 0.05);
  const inverted = h("input", { type: "checkbox" });
  const marked = h("input", { type: "checkbox" });
  inverted.addEventListener("change", () => { display.inverted = inverted.checked; onchange(display); });
  marked.addEventListener("change", () => { display.saturation = marked.checked ? image.saturation_level : null; onchange(display); });

  function show() {
    for (const [control, name] of [[low, "low"], [high, "high"], [gamma, "gamma"]]) {
      control.slider.value = display[name];
      control.box.value = display[name];
    }
    inverted.checked = display.inverted;
    marked.checked = display.saturation !== null;
  }
  show();
  const el = h("div", { class: "bl-bar", role: "group", "aria-label": "Display" },
    low.el, high.el, gamma.el,
    h("label", { class: "bl-check" }, inverted, " Dark bands on light"),
    h("label", { class: "bl-check" }, marked, " Mark saturated"),
    button("Auto", () => { Object.assign(display, auto, { gamma: 1 }); show(); onchange(display); }, { title: "0.1 to 99.9 percent of the counts" }));
  return { el, display };
}
