// What one person has signed and a second one has to sign, too: who, what, old and new; to be confirmed or declined.
import { h, button, disable } from "./dom.js";
import { utc } from "./format.js";
import { ReasonControl } from "./reason.js";

export function factsTable(facts) {
  return h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, ["What", "Before", "After"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, facts.map((fact) => h("tr", {}, h("th", { scope: "row" }, fact.name), h("td", { class: "bl-text" }, fact.before || "–"), h("td", { class: "bl-text" }, fact.after || "–")))));
}

/** `onsign(proposal, why)`, `ondecline(proposal, why)`: with {reason, reason_code}; `ondecline` resolves to whether it happened. */
export function proposalCard(proposal, reasons, { onsign, ondecline }) {
  const why = new ReasonControl(reasons, `reason.${proposal.proposal}`);
  why.say("required to decline");
  const sign = button("Sign as the second person", () => onsign(proposal, why.value), { kind: "bl-primary", why: proposal.may_countersign ? "" : proposal.why_not || "Somebody else has to confirm it." });
  const decline = button(proposal.may_countersign ? "Decline" : "Take back", async () => { if (await ondecline(proposal, why.value)) why.clear(); });
  const check = () => disable(decline, why.whyNot("proposal.decline", 1, "Say why first."));
  why.el.addEventListener("input", check);
  why.el.addEventListener("change", check);
  check();
  return h("div", { class: "bl-card bl-proposal", "data-proposal": proposal.proposal, role: "group", "aria-label": `Proposal ${proposal.proposal}` },
    h("h3", {}, h("code", {}, proposal.proposal), `${proposal.label}: waits for a second person`),
    h("p", {}, `${proposal.proposer} signed it ${utc(proposal.proposed_at)}. Reason: ${proposal.reason || "none given"}`),
    factsTable(proposal.facts), why.el, h("div", { class: "bl-bar" }, sign, decline),
    proposal.may_countersign ? null : h("p", { class: "bl-hint" }, proposal.why_not));
}
