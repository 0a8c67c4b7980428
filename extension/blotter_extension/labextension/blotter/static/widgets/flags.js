// Quality flags: of an analysis as a list, of a result as a table in which those that want a reason are ticked and answered.
import { h } from "./dom.js";
import { TickedReasons, givenReason } from "./ticked_reasons.js";

const WORDS = { give: "Give this reason", tick: "Tick the flags for which it is the reason.", say: "Say why the result may be submitted with it." };
const RULES = { noted: "noted", reason: "wants a reason", blocks: "blocks" };

/** On what a flag is: a shape, or a lane. */
export const flagPlace = (flag) => flag.shape || `lane ${flag.lane}`;

/** "saturated: 3 of 336 px …", of one shape; flags of its lane with them. */
export const flagsOf = (flags, shape, lane) => (flags || []).filter((one) => one.shape === shape || (one.shape === null && lane !== null && one.lane === lane));

export function flagIcon(why) {
  return h("span", { class: "bl-flag-icon", role: "img", "aria-label": why }, "⚠");
}

/** The flags of a result. Reasons are given while it is in analysis, by who may. */
export class ResultFlags extends TickedReasons {
  constructor(where) {
    super(where, { action: "result.flag.answer", store: "flags", words: WORDS });
  }

  draw(result) {
    if (result.rev !== this.result.rev) this.chosen.clear(); // other flags may stand in these places now
    this.result = result;
    const { flags } = result;
    if (!flags.length) return h("p", { class: "bl-hint" }, "No quality flag.");
    const isOpen = result.status === "in_analysis";
    const rows = flags.map((one, at) => h("tr", { "data-flag": one.flag }, isOpen ? h("td", {}, this.box(at, `${one.flag} on ${flagPlace(one)} of ${one.analysis}`)) : null,
      h("th", { scope: "row", class: "bl-text" }, one.rule === "noted" ? null : flagIcon(RULES[one.rule]), one.flag), h("td", { class: "bl-text" }, flagPlace(one)), h("td", {}, h("code", {}, one.analysis)),
      h("td", { class: "bl-text" }, one.text), h("td", { class: "bl-text" }, RULES[one.rule]),
      h("td", { class: "bl-text" }, givenReason(one) || (one.rule === "reason" ? h("b", {}, "missing") : "–"))));
    const head = ["Flag", "On", "Analysis", "What is so", "By policy", "Reason"];
    return this.panel({ label: `Quality flags of ${result.result}`, region: `Flags of ${result.result}`, head, rows, isOpen });
  }

  asked() {
    const flags = [...this.chosen].sort((a, b) => a - b).map((at) => this.result.flags[at]).map(({ analysis, flag, shape, lane }) => ({ analysis, flag, shape, lane: shape === null ? lane : null }));
    return ["give_flag_reason", { flags }];
  }
}
