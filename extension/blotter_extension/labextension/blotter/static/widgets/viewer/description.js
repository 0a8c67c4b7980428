// What is said about an image: the facts of its file, and the title and channel that people give it.
import { h, button, replace } from "../dom.js";
import { bytes, count, imageFormat } from "../format.js";
import { VersionForm, plainInputs, text } from "../version_form.js";

const ACTION = "image.metadata.edit";

export function description({ frame, channel, reload, image }) {
  const slot = h("div");
  const line = h("p", { class: "bl-facts" });
  const edit = button("Title and channel…", () => open());
  const el = h("div", { class: "bl-stack" }, h("div", { class: "bl-bar" }, line, h("span", { class: "bl-right" }, edit)), slot);
  let view;
  let form = null;

  const close = () => { form = null; replace(slot); edit.focus({ preventScroll: true }); };
  function open() {
    if (form) { form.focus(); return; }
    const inputs = plainInputs([["title", "Title", text(200)], ["channel", "Channel", text(60), "700 nm, ECL …"]],
      { whyNot: (v) => (v.title === view.image.title && v.channel === view.image.channel ? "Nothing is changed." : "") });
    form = new VersionForm({
      frame, channel, reload, place: `${image}.description`, title: `Title and channel of ${image}`, action: ACTION, command: "describe", reasons: view.reasons,
      seen: { id: image, version: view.image.version }, inputs, initial: view.image, verb: "Save title and channel",
      find: () => ({ version: view.image.version, values: view.image }), said: (saved) => [`${saved.image} is described as “${saved.title}”${saved.channel ? `, ${saved.channel}` : ""}`, saved.image],
      onsaved: close, onend: close,
    });
    replace(slot, form.el);
    form.focus();
  }

  function update(given) {
    view = given;
    replace(line, facts(view.image));
    const why = view.actions.includes(ACTION) ? "" : "None of your roles allows describing images.";
    edit.hidden = Boolean(why);
    form?.refresh(view);
  }
  return { el, update };
}

/** The image in short; the viewer's tools are about its counts. */
function facts(image) {
  const list = [
    image.title && h("strong", {}, image.title), image.channel, image.file_name, imageFormat(image), `${image.columns} × ${image.rows} px`, image.bits === 32 ? "32-bit floats" : `${image.bits}-bit`, image.compression && image.compression !== "none" && `${image.compression} compression`, bytes(image.file_bytes),
    image.is_picture && h("strong", {}, "A picture, not for quantification"),
    ...image.seen_before.map((one) => h("strong", { title: "Found when the image was imported" }, `⚠ Seen before: ${one.words}`)),
    image.white_is_zero && "WhiteIsZero: the file asks to show 0 as white; counts are the values as stored",
    `saturated from ${count(image.saturation_level)} counts`, origin(image), image.study, image.probing || image.membrane,
  ].filter(Boolean);
  return [list.map((part) => h("span", {}, part)), h("code", { title: `SHA-256 of the file: ${image.file_sha256}` }, image.file_sha256.slice(0, 12))];
}

function origin(image) {
  if (image.provenance === "acquired") return `acquired on a registered instrument, ${image.acquisition}`;
  if (!image.parent) return `${image.provenance}, instrument not verified`;
  const { name, ...how } = image.transform;
  return `made from ${image.parent}: ${name} ${Object.entries(how).map(([key, value]) => `${key} ${value}`).join(", ")}`;
}
