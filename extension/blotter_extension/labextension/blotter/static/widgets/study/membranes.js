// Gels, membranes and plates of a study, with what was loaded in their lanes.
import { h } from "../dom.js";
import { VersionForm, choice, plainInputs, text } from "../version_form.js";
import { lanePaste } from "./lane_paste.js";
import { LaneTable, laneList, laneWords } from "./lanes.js";
import { Section } from "./section.js";
import { changeButton } from "./samples.js";
import { choices, word } from "./words.js";

export function membranes(page) {
  const section = new Section({ title: "Gels, membranes and plates", place: `${page.id}.membranes`, add: "Add a membrane…", open: (id) => form(id) });
  const find = (id) => page.view.contents.membranes.find((one) => one.membrane === id);
  const parents = (id) => [["", "not cut from another"], ...page.view.contents.membranes.filter((one) => one.membrane !== id).map((one) => [one.membrane, `${one.name} · ${one.membrane}`])];

  function form(id) {
    const known = find(id);
    if (id && !known) return null;
    const lanes = new LaneTable(page.view.contents.samples);
    const parent = choice(parents(id));
    const cut = text(120, { placeholder: "above 50 kDa" });
    const head = plainInputs([
      ["name", "Name", text(120)], ["kind", "Kind", choice(choices(page.view.choices.membrane))], ["parent", "Cut from", parent], ["cut", "Which part", cut],
    ], { whyNot: (v) => (v.name ? "" : "Give it a name.") });
    const fit = () => { cut.disabled = !parent.value; };
    parent.addEventListener("input", fit);
    const inputs = {
      el: h("div", { class: "bl-stack" }, head.el, lanes.el, lanePaste({ channel: page.common.channel, onlanes: (given) => { lanes.fill(given); lanes.el.dispatchEvent(new Event("input", { bubbles: true })); } })),
      read: () => { const v = head.read(); return { study: page.id, ...v, parent: v.parent || null, cut: v.parent ? v.cut : "", lanes: lanes.read() }; },
      fill: (given) => { head.fill({ kind: "membrane", ...given }); lanes.fill(given.lanes || []); fit(); },
      whyNot: () => head.whyNot() || lanes.whyNot(),
      refresh: (view) => { lanes.refresh(view.contents.samples); parent.set(parents(id)); },
    };
    return new VersionForm({
      ...page.common, place: `${page.id}.membrane.${id}`, title: known ? `Change ${id}` : "A new gel, membrane or plate", action: "membrane.save", command: "save_membrane",
      reasons: page.view.reasons, seen: { id, version: known?.version || 0 }, fixed: known ? { record: id } : {}, inputs, initial: known || {}, verb: known ? "Save the membrane" : "Add the membrane",
      find: (one) => { const now = find(one); return now && { version: now.version, values: now }; },
      said: (saved) => [`${saved.membrane} “${saved.name}” was saved as version ${saved.version}, with ${laneWords(saved.lanes)}`, saved.membrane],
      onsaved: () => section.close(), onend: () => section.close(),
    });
  }

  section.update = (view) => {
    const why = page.whyNot("membrane.save");
    const { membranes: rows, samples } = view.contents;
    section.draw({ count: rows.length, why, key: [rows, samples, why], draw: () => (rows.length ? rows.map((one) => card(one, samples, why)) : h("p", { class: "bl-hint" }, "None yet. Each lane says what was loaded: a sample, a ladder, or nothing.")) }, view);
  };

  function card(one, samples, why) {
    return h("div", { class: "bl-part", "data-record": one.membrane },
      h("div", { class: "bl-bar" }, h("code", {}, one.membrane), h("strong", {}, one.name), h("span", { class: "bl-soft" }, word(one.kind)),
        one.parent && h("span", { class: "bl-soft" }, `cut from ${one.parent}${one.cut ? `: ${one.cut}` : ""}`), h("span", { class: "bl-hint" }, `${one.saved_by}, version ${one.version}`),
        h("span", { class: "bl-right bl-row-tools" }, changeButton(one.membrane, why, () => section.toggle(one.membrane)))),
      one.lanes.length ? h("details", {}, h("summary", {}, laneWords(one.lanes)), h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": `Lanes of ${one.membrane}` }, laneList(one.lanes, samples)))
        : h("p", { class: "bl-hint" }, "No lane says what was loaded."));
  }
  return section;
}
