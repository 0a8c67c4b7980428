// Studies: which there are, making one, and searching in all that one may see.
import { h, replace } from "./dom.js";
import { mountPage } from "./frame.js";
import { command } from "./format.js";
import { copyButton } from "./copy_button.js";
import { VersionForm, choice, plainInputs, text } from "./version_form.js";
import { RecordSearch } from "./study/search.js";
import { Section, table } from "./study/section.js";
import { choices, word } from "./study/words.js";

export const mount = (where) => mountPage(where, "Studies", Page);

class Page {
  constructor(frame, channel, view, reload) {
    Object.assign(this, { frame, channel, view, reload });
    this.studies = new Section({ title: "Studies", place: "studies", add: "Make a study…", open: () => this.form() });
    this.search = new RecordSearch(frame, channel, view);
    replace(frame.body, h("div", { class: "bl-stack bl-sections" }, this.studies.el, this.search.el));
  }

  update(view) {
    this.view = view;
    const rows = view.studies;
    this.frame.describe({ version: `${rows.length} stud${rows.length === 1 ? "y" : "ies"}` });
    const why = view.may_create ? "" : "None of your roles allows making a study: a Supervisor or a Records Manager does.";
    this.studies.draw({ why, key: rows, draw: () => table(["Study", "Title", "Kind", "Members", "Images", "Results", "Open it with"], rows.map((one) => row(this.frame, one)),
      { label: "Studies", empty: view.may_create ? "No study that you may see. Make one: images belong to studies." : "No study that you may see. Whoever leads a study adds you to it." }) }, view);
    this.search.update(view);
  }

  form() {
    if (!this.view.may_create) return null;
    const inputs = plainInputs([["title", "Title", text(120)], ["kind", "Kind", choice([["", "choose…"], ...choices(this.view.kinds)]), "stays as it is"], ["purpose", "Purpose", h("textarea", { rows: 2, maxlength: "2000" })]],
      { whyNot: (v) => (!v.title ? "Give the study a title." : !v.kind ? "Choose GxP or Development: it can't be changed later." : "") });
    return new StudyForm({
      frame: this.frame, channel: this.channel, reload: this.reload, place: "study.new", title: "A new study", action: "study.create", command: "create", reasons: this.view.reasons,
      seen: { id: "", version: 0 }, inputs, initial: {}, verb: "Make the study", find: () => null,
      said: (made) => [`${made.study} “${made.title}” was made; you are its first member. Open it with ${command("Study", "study", made.study)}`, made.study],
      onsaved: () => this.studies.close(), onend: () => this.studies.close(),
    });
  }
}

/** A study is made, not saved as a version of anything. */
class StudyForm extends VersionForm {
  request() {
    const { expected_version, ...request } = super.request();
    return request;
  }
}

function row(frame, one) {
  const open = command("Study", "study", one.study);
  const shown = one.members.slice(0, 3).join(", ") + (one.members.length > 3 ? ` and ${one.members.length - 3} more` : "");
  return h("tr", { "data-record": one.study }, h("th", { scope: "row" }, h("code", {}, one.study)), h("td", { class: "bl-text" }, one.title, one.is_held ? h("span", { class: "bl-chip" }, "⚖ legal hold") : null),
    h("td", {}, word(one.kind)), h("td", { class: "bl-text bl-broad", title: one.members.join(", ") }, shown), h("td", {}, one.images), h("td", {}, one.results),
    h("td", {}, h("div", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, open), copyButton(frame, open))));
}
