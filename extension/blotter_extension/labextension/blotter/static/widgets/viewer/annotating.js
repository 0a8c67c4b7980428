// Annotations: the switch that shows them, their tools, and keeping them as the next version of the image's layer. What is
// not kept yet stays in this tab. They change no pixel, no measurement and no digest.
import { h, button, disable } from "../dom.js";
import { isUnanswered } from "../channel.js";
import { forget, keyFor, recall, remember } from "../drafts.js";
import { ReasonControl } from "../reason.js";
import { AnnotationLayer } from "./annotations.js";
import { KINDS, MOST_MARKS, isLong, merged, sameAll } from "./marks.js";
import { ask } from "./tools.js";

const WORDS = { text: "Text", arrow: "Arrow", line: "Line", bracket: "Bracket" };

export class Annotating {
  /** `place`: where a question is put. `onpick()`: the tool of the shapes is to be put down. */
  constructor({ channel, frame, stage, view, place, announce, onpick }) {
    Object.assign(this, { channel, frame, stage, place, image: view.image.image, saved: undefined, asked: null, marks: [], isShown: true, mayNot: "" });
    this.key = `annotation.${this.image}`;
    this.layer = new AnnotationLayer(stage, {
      change: (marks) => this.changed(marks), write: (id) => this.write(id), remove: (id) => this.remove(id), select: () => this.check(), announce,
    });
    this.shown = h("input", { type: "checkbox" });
    this.shown.addEventListener("change", () => { this.isShown = this.shown.checked; this.changed(this.marks); });
    this.kind = h("select", { "aria-label": "Kind of annotation" }, KINDS.map((kind) => h("option", { value: kind }, WORDS[kind])));
    this.kind.addEventListener("change", () => { if (this.layer.kind) this.pick(true); else this.check(); });
    this.draws = button("Draw annotation", () => { const isOn = !this.layer.kind; if (isOn) onpick(); this.pick(isOn); });
    this.add = button("Add annotation", () => this.layer.addInMiddle(this.kind.value));
    this.text = button("Edit text…", () => this.write(this.layer.selected));
    this.delete = button("Delete annotation", () => this.remove(this.layer.selected));
    this.back = button("Discard changes of annotations", () => this.discard());
    this.why = new ReasonControl(view.reasons, `reason.${this.key}`);
    this.why.el.addEventListener("input", () => this.check());
    this.why.el.addEventListener("change", () => this.check());
    this.save = button("Save annotations", () => this.keep());
    this.summary = h("summary");
    this.el = h("details", { class: "bl-annotations" }, this.summary, h("div", { class: "bl-stack" },
      h("div", { class: "bl-bar", role: "group", "aria-label": "Annotations" },
        h("label", { class: "bl-check", title: "Over the image here, and in its picture in reports" }, this.shown, " Show annotations"),
        h("span", { class: "bl-group" }, this.kind, this.draws, this.add), h("span", { class: "bl-group" }, this.text, this.delete, this.back)),
      h("div", { class: "bl-bar" }, this.why.el, this.save)));
    this.pick(false);
  }

  /** What the service says. What was drawn here and not kept stays, on top of it. */
  update(view) {
    const before = this.standing;
    const kept = this.saved === undefined ? recall(this.key) : { base: before.marks, marks: this.marks, isShown: this.isShown, wasShown: before.is_shown };
    this.saved = view.annotation;
    this.mayNot = view.actions.includes(this.action) ? "" : "None of your roles allows annotating an image.";
    const { marks, is_shown: isShown } = this.standing;
    // What stands there now was asked for here: only what was done since is on top of it.
    if (kept && this.asked && sameAll(this.asked.marks, marks)) Object.assign(kept, { base: this.asked.marks, wasShown: this.asked.is_shown });
    this.marks = kept ? merged(kept.base, kept.marks, marks) : marks;
    this.isShown = kept && kept.isShown !== kept.wasShown ? kept.isShown : isShown;
    this.remember();
    this.draw();
  }

  /** As the layer was kept last. */
  get standing() { return this.saved || { marks: [], is_shown: true, version: 0 }; }

