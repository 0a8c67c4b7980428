// Asks why: a text, and a reason from the laboratory's list. Which of them must be given is a policy for each action.
import { h, field } from "./dom.js";
import { forget, keepTyped, recall, remember } from "./drafts.js";

/** What is said beside it, the strictest rule first. */
const HINTS = { list: "chosen from the list, and in words", required: "required", optional: "optional", none: "" };

export class ReasonControl {
  /** `reasons`: {codes, rules} of the view. `key`: where what is typed is kept. `lines`: of the text. */
  constructor(reasons, key, { lines = 1 } = {}) {
    this.reasons = reasons;
    this.key = key;
    this.text = keepTyped(lines > 1 ? h("textarea", { rows: lines, maxlength: "2000" })
      : h("input", { type: "text", maxlength: "2000", class: "bl-wide", autocomplete: "off" }), key);
    // "code: what it means" in the list.
    const codes = reasons.codes.map((row) => [row.split(": ")[0], row]);
    this.code = h("select", { "aria-label": "Reason code" }, h("option", { value: "" }, "no code"), codes.map(([value, label]) => h("option", { value }, label)));
    this.code.value = recall(this.codeKey) || "";
    this.code.addEventListener("change", () => remember(this.codeKey, this.code.value));
    this.hint = h("span", { class: "bl-hint" });
    this.code.hidden = !codes.length;
    this.el = h("div", { class: "bl-field bl-reason" }, field("Reason", this.text), this.code, this.hint);
  }

  get codeKey() { return `${this.key}.code`; }

  get value() { return { reason: this.text.value.trim(), reason_code: this.code.value }; }

  /** How this action asks why, for this version of the record. */
  rule(action, version = 1) {
    const row = this.reasons.rules[action] || { rule: "none", from: 1 };
    return version >= row.from ? row.rule : row.rule === "none" ? "none" : "optional";
  }

  /** Why an action can't be asked for yet, or "". */
  whyNot(action, version = 1, missing = "Say why.") {
    const rule = this.rule(action, version);
    if (rule === "list" && !this.code.value) return "Choose a reason from the list.";
    return (rule === "list" || rule === "required") && !this.text.value.trim() ? missing : "";
  }

  /** Of several actions, the one that asks for the most. */
  strictest(actions) {
    const order = Object.keys(HINTS);
    return [...actions].sort((a, b) => order.indexOf(this.rule(a)) - order.indexOf(this.rule(b)))[0];
  }

  /** Say beside it whether it must be given. */
  show(action, version = 1) {
    const rule = this.rule(action, version);
    this.el.hidden = rule === "none";
    this.say(HINTS[rule]);
  }

  say(hint) { this.hint.textContent = hint; }

  set disabled(value) { this.text.disabled = this.code.disabled = value; }

  /** Keep under another key from now on, and show what was typed there. */
  move(key) {
    this.key = key;
    this.text.value = recall(key) || "";
    this.code.value = recall(this.codeKey) || "";
  }

  clear() {
    forget(this.key);
    forget(this.codeKey);
    this.text.value = "";
    this.code.value = "";
  }

  /** Put back a value, as after a save that turned out not to have happened. */
  put({ reason, reason_code = "" }) {
    this.text.value = reason;
    this.code.value = reason_code;
    remember(this.key, reason);
    remember(this.codeKey, reason_code);
  }
}
