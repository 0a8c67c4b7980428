// Acquisitions: the exposures of a study, what they are of, and their images.
import { h } from "../dom.js";
import { statusChip } from "../frame.js";
import { command, utc } from "../format.js";
import { copyButton } from "../copy_button.js";
import { VersionForm, plainInputs } from "../version_form.js";
import { placeInputs } from "./place.js";
import { Section, table } from "./section.js";
import { changeButton } from "./samples.js";
import { probingWords } from "./words.js";

export function acquisitions(page) {
  const section = new Section({ title: "Acquisitions and images", place: `${page.id}.acquisitions`, open: (id) => form(id) });
  const find = (id) => page.view.contents.acquisitions.find((one) => one.acquisition === id);

  function form(id) {
    const known = find(id);
    if (!known) return null;
    const place = placeInputs(page.view.contents);
    const { el } = plainInputs([["membrane", "Membrane", place.membrane], ["probing", "Probing round", place.probing]]);
    const same = () => { const seen = find(id) || known; return place.read().membrane === seen.membrane && place.read().probing === seen.probing; };
    return new VersionForm({
      ...page.common, place: `${page.id}.acquisition.${id}`, title: `Place of ${id}`, action: "acquisition.edit", command: "place_acquisition", reasons: page.view.reasons,
      seen: { id, version: known.version }, fixed: { record: id }, inputs: { el, read: place.read, fill: place.fill, whyNot: () => (same() ? "It is of this membrane and probing round already." : ""), refresh: (view) => place.set(view.contents) },
      initial: known, verb: "Save the place", find: (one) => { const now = find(one); return now && { version: now.version, values: now }; },
      said: (saved) => [`${saved.acquisition} is now of ${saved.probing || saved.membrane || "no membrane"}, exposure ${saved.exposure}`, saved.acquisition],
      onsaved: () => section.close(), onend: () => section.close(),
    });
  }

  section.update = (view) => {
    const why = page.whyNot("acquisition.edit");
    const { acquisitions: rows, membranes, probings } = view.contents;
    const named = new Map([...membranes.map((one) => [one.membrane, one.name]), ...probings.map((one) => [one.probing, probingWords(one)])]);
    const placed = (one) => [one.membrane && h("div", {}, h("code", {}, one.membrane), ` ${named.get(one.membrane) || ""}`), one.probing && h("div", {}, h("code", {}, one.probing), ` ${named.get(one.probing) || ""}`), !one.membrane && "not said"];
    const acquired = new Set(rows.flatMap((one) => one.images));
    const derived = Object.keys(view.images).filter((image) => !acquired.has(image));
    section.draw({ count: rows.length, key: [rows, membranes, probings, view.images, why], draw: () => [table(["Acquisition", "Is of", "Exposure", "When", "Images", ""], [...rows].reverse().map((one) => h("tr", { "data-record": one.acquisition },
      h("th", { scope: "row" }, h("code", {}, one.acquisition), h("div", { class: "bl-hint" }, one.provenance)), h("td", { class: "bl-text" }, placed(one)), h("td", {}, one.exposure), h("td", {}, utc(one.made_at)),
      h("td", { class: "bl-text bl-broad" }, one.images.map((image) => imageLine(page.frame, image, view.images[image]))), h("td", { class: "bl-row-tools" }, changeButton(one.acquisition, why, () => section.toggle(one.acquisition), "Change place…")))),
    { label: "Acquisitions and images", empty: "No images yet. ImportImage() brings one in." }),
    derived.length ? h("div", { class: "bl-part" }, h("h4", {}, "Made from other images"), derived.map((image) => imageLine(page.frame, image, view.images[image]))) : null].filter(Boolean) }, view);
  };
  return section;
}

function imageLine(frame, image, row) {
  const open = command("ImageViewer", "image", image);
  return h("div", {}, row && h("div", {}, row.title, " ", statusChip(row.status)), h("div", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, open), copyButton(frame, open)));
}
