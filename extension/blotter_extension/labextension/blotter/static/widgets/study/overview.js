// What a study is: title, kind, purpose, how long it is kept, whether a legal hold is set.
import { h, button } from "../dom.js";
import { utc } from "../format.js";
import { SignedForm } from "../signed_form.js";
import { VersionForm, number, plainInputs, text } from "../version_form.js";
import { Section } from "./section.js";
import { word } from "./words.js";

const SET = "record.hold.set";
const RELEASE = "record.hold.release";
const RETENTION = "retention.edit";
const EDIT = "study.edit";

export function overview(page) {
  const section = new Section({ title: "About the study", place: `${page.id}.overview`, open: (id) => (id === EDIT ? description() : signed(id)) });

  function description() {
    const { study } = page.view;
    const inputs = plainInputs([["title", "Title", text(120)], ["purpose", "Purpose", h("textarea", { rows: 2, maxlength: "2000" })]], { whyNot: (v) => (v.title ? "" : "A study has a title.") });
    inputs.el.classList.add("bl-single");
    return new VersionForm({
      ...page.common, place: `${page.id}.description`, title: "Title and purpose", action: EDIT, command: "save_description", reasons: page.view.reasons,
      seen: { id: page.id, version: study.version }, inputs, initial: study, verb: "Save title and purpose", find: () => ({ version: page.view.study.version, values: page.view.study }),
      said: (saved) => [`${saved.study} was saved as version ${saved.version}`, saved.study], onsaved: () => section.close(), onend: () => section.close(),
    });
  }

  function signed(action) {
    const inputs = action === RETENTION ? plainInputs([["retention_class", "Class", text(60), "as your laboratory names it"], ["years", "Kept for (years)", number(1, 99)]],
      { read: (v) => ({ retention_class: v.retention_class, years: Number(v.years) }), whyNot: (v) => (v.retention_class.length < 2 ? "Name the class." : !/^[1-9]\d?$/.test(v.years) ? "Years are a whole number from 1 to 99." : "") }) : null;
    const { study, labels } = page.view;
    return new SignedForm({ page: page.signing, place: `${page.id}.${action}`, title: labels[action], label: () => `${labels[action]}: ${page.id}`, action, reasons: page.view.reasons, reload: page.reload,
      inputs, initial: { retention_class: study.retention_class, years: study.retention_years }, onend: () => section.close() });
  }

  section.update = (view) => {
    const { study } = view;
    const tools = [[EDIT, "Change title and purpose…"], [RETENTION, "Change retention…"], study.hold ? [RELEASE, "Release the hold…"] : [SET, "Set a legal hold…"]].filter(([action]) => study.actions.includes(action));
    section.draw({ key: [study, tools], draw: () => [
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Title"), h("dd", {}, study.title), h("dt", {}, "Kind"), h("dd", {}, word(study.kind)), h("dt", {}, "Purpose"), h("dd", {}, study.purpose || "not said"),
        h("dt", {}, "Made by"), h("dd", {}, `${study.created_by}, ${utc(study.created_at)}`), h("dt", {}, "Holds"), h("dd", {}, `${study.images} image${study.images === 1 ? "" : "s"}, ${study.results} result${study.results === 1 ? "" : "s"}`),
        h("dt", {}, "Kept"), h("dd", {}, `${study.retention_years} year${study.retention_years === 1 ? "" : "s"} (${study.retention_class})`), h("dt", {}, "Legal hold"), h("dd", {}, study.hold ? h("strong", {}, `⚖ set by ${study.hold.by}: ${study.hold.reason} (${study.hold.signature})`) : "none"),
        study.copied_from && [h("dt", {}, "Copied from"), h("dd", {}, Object.values(study.copied_from).join(", "))]),
      tools.length ? h("div", { class: "bl-bar" }, tools.map(([action, label]) => button(label, () => section.toggle(action)))) : null,
    ].filter(Boolean) }, view);
  };
  return section;
}