  get action() { return this.saved ? "image.annotation.edit" : "image.annotate"; }

  get isChanged() { return !sameAll(this.marks, this.standing.marks) || this.isShown !== this.standing.is_shown; }

  remember() {
    const { marks: base, is_shown: wasShown } = this.standing;
    if (this.isChanged) remember(this.key, { base, wasShown, marks: this.marks, isShown: this.isShown });
    else forget(this.key);
  }

  changed(marks) {
    this.marks = marks;
    this.remember();
    this.draw();
  }

  pick(isOn) {
    this.layer.kind = isOn ? this.kind.value : null;
    this.stage.el.classList.toggle("bl-annotating", isOn);
    this.draws.setAttribute("aria-pressed", String(isOn));
    this.check();
  }

  draw() {
    this.shown.checked = this.isShown;
    this.layer.set({ marks: this.marks, isEditable: !this.mayNot, isShown: this.isShown });
    this.check();
  }

  check() {
    const { version } = this.standing;
    const state = this.isChanged ? "changed, not saved" : version ? `version ${version}, by ${this.saved.saved_by}` : "none yet";
    this.summary.textContent = `Annotations (${this.marks.length}; ${state})`;
    const closed = this.mayNot || (this.isShown ? "" : "Show the annotations first.");
    const full = this.marks.length >= MOST_MARKS ? `An image has at most ${MOST_MARKS} annotations.` : "";
    this.kind.disabled = Boolean(closed);
    if (closed && this.layer.kind) this.pick(false);
    for (const node of [this.draws, this.add]) disable(node, closed || full);
    if (!closed && !full) this.draws.title = "Drag over the image from begin to end; press where a text stands";
    const none = closed || (this.layer.selected ? "" : "Select an annotation first.");
    for (const node of [this.text, this.delete]) disable(node, none);
    disable(this.back, this.isChanged ? "" : "Nothing has changed.");
    this.why.show(this.action, version + 1);
    this.why.disabled = Boolean(this.mayNot);
    disable(this.save, this.mayNot || (this.isBusy ? "Saving…" : this.isChanged ? this.why.whyNot(this.action, version + 1) : "Nothing has changed since they were saved."));
  }

  /** Ask for the words of a mark; a text that is left without any is taken away. */
  async write(id) {
    const mark = this.layer.find(id);
    const given = await ask(this.place, { text: `Words of the ${mark.kind}`, yes: "Set", input: mark.text });
    const text = given === null ? mark.text : given;
    this.changed(text || isLong(mark) ? this.marks.map((one) => (one.mark === id ? { ...one, text } : one)) : this.marks.filter((one) => one.mark !== id));
    this.layer.focus(id);
  }

  remove(id) {
    this.stage.el.focus({ preventScroll: true });
    this.changed(this.marks.filter((one) => one.mark !== id));
    this.layer.on.announce("The annotation was taken away; the versions that were saved keep it.");
  }

  discard() {
    const { marks, is_shown: isShown } = this.standing;
    this.isShown = isShown;
    this.changed(marks);
  }

  async keep() {
    const asked = { expected_version: this.standing.version, marks: this.marks, is_shown: this.isShown, ...this.why.value };
    const place = `save.${this.key}`;
    this.asked = asked;
    this.isBusy = true;
    this.check();
    try {
      const view = await this.channel.ask("save_annotations", { request: { ...asked, idempotency_key: keyFor(place, asked) } });
      forget(place);
      this.why.clear();
      this.frame.clearNotice();
      this.frame.did(`The annotations of ${this.image} were saved as version ${view.version}`, view.entry, { record: view.annotation });
    } catch (error) {
      const reload = () => this.channel.ask("reload").then(() => this.frame.clearNotice(), (failed) => this.frame.failed(failed, { unknown: "Nothing was changed." }));
      this.frame.failed(error, { reload, retry: isUnanswered(error) ? () => this.keep() : null, unknown: "Trying again sends the same request, so it will not be saved twice." });
    } finally {
      this.isBusy = false;
      this.remember();
      this.check();
    }
  }
}
