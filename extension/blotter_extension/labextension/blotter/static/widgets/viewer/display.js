// How the counts are shown: window, gamma, inversion, colours, a channel laid over. Nothing here changes a number.
import { h, button, disable, field } from "../dom.js";
import { forget, keyFor } from "../drafts.js";
import { COLOURS } from "./colours.js";

// Green and magenta stay two for all kinds of colour vision.
const OVER = { own: "green", other: "magenta" };

/** Window of an image to begin with: 0.1 to 99.9 percent of the counts. */
function automatic(image) {
  return image.bits !== 32
    ? { low: Math.floor(image.percentile_0_1), high: Math.max(Math.ceil(image.percentile_99_9), Math.floor(image.percentile_0_1) + 1) }
    : { low: image.percentile_0_1, high: Math.max(image.percentile_99_9, image.percentile_0_1 + image.tile_step) };
}

/** `on`: {change(display), lay(image, display)}; `channel` and `frame` are the widget's. */
export function displayControls({ image, channel, frame, on }) {
  const onchange = on.change;
  const isWhole = image.bits !== 32;
  const bottom = isWhole ? 0 : image.minimum;
  const top = isWhole ? Math.max(image.maximum, 1) : image.minimum + 65535 * image.tile_step;
  const step = isWhole ? 1 : "any";
  const auto = automatic(image);
  // Blots and gels are read as dark bands on light: more signal is drawn darker unless switched off.
  const display = { ...auto, gamma: 1, inverted: true, saturation: null, colour: "grey" };
  let saved = null; // the version that is kept with the image, or none
  let mayNot = "";
  const changed = () => { check(); onchange(display); };

  const pair = (name, label, min, max, step) => {
    const slider = h("input", { type: "range", min, max, step, value: display[name] });
    const box = h("input", { type: "number", min, max, step, value: display[name], "aria-label": `${label}, number`, class: "bl-number" });
    const set = (value) => {
      if (!Number.isFinite(value)) return;
      display[name] = Math.min(Math.max(value, min), max);
      show();
      changed();
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
  inverted.addEventListener("change", () => { display.inverted = inverted.checked; changed(); });
  marked.addEventListener("change", () => { display.saturation = marked.checked ? image.saturation_level : null; onchange(display); });

  const colour = h("select", {}, COLOURS.map((name) => h("option", { value: name }, name)));
  colour.addEventListener("change", () => { display.colour = colour.value; changed(); });
  const others = image.file_images.filter((name) => name !== image.image);
  const over = h("select", {}, [["", "no other channel"], ...others.map((name) => [name, name])].map(([value, text]) => h("option", { value }, text)));
  over.addEventListener("change", () => lay(over.value));
  const save = button("Save display", () => keep(), { title: "Keeps window, gamma and colour with the image, as a version" });

  async function lay(name) {
    try {
      const other = name && (await channel.ask("other_channel", { image: name }));
      Object.assign(display, other ? { colour: OVER.own, inverted: false } : { colour: saved?.colour || "grey", inverted: saved ? saved.is_inverted : true });
      on.lay(other || null, other && { ...automatic(other), gamma: 1, inverted: false, saturation: null, colour: OVER.other });
    } catch (error) {
      over.value = "";
      frame.failed(error, { unknown: "Nothing was changed." });
    }
    show();
    changed();
  }

  const request = () => ({ low: display.low, high: display.high, gamma: display.gamma, is_inverted: display.inverted, colour: display.colour });
  const isSaved = () => saved !== null && Object.entries(request()).every(([name, value]) => saved[name] === value);

  async function keep() {
    const asked = { expected_version: saved?.version || 0, ...request() };
    const place = `display.${image.image}`;
    try {
      const view = await channel.ask("save_display", { request: { ...asked, idempotency_key: keyFor(place, asked) } });
      forget(place);
      saved = view;
      frame.did(`The display of ${image.image} was saved as version ${view.version}`, view.entry, { record: view.display });
    } catch (error) {
      frame.failed(error, { retry: keep, unknown: "Trying again sends the same request, so it will not be saved twice." });
    }
    check();
  }

  function check() {
    disable(save, mayNot || (over.value ? "Take the other channel away first: a display is of one image." : "") || (isSaved() ? "This display is saved." : ""));
  }

  /** What the service says: the saved display, which is shown when the viewer opens, and whether one may be saved. */
  function update(view) {
    const isFirst = saved === null && view.display !== null;
    saved = view.display;
    mayNot = view.actions.includes("image.display.save") ? "" : "None of your roles allows saving a display.";
    if (isFirst) {
      Object.assign(display, { low: saved.low, high: saved.high, gamma: saved.gamma, inverted: saved.is_inverted, colour: saved.colour });
      show();
      onchange(display);
    }
    check();
  }

  function show() {
    for (const [control, name] of [[low, "low"], [high, "high"], [gamma, "gamma"]]) {
      control.slider.value = display[name];
      control.box.value = display[name];
    }
    inverted.checked = display.inverted;
    colour.value = display.colour;
    marked.checked = display.saturation !== null;
  }
  show();
  const el = h("div", { class: "bl-bar", role: "group", "aria-label": "Display" },
    low.el, high.el, gamma.el,
    h("label", { class: "bl-check" }, inverted, " Dark bands on light"),
    h("label", { class: "bl-check" }, marked, " Mark saturated"),
    field("Colour", colour), others.length > 0 && field("Lay over", over),
    button("Auto", () => { Object.assign(display, auto, { gamma: 1 }); show(); changed(); }, { title: "0.1 to 99.9 percent of the counts" }), save);
  return { el, display, update };
}
