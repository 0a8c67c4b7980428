// Samples of a study: each is one biological replicate of a group.
import { h, button } from "../dom.js";
import { VersionForm, number, plainInputs, text } from "../version_form.js";
import { Section, table } from "./section.js";

export const sampleWords = (sample) => [sample.name, sample.group, `bio. replicate ${sample.biological_replicate}`, sample.sample].filter(Boolean).join(" · ");

export function samples(page) {
  const section = new Section({ title: "Samples", place: `${page.id}.samples`, add: "Add a sample…", open: (id) => form(id) });
  const find = (id) => page.view.contents.samples.find((one) => one.sample === id);

  function form(id) {
    const known = find(id);
    if (id && !known) return null;
    const group = text(120);
    const inputs = plainInputs([
      ["name", "Name", text(120)], ["group", "Group", group, "treatment, genotype …"],
      ["biological_replicate", "Biological replicate", number(1, 10000)], ["note", "Note", text(2000)],
    ], { whyNot: (v) => (!v.name ? "Give the sample a name." : !/^[1-9]\d*$/.test(v.biological_replicate) ? "The biological replicate is a whole number from 1 on." : ""),
      read: (v) => ({ study: page.id, ...v, biological_replicate: Number(v.biological_replicate) }) });
    const last = page.view.contents.samples.at(-1);
    return new VersionForm({
      ...page.common, place: `${page.id}.sample.${id}`, title: known ? `Change ${id}` : "A new sample", action: "sample.save", command: "save_sample",
      reasons: page.view.reasons, seen: { id, version: known?.version || 0 }, fixed: known ? { record: id } : {}, inputs,
      initial: known || { biological_replicate: 1, group: last?.group || "" }, verb: known ? "Save the sample" : "Add the sample",
      find: (one) => { const now = find(one); return now && { version: now.version, values: now }; },
      said: (saved) => [`${saved.sample} “${saved.name}” was saved as version ${saved.version}`, saved.sample],
      // Samples come in rows: the form stays open for the next one.
      onsaved: (saved) => { section.close({ focus: Boolean(known) }); if (!known) { section.show(""); section.form.inputs.fill({ group: saved.group, biological_replicate: 1 }); section.form.check(); section.form.focus(); } },
      onend: () => section.close(),
    });
  }

  section.update = (view) => {
    const why = page.whyNot("sample.save");
    const rows = view.contents.samples;
    section.draw({ count: rows.length, why, key: [rows, why], draw: () => table(["Sample", "Name", "Group", "Biological replicate", "Note", "Saved by", ""],
      rows.map((one) => h("tr", { "data-record": one.sample }, h("th", { scope: "row" }, h("code", {}, one.sample)), h("td", { class: "bl-text" }, one.name), h("td", {}, one.group || "–"), h("td", {}, one.biological_replicate),
        h("td", { class: "bl-text" }, one.note || "–"), h("td", {}, `${one.saved_by}, version ${one.version}`), h("td", { class: "bl-row-tools" }, changeButton(one.sample, why, () => section.toggle(one.sample))))),
      { label: "Samples", empty: "No samples yet. A sample is what is loaded in a lane: one biological replicate." }) }, view);
  };
  return section;
}

/** “Change…” in a row, named for who can't see the row. */
export function changeButton(id, why, onclick, label = "Change…") {
  const node = button(label, onclick, { kind: "bl-quiet", why });
  node.setAttribute("aria-label", `${label.replace("…", "")} ${id}…`);
  return node;
}
