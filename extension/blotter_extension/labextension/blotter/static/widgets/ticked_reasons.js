// A table of a result in which some rows are ticked and given one reason, while the result is in analysis.
import { h, button, disable } from "./dom.js";
import { forget, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";

/** A reason that was given, and by whom; empty where none was. */
export const givenReason = (one) => (one.reason ? `${one.reason_code ? `${one.reason_code}: ` : ""}${one.reason} (${one.given_by_name})` : "");

export class TickedReasons {
  /** `action`, `store`: of the reason. `words`: `give` (the button), `tick` and `say` (what is missing). Who inherits has `asked()`: request and what it says. */
  constructor({ frame, channel, reload, reasons, result }, { action, store, words }) {
    Object.assign(this, { frame, channel, reload, result, action, store, words });
    this.chosen = new Set();
    this.why = new ReasonControl(reasons, `reason.${store}.${result.result}`);
    this.why.show(action);
    this.give = button(words.give, () => this.answer(), { kind: "bl-primary" });
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, () => this.check());
  }

  /** The table, and the reason under it where there is something to tick. */
  panel({ label, region, head, rows, isOpen }) {
    const titles = isOpen ? ["Tick", ...head] : head;
    const el = h("div", { class: "bl-stack", role: "group", "aria-label": label },
      h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": region }, h("table", { class: "bl-table" },
        h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, rows))),
      isOpen ? h("div", { class: "bl-bar" }, this.why.el, this.give) : null);
    this.check();
    return el;
  }

  box(key, label) {
    const box = h("input", { type: "checkbox", "aria-label": label });
    box.checked = this.chosen.has(key);
    box.addEventListener("change", () => { if (box.checked) this.chosen.add(key); else this.chosen.delete(key); this.check(); });
    return box;
  }

  check() {
    disable(this.give, this.chosen.size ? this.why.whyNot(this.action, 1, this.words.say) : this.words.tick);
  }

  async answer() {
    const [request, said] = this.asked();
    const asked = { result: this.result.result, ...said, expected_rev: this.result.rev, ...this.why.value };
    const place = `${this.store}.${this.result.result}`;
    try {
      const given = await this.channel.ask(request, { ...asked, idempotency_key: keyFor(place, asked) });
      forget(place);
      this.chosen.clear();
      this.why.clear();
      this.frame.clearNotice();
      this.frame.did(`The reason is kept with ${given.result}`, given.entry, { record: given.result });
      await this.reload();
    } catch (error) {
      this.frame.failed(error, { reload: this.reload, retry: isUnanswered(error) ? () => this.answer() : null, unknown: "Try again asks for the same: it is kept once, however often it is asked for." });
    }
  }
}
