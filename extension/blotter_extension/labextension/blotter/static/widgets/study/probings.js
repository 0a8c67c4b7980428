// Probing rounds: what a membrane was stained or probed with, and after stripping whether anything was left.
import { h, button, replace } from "../dom.js";
import { VersionForm, choice, labelled, text } from "../version_form.js";
import { Section, table } from "./section.js";
import { changeButton } from "./samples.js";
import { choices, probingWords } from "./words.js";

const FIELDS = [["target", "Target", 120], ["antibody", "Antibody or stain", 120], ["lot", "Lot", 120], ["dilution", "Dilution", 120], ["channel", "Channel", 120]];
const STRIPPED = "strip_and_probe";

export function probings(page) {
  const section = new Section({ title: "Probing rounds", place: `${page.id}.probings`, add: "Add a probing round…", open: (id) => form(id) });
  const find = (id) => page.view.contents.probings.find((one) => one.probing === id);

  function form(id) {
    const known = find(id);
    if (id && !known) return null;
    const inputs = probingInputs(page.view, known);
    return new VersionForm({
      ...page.common, place: `${page.id}.probing.${id}`, title: known ? `Change ${id}` : "A new probing round", action: "probing.save", command: "save_probing",
      reasons: page.view.reasons, seen: { id, version: known?.version || 0 }, fixed: known ? { record: id } : {}, inputs,
      initial: known || { membrane: page.view.contents.membranes.at(-1)?.membrane, kind: "probe", reagents: [{}] }, verb: known ? "Save the probing round" : "Add the probing round",
      find: (one) => { const now = find(one); return now && { version: now.version, values: now }; },
      said: (saved) => [`${saved.probing}, round ${saved.round} of ${saved.membrane}, was saved as version ${saved.version}`, saved.probing],
      onsaved: () => section.close(), onend: () => section.close(),
    });
  }

  section.update = (view) => {
    const { membranes, probings: rows } = view.contents;
    const may = page.whyNot("probing.save");
    const why = may || (membranes.length ? "" : "Add a membrane first: a round is of one.");
    section.draw({ count: rows.length, why, key: [rows, may], draw: () => table(["Round", "Membrane", "What", "Reagents", "Strip check", "Saved by", ""], rows.map((one) => h("tr", { "data-record": one.probing },
      h("th", { scope: "row" }, h("code", {}, one.probing)), h("td", {}, one.membrane), h("td", { class: "bl-text" }, probingWords(one)),
      h("td", { class: "bl-text" }, one.reagents.map((reagent) => h("div", {}, reagentWords(reagent)))), h("td", { class: "bl-text" }, stripWords(one.strip_check)), h("td", {}, `${one.saved_by}, version ${one.version}`),
      h("td", { class: "bl-row-tools" }, changeButton(one.probing, may, () => section.toggle(one.probing))))), { label: "Probing rounds", empty: "No rounds yet. A round says with what a membrane was probed before its exposures." }) }, view);
  };
  return section;
}

const reagentWords = (one) => [one.target, one.antibody, one.lot && `lot ${one.lot}`, one.dilution, one.channel].filter(Boolean).join(", ");
const stripWords = (check) => (!check ? "–" : `${check.is_clean ? "✓ clean" : "✕ something was left"}${check.image ? `, ${check.image}` : ""}${check.note ? `: ${check.note}` : ""}`);

function probingInputs(view, known) {
  const membraneChoices = (now) => now.contents.membranes.map((one) => [one.membrane, `${one.name} · ${one.membrane}`]);
  const membrane = choice(membraneChoices(view));
  membrane.disabled = Boolean(known); // a round stays with its membrane
  const kind = choice(choices(view.choices.probing));
  const rows = [];
  const place = h("tbody");
  const add = (given = {}) => {
    const row = FIELDS.map(([name, label, length]) => text(length, { "aria-label": `${label} ${rows.length + 1}`, value: given[name] || "" }));
    rows.push(row);
    const remove = button("Remove", () => { rows.splice(rows.indexOf(row), 1); line.remove(); changed(); }, { kind: "bl-quiet" });
    const line = h("tr", {}, row.map((node) => h("td", {}, node)), h("td", {}, remove));
    place.append(line);
    return row;
  };
  const reagents = h("div", { class: "bl-scroll bl-lanes", role: "region", "aria-label": "Reagents" }, h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, FIELDS.map(([, label]) => h("th", { scope: "col" }, label)), h("th"))), place));
  const clean = choice([["", "choose…"], ["yes", "clean: nothing is left"], ["no", "something is left"]]);
  const image = choice([["", "none"]]);
  const note = text(500);
  const strip = h("fieldset", { class: "bl-details" }, h("legend", {}, "After stripping"), h("div", { class: "bl-grid" },
    labelled("The membrane was", clean), labelled("Shown by", image, "image after stripping"), labelled("Note", note)));
  const el = h("div", { class: "bl-stack" }, h("div", { class: "bl-grid" }, labelled("Membrane", membrane), labelled("What was done", kind)), reagents,
    h("div", {}, button("Another reagent", () => { add()[0].focus(); changed(); })), strip);
  const changed = () => { fit(); el.dispatchEvent(new Event("input", { bubbles: true })); };
  const fit = () => { strip.hidden = kind.value !== STRIPPED; };
  kind.addEventListener("input", fit);
  const read = () => ({
    membrane: membrane.value, kind: kind.value,
    reagents: rows.map((row) => Object.fromEntries(FIELDS.map(([name], at) => [name, row[at].value.trim()]))).filter((row) => Object.values(row).some(Boolean)),
    strip_check: kind.value === STRIPPED ? { is_clean: clean.value ? clean.value === "yes" : null, image: image.value || null, note: note.value.trim() } : null,
  });
  return {
    el, read,
    fill: (given) => {
      membrane.value = given.membrane || membrane.value;
      kind.value = given.kind;
      rows.length = 0;
      replace(place);
      for (const row of given.reagents?.length ? given.reagents : [{}]) add(row);
      refreshImages(view);
      clean.value = { true: "yes", false: "no" }[given.strip_check?.is_clean] || "";
      image.value = given.strip_check?.image || "";
      note.value = given.strip_check?.note || "";
      fit();
    },
    whyNot: () => {
      if (read().reagents.some((row) => !row.target)) return "Name the target of each reagent.";
      return kind.value === STRIPPED && !clean.value ? "Say whether the membrane was clean after stripping." : "";
    },
    refresh: (now) => { membrane.set(membraneChoices(now)); refreshImages(now); },
  };

  function refreshImages(now) {
    image.set([["", "none"], ...Object.entries(now.images).map(([name, row]) => [name, `${name} ${row.title}`])]);
  }
}
