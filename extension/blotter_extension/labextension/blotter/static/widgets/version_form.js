// A form that saves a version of something. What is typed stays, in this tab, until the service has it, with the version
// on which it was typed; a save whose answer was lost is asked for again under the same key; a save on top of a stale
// version says what changed. Escape closes the form and keeps what was typed, Cancel throws it away.
import { h, button, disable, uniqueId } from "./dom.js";
import { forget, keyFor, recall, remember } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";

export class VersionForm {
  /**
   * `frame`, `channel`, `reload()`: of the widget. `place`: under which everything is kept. `title`: of the form.
   * `action` and `reasons`: how it asks why. `seen`: {id, version} as the person saw it (version 0: a new one).
   * `inputs`: {el, read(), fill(values), whyNot(), refresh?(view)}. `initial`: what they show at first.
   * `command`, `fixed`: what is asked of the Python half, with what besides `request`. `find(id)`: {version, values} as
   * it is now, or null. `said(saved)`: [words, id] for the foot. `onsaved(saved)`, `onend()`. `verb`: on the button.
   */
  constructor(given) {
    Object.assign(this, { verb: "Save", fixed: {}, onsaved: () => {} }, given);
    this.why = new ReasonControl(this.reasons, `reason.${this.place}`);
    this.save = button(this.verb, () => this.send(), { kind: "bl-primary" });
    this.hint = h("span", { class: "bl-hint" });
    const draft = recall(this.place);
    this.inputs.fill(draft?.values || this.initial);
    // Not what is there now: a save would silently write over what somebody else has saved since.
    if (draft) this.seen = { ...this.seen, version: draft.version };
    this.el = h("div", { class: "bl-card bl-form", role: "group", "aria-label": this.title },
      h("h4", {}, this.title), draft && h("p", { class: "bl-hint" }, "What you had typed is here again."), this.inputs.el, this.why.el,
      h("div", { class: "bl-bar" }, this.save, button("Cancel", () => this.cancel()), this.hint));
    for (const kind of ["input", "change"]) {
      this.el.addEventListener(kind, () => { this.keep(); this.check(); });
    }
    // Enter saves from any single line, as a form does; tables and long texts have their own use of it.
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input:not([type=checkbox]):not([type=radio])") && !event.defaultPrevented) { event.preventDefault(); this.save.click(); }
      if (event.key === "Escape") { event.stopPropagation(); this.onend(); }
    });
    this.check();
  }

  get version() { return this.seen.version + 1; }

  focus() {
    (this.el.querySelector("input, select, textarea"))?.focus();
  }

  refresh(view) {
    this.reasons = this.why.reasons = view.reasons;
    this.inputs.refresh?.(view);
    this.check();
  }

  check() {
    this.why.show(this.action, this.version);
    if (!this.seen.version && this.why.rule(this.action) !== this.why.rule(this.action, 2)) this.why.el.hidden = true; // asked for changes only
    const why = this.isBusy ? "Saving…" : this.inputs.whyNot() || this.why.whyNot(this.action, this.version, this.version > 1 ? "Say why it is changed." : "Say why.");
    disable(this.save, why);
    this.hint.textContent = why;
  }

  request() {
    return { ...this.inputs.read(), expected_version: this.seen.version, ...this.why.value };
  }

  async send() {
    const request = this.request();
    const key = `request.${this.place}`;
    this.isBusy = true;
    this.check();
    try {
      const saved = await this.channel.ask(this.command, { ...this.fixed, request: { ...request, idempotency_key: keyFor(key, request) } });
      forget(key);
      this.done();
      this.frame.clearNotice();
      const [words, id] = this.said(saved);
      this.frame.did(words, saved.entry, { record: id });
      this.onsaved(saved);
    } catch (error) {
      this.frame.failed(error, {
        reload: () => this.showChange(error), retry: isUnanswered(error) ? () => this.send() : null,
        unknown: "What you typed is kept. Try again asks for the same: it is saved once, however often it is asked for.",
      });
    } finally {
      this.isBusy = false;
      this.check();
    }
  }

  /** What is typed outlives the form. */
  keep() {
    remember(this.place, { version: this.seen.version, values: this.inputs.read() });
  }

  /** Nothing typed is left to keep. */
  done() {
    forget(this.place);
    this.why.clear();
  }

  cancel() {
    this.done();
    this.onend();
  }

  /** Somebody was faster: read again, go on from there with what was typed here, or take theirs. */
  async showChange(error) {
    const before = this.seen;
    await this.reload();
    const now = this.find(before.id);
    if (!now || now.version === before.version) return;
    this.seen = { ...before, version: now.version };
    this.check();
    this.frame.say("stale", `${before.id} is now version ${now.version}; you had seen version ${before.version}.`,
      `${error.problem?.diagnostics || ""} What you typed is kept: look at it again, then save; or take what is there now.`,
      [button("Take what is there now", () => { this.frame.clearNotice(); forget(this.place); this.inputs.fill(now.values); this.check(); this.focus(); })]);
  }
}

/** Several labelled inputs as the inputs of a form: [name, label, node, hint]; a value is a text, or what `read` makes of it. */
export function plainInputs(rows, { whyNot = () => "", read = (values) => values } = {}) {
  const nodes = new Map(rows.map(([name, , node]) => [name, node]));
  const el = h("div", { class: "bl-grid" }, rows.map(([, label, node, hint]) => labelled(label, node, hint)));
  const values = () => Object.fromEntries([...nodes].map(([name, node]) => [name, node.value.trim()]));
  return {
    el, nodes,
    read: () => read(values()),
    fill: (given) => { for (const [name, node] of nodes) node.value = given[name] ?? ""; },
    whyNot: () => whyNot(values()),
  };
}

/** A label above its input. */
export function labelled(label, node, hint = "") {
  node.id ||= uniqueId("field"); // not around the input: a select's options would be part of its name
  return h("div", { class: "bl-labelled" }, h("span", {}, h("label", { for: node.id }, label), hint && h("span", { class: "bl-hint" }, ` ${hint}`)), node);
}

export const text = (maxlength, more = {}) => h("input", { type: "text", maxlength: String(maxlength), autocomplete: "off", ...more });
export const number = (min, max, more = {}) => h("input", { type: "number", min: String(min), max: String(max), class: "bl-number", ...more });

/** A select of [value, label] pairs; `set(pairs)` changes them and keeps what was chosen, if it is still there. */
export function choice(pairs, more = {}) {
  const node = h("select", more);
  node.set = (given) => {
    const before = node.value;
    node.replaceChildren(...given.map(([value, label]) => h("option", { value }, label)));
    node.value = given.some(([value]) => value === before) ? before : given[0]?.[0] ?? "";
  };
  node.set(pairs);
  return node;
}
