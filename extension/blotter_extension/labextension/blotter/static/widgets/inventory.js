// What a result accounts for: every exposure, image, draft and analysis of its membranes; what is not used is ticked and answered.
import { h } from "./dom.js";
import { utc } from "./format.js";
import { TickedReasons, givenReason } from "./ticked_reasons.js";

const WORDS = { give: "Give this reason for the unused", tick: "Tick what is not used for this reason.", say: "Say why the result does not use it." };

const placeOf = ({ kind, record, number }) => ({ kind, record, number: number ?? null });
const keyOf = (item) => `${item.kind} ${item.record} ${item.number ?? ""}`;

/** Whether a reason can be given: what is used has none, and an exposure is told by its images. */
const asksNothing = (item) => item.used || (item.kind === "acquisition" && item.standing);

/** Why an item is not used: what the records say themselves, and the reason that was given. */
export const whyUnused = (item) => [item.standing, givenReason(item)].filter(Boolean).join("; ");

/** What a result accounts for. Reasons are given while it is in analysis, by who may. */
export class ResultInventory extends TickedReasons {
  constructor(where) {
    super(where, { action: "result.unused.answer", store: "unused", words: WORDS });
  }

  draw(result) {
    this.result = result;
    const items = result.inventory;
    const there = new Set(items.filter((one) => !asksNothing(one)).map(keyOf));
    for (const key of this.chosen) if (!there.has(key)) this.chosen.delete(key);
    if (!items.length) return h("p", { class: "bl-hint" }, "Nothing is listed.");
    const isOpen = result.status === "in_analysis" && there.size > 0;
    const rows = items.map((one) => h("tr", { "data-item": keyOf(one) }, isOpen ? h("td", {}, asksNothing(one) ? "" : this.box(keyOf(one), `${one.name} is not used`)) : null,
      h("th", { scope: "row", class: "bl-text" }, h("code", {}, one.name)), h("td", { class: "bl-text" }, one.kind), h("td", { class: "bl-text" }, utc(one.made_at)), h("td", { class: "bl-text" }, one.made_by),
      h("td", { class: "bl-text" }, one.status), h("td", { class: "bl-text" }, one.used ? "yes" : "no"),
      h("td", { class: "bl-text" }, whyUnused(one) || (one.rule === "reason" ? h("b", {}, "missing") : "–"))));
    const head = ["Scan, analysis", "What", "When", "By", "Status", "Used", "Why not"];
    return this.panel({ label: `Scans and analyses of ${result.result}`, region: `What ${result.result} accounts for`, head, rows, isOpen });
  }

  asked() {
    return ["give_unused_reason", { items: this.result.inventory.filter((one) => this.chosen.has(keyOf(one))).map(placeOf) }];
  }
}
