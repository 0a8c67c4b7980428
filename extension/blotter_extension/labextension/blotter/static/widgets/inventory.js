// What a result accounts for: every exposure, image, draft and analysis of its membranes; what is not used is ticked and answered.
import { h, button, disable } from "./dom.js";
import { forget, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";
import { utc } from "./format.js";

export const ANSWER = "result.unused.answer";

const placeOf = ({ kind, record, number }) => ({ kind, record, number: number ?? null });
const keyOf = (item) => `${item.kind} ${item.record} ${item.number ?? ""}`;

/** Whether a reason can be given: what is used has none, and an exposure is told by its images. */
const asksNothing = (item) => item.used || (item.kind === "acquisition" && item.standing);

/** Why an item is not used: what the records say themselves, and the reason that was given. */
export function whyUnused(item) {
  const given = item.reason ? `${item.reason_code ? `${item.reason_code}: ` : ""}${item.reason} (${item.given_by_name})` : "";
  return [item.standing, given].filter(Boolean).join("; ");
}

/** What a result accounts for. Reasons are given while it is in analysis, by who may. */
export class ResultInventory {
  constructor({ frame, channel, reload, reasons, result }) {
    Object.assign(this, { frame, channel, reload, result });
    this.chosen = new Set();
    this.why = new ReasonControl(reasons, `reason.unused.${result.result}`);
    this.why.show(ANSWER);
    this.give = button("Give this reason for the unused", () => this.answer(), { kind: "bl-primary" });
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, () => this.check());
  }

  draw(result) {
    this.result = result;
    const items = result.inventory;
    const there = new Set(items.filter((one) => !asksNothing(one)).map(keyOf));
    for (const key of this.chosen) if (!there.has(key)) this.chosen.delete(key);
    if (!items.length) return h("p", { class: "bl-hint" }, "Nothing is listed.");
    const open = result.status === "in_analysis" && there.size > 0;
    const rows = items.map((one) => h("tr", { "data-item": keyOf(one) }, open ? h("td", {}, asksNothing(one) ? "" : this.box(one)) : null,
      h("th", { scope: "row", class: "bl-text" }, h("code", {}, one.name)), h("td", { class: "bl-text" }, one.kind), h("td", { class: "bl-text" }, utc(one.made_at)), h("td", { class: "bl-text" }, one.made_by),
      h("td", { class: "bl-text" }, one.status), h("td", { class: "bl-text" }, one.used ? "yes" : "no"),
      h("td", { class: "bl-text" }, whyUnused(one) || (one.rule === "reason" ? h("b", {}, "missing") : "–"))));
    const head = [open && "Tick", "Scan, analysis", "What", "When", "By", "Status", "Used", "Why not"].filter(Boolean);
    const el = h("div", { class: "bl-stack", role: "group", "aria-label": `Scans and analyses of ${result.result}` },
      h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": `What ${result.result} accounts for` }, h("table", { class: "bl-table" },
        h("thead", {}, h("tr", {}, head.map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, rows))),
      open ? h("div", { class: "bl-bar" }, this.why.el, this.give) : null);
    this.check();
    return el;
  }

  box(item) {
    const key = keyOf(item);
    const box = h("input", { type: "checkbox", "aria-label": `${item.name} is not used` });
    box.checked = this.chosen.has(key);
    box.addEventListener("change", () => { if (box.checked) this.chosen.add(key); else this.chosen.delete(key); this.check(); });
    return box;
  }

  check() {
    disable(this.give, this.chosen.size ? this.why.whyNot(ANSWER, 1, "Say why the result does not use it.") : "Tick what is not used for this reason.");
  }

  async answer() {
    const items = this.result.inventory.filter((one) => this.chosen.has(keyOf(one))).map(placeOf);
    const asked = { result: this.result.result, items, expected_rev: this.result.rev, ...this.why.value };
    const place = `unused.${this.result.result}`;
    try {
      const given = await this.channel.ask("give_unused_reason", { ...asked, idempotency_key: keyFor(place, asked) });
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
