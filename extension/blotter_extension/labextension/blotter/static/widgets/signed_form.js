// A form whose action is signed: what it needs, a reason, a comment; then the signing page of the records service.
import { h, button, disable, field } from "./dom.js";
import { forget, keepTyped, recall, remember } from "./drafts.js";
import { ReasonControl } from "./reason.js";

export class SignedForm {
  /**
   * `page`: SigningFrame. `place`: under which what is typed is kept. `title`: of the form. `label`: what is signed.
   * `action`, `reasons`: how it asks why. `inputs`: {el, read(), fill(values), whyNot()} or null. `initial`. `reload()`. `onend()`.
   */
  constructor(given) {
    Object.assign(this, given);
    this.why = new ReasonControl(this.reasons, `reason.${this.place}`);
    this.comment = keepTyped(h("input", { type: "text", maxlength: "2000", class: "bl-wide", autocomplete: "off" }), `comment.${this.place}`);
    this.inputs?.fill(recall(this.place) || this.initial || {});
    this.sign = button("Go to the signing page", () => this.page.open(this.label(), "prepare", this.asked(), { reload: this.reload }), { kind: "bl-primary" });
    this.hint = h("span", { class: "bl-hint" });
    this.el = h("div", { class: "bl-card bl-form", role: "group", "aria-label": this.title }, h("h4", {}, this.title), this.inputs?.el, this.why.el,
      field("Comment", this.comment, "optional, shown with the signature"), h("div", { class: "bl-bar" }, this.sign, button("Cancel", () => { this.done(); this.onend(); }), this.hint));
    for (const kind of ["input", "change"]) {
      this.el.addEventListener(kind, () => { if (this.inputs) remember(this.place, this.inputs.read()); this.check(); });
    }
    this.check();
  }

  focus() {
    this.el.querySelector("input, select, textarea")?.focus();
  }

  refresh(view) {
    this.reasons = this.why.reasons = view.reasons;
    this.inputs?.refresh?.(view);
    this.check();
  }

  asked() {
    return { action: this.action, details: this.inputs?.read() || {}, ...this.why.value, comment: this.comment.value.trim() };
  }

  check() {
    this.why.show(this.action);
    const why = this.inputs?.whyNot() || this.why.whyNot(this.action);
    disable(this.sign, why);
    this.hint.textContent = why;
  }

  /** It was signed, or given up: nothing typed is left to keep. */
  done() {
    forget(this.place);
    forget(`comment.${this.place}`);
    this.why.clear();
  }
}
