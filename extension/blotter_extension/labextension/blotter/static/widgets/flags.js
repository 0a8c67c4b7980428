// Quality flags: of an analysis as a list, of a result as a table in which those that want a reason are ticked and answered.
import { h, button, disable } from "./dom.js";
import { forget, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";

export const ANSWER = "result.flag.answer";

const RULES = { noted: "noted", reason: "wants a reason", blocks: "blocks" };

/** On what a flag is: a shape, or a lane. */
export const flagPlace = (flag) => flag.shape || `lane ${flag.lane}`;

/** "saturated: 3 of 336 px …", of one shape; flags of its lane with them. */
export const flagsOf = (flags, shape, lane) => (flags || []).filter((one) => one.shape === shape || (one.shape === null && lane !== null && one.lane === lane));

export function flagIcon(why) {
  return h("span", { class: "bl-flag-icon", role: "img", "aria-label": why }, "⚠");
}

/** The flags of a result. Reasons are given while it is in analysis, by who may. */
export class ResultFlags {
  constructor({ frame, channel, reload, reasons, result }) {
    Object.assign(this, { frame, channel, reload, result });
    this.chosen = new Set();
    this.why = new ReasonControl(reasons, `reason.flags.${result.result}`);
    this.why.show(ANSWER);
    this.give = button("Give this reason", () => this.answer(), { kind: "bl-primary" });
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, () => this.check());
  }

  draw(result) {
    if (result.rev !== this.result.rev) this.chosen.clear(); // other flags may stand in these places now
    this.result = result;
    const { flags } = result;
    if (!flags.length) return h("p", { class: "bl-hint" }, "No quality flag.");
    const open = result.status === "in_analysis";
    const rows = flags.map((one, at) => h("tr", { "data-flag": one.flag }, open ? h("td", {}, this.box(one, at)) : null,
      h("th", { scope: "row", class: "bl-text" }, one.rule === "noted" ? null : flagIcon(RULES[one.rule]), one.flag), h("td", { class: "bl-text" }, flagPlace(one)), h("td", {}, h("code", {}, one.analysis)),
      h("td", { class: "bl-text" }, one.text), h("td", { class: "bl-text" }, RULES[one.rule]),
      h("td", { class: "bl-text" }, one.reason ? `${one.reason_code ? `${one.reason_code}: ` : ""}${one.reason} (${one.given_by_name})` : one.rule === "reason" ? h("b", {}, "missing") : "–")));
    const head = [open && "Tick", "Flag", "On", "Analysis", "What is so", "By policy", "Reason"].filter(Boolean);
    const el = h("div", { class: "bl-stack", role: "group", "aria-label": `Quality flags of ${result.result}` },
      h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": `Flags of ${result.result}` }, h("table", { class: "bl-table" },
        h("thead", {}, h("tr", {}, head.map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, rows))),
      open ? h("div", { class: "bl-bar" }, this.why.el, this.give) : null);
    this.check();
    return el;
  }

  box(flag, at) {
    const box = h("input", { type: "checkbox", "aria-label": `${flag.flag} on ${flagPlace(flag)} of ${flag.analysis}` });
    box.checked = this.chosen.has(at);
    box.addEventListener("change", () => { if (box.checked) this.chosen.add(at); else this.chosen.delete(at); this.check(); });
    return box;
  }

  check() {
    disable(this.give, this.chosen.size ? this.why.whyNot(ANSWER, 1, "Say why the result may be submitted with it.") : "Tick the flags for which it is the reason.");
  }

  async answer() {
    const flags = [...this.chosen].sort((a, b) => a - b).map((at) => this.result.flags[at]).map(({ analysis, flag, shape, lane }) => ({ analysis, flag, shape, lane: shape === null ? lane : null }));
    const asked = { result: this.result.result, flags, expected_rev: this.result.rev, ...this.why.value };
    const place = `flags.${this.result.result}`;
    try {
      const given = await this.channel.ask("give_flag_reason", { ...asked, idempotency_key: keyFor(place, asked) });
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
