// Sign: the steps of a result, what each one needs, and the signing page of the records service.
import { h, button, disable, field, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { meaningWord, utc } from "./format.js";
import { isUnanswered } from "./channel.js";
import { keepTyped, forget } from "./drafts.js";
import { manifestation, signedLine } from "./manifestation.js";
import { Details } from "./details.js";
import { proposalCard } from "./proposals.js";
import { ReasonControl } from "./reason.js";
import { RESUME, resume } from "./resume.js";
import { SigningFrame } from "./signing_frame.js";

export function mount({ el, channel }) {
  const signing = new Signing(el, channel);
  channel.watch((view) => signing.update(view));
  return () => signing.page.stop();
}

class Signing {
  constructor(el, channel) {
    this.channel = channel;
    this.frame = new Frame(el, "Sign", channel);
    this.reload = () => channel.ask("reload").catch((error) => this.frame.failed(error, { retry: this.reload, unknown: "Nothing was changed." }));
    this.frame.tools.append(button("Refresh", this.reload));
    this.facts = h("div", { class: "bl-card" });
    this.steps = h("div", { class: "bl-stack" });
    this.place = h("div");
    this.page = new SigningFrame({ frame: this.frame, channel, place: this.place, origin: () => this.view.signing_origin,
      onsigned: (seen) => this.signed(seen), onchange: () => this.drawSteps() });
  }

  update(view) {
    if (this.page.isOpen && view.state !== "ready") return; // never take a signing page away because reading failed
    if (unreadable(this.frame, view, this.reload)) return;
    this.view = view;
    const { result } = view;
    this.frame.describe({ record: result.result, status: result.status, version: `version ${result.version}`, signed: signedLine(result) });
    replace(this.facts,
      h("h3", {}, result.title || result.result),
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Pins"), h("dd", {}, result.analyses.map((v) => v.id).join(", ")),
        h("dt", {}, "Study"), h("dd", {}, result.study),
        h("dt", {}, "Made by"), h("dd", {}, `${result.created_by}, ${utc(result.created_at)}`),
        result.submitter && [h("dt", {}, "Submitted by"), h("dd", {}, result.submitter)],
        result.reviewer && [h("dt", {}, "Review taken by"), h("dd", {}, result.reviewer)],
        result.supersedes && [h("dt", {}, "Shall replace"), h("dd", {}, result.supersedes)],
        result.successor && [h("dt", {}, "Replaced by"), h("dd", {}, result.successor)],
        result.deviation && [h("dt", {}, "Deviation"), h("dd", {}, result.deviation)],
        h("dt", {}, "Digest to be signed"), h("dd", {}, h("code", {}, result.digest))),
      result.signatures.length ? h("div", { class: "bl-columns" }, result.signatures.map(manifestation)) : h("p", { class: "bl-hint" }, "Nobody has signed this result."));
    if (!this.frame.body.contains(this.steps)) replace(this.frame.body, this.facts, this.steps, this.place);
    this.drawSteps();
  }

  drawSteps() {
    this.steps.hidden = this.page.isOpen;
    if (this.page.isOpen) return;
    const { result, proposals, reasons } = this.view;
    const handlers = {
      onsign: (proposal, why) => this.page.open(`${proposal.label} ${proposal.record}, as the second person`, "prepare_second", { proposal: proposal.proposal, ...why }, { reload: this.reload }),
      ondecline: (proposal, why) => this.decline(proposal, why),
    };
    const unseen = result.waiting.filter((name) => !proposals.some((one) => one.proposal === name));
    replace(this.steps, proposals.map((one) => proposalCard(one, reasons, handlers)),
      unseen.length ? h("p", { class: "bl-hint" }, `Waiting for a second person: ${unseen.join(", ")}.`) : null,
      result.steps.length ? this.stepCard(result) : h("p", { class: "bl-hint" }, "Nothing can be done with this result any more."));
  }

  stepCard(result) {
    const possible = result.steps.filter((s) => s.allowed);
    const signed = possible.filter((s) => s.needs_signature);
    this.why = new ReasonControl(this.view.reasons, `reason.${result.result}`, { lines: 2 });
    this.comment = keepTyped(h("textarea", { maxlength: "2000", rows: 2 }), `comment.${result.result}`);
    this.details = new Map(possible.filter((s) => s.asks.length).map((s) => [s.action, new Details(s.asks, this.view.choices, `${s.action}.${result.result}`)]));
    const buttons = result.steps.map((step) => ({ step, node: this.stepButton(step) }));
    const check = () => buttons.forEach(({ node, step }) => disable(node, this.whyNot(step)));
    const mayAsk = possible.filter((s) => this.why.rule(s.action) !== "none");
    const must = mayAsk.filter((s) => this.why.rule(s.action) !== "optional");
    this.why.el.hidden = !mayAsk.length;
    this.why.el.classList.add("bl-stacked");
    this.why.say(must.length ? `required for: ${must.map((s) => s.label + (this.why.rule(s.action) === "list" ? " (from the list, too)" : "")).join(", ")}` : "optional");
    const refused = result.steps.filter((s) => !s.allowed && s.why_not);
    const second = signed.filter((s) => s.needs_second);
    const el = h("div", { class: "bl-card" }, h("h4", {}, "Next steps"),
      signed.filter((s) => this.details.has(s.action)).map((s) => h("fieldset", { class: "bl-details" }, h("legend", {}, `To ${s.label.toLowerCase()}`), this.details.get(s.action).el)),
      this.why.el, signed.length ? stacked(field("Comment", this.comment), "optional, shown with the signature") : null,
      h("div", { class: "bl-bar" }, buttons.map(({ node }) => node)),
      second.length ? h("p", { class: "bl-hint" }, `Needs a second person: ${second.map((s) => s.label).join(", ")}. It takes effect when both have signed.`) : null,
      refused.length ? h("ul", { class: "bl-hint" }, refused.map((s) => h("li", {}, `${s.label}: ${s.why_not}`))) : null);
    for (const kind of ["input", "change"]) el.addEventListener(kind, check);
    check();
    return el;
  }

  stepButton(step) {
    const label = step.needs_signature ? `${step.label} (sign: ${meaningWord(step.meaning)})` : step.label;
    const act = step.needs_signature ? () => this.prepare(step) : step.action === RESUME ? () => this.resume() : () => this.take(step);
    const node = button(label, act, { kind: step.allowed ? "bl-primary" : "" });
    node.dataset.action = step.action;
    return node;
  }

  whyNot(step) {
    if (!step.allowed) return step.why_not || "Not possible now.";
    return this.details.get(step.action)?.whyNot() || this.why.whyNot(step.action, 1, "Type the reason first.");
  }

  prepare(step) {
    const details = this.details.get(step.action)?.value || {};
    return this.page.open(step.label, "prepare", { action: step.action, details, ...this.why.value, comment: this.comment.value.trim() }, { reload: this.reload });
  }

  async take(step) {
    try {
      const taken = await this.channel.ask("take_for_review");
      this.frame.did(`${taken.result}: ${step.label.toLowerCase()}`, taken.entry, { record: taken.result });
    } catch (error) {
      this.frame.failed(error, { retry: this.reload, reload: this.reload });
    }
  }

  async resume() {
    const { frame, channel, reload } = this;
    if (await resume({ frame, channel, reload, result: this.view.result, why: this.why.value })) this.forget();
  }

  /** Decline a proposal, or take the own one back; tell whether it happened. */
  async decline(proposal, why) {
    try {
      const declined = await this.channel.ask("decline", { proposal: proposal.proposal, ...why });
      this.frame.clearNotice();
      this.frame.did(`${declined.proposal} was declined; nothing of it takes effect`, declined.entry);
      return true;
    } catch (error) {
      this.frame.failed(error, { reload: this.reload, retry: isUnanswered(error) ? this.reload : null, unknown: "Try again reads the proposals: what they say is what happened." });
      return false;
    }
  }

  signed(seen) {
    const { result } = this.view;
    this.forget();
    const signature = result.signatures.find((s) => s.signature === seen.signature);
    this.frame.did(signature ? `${signature.printed_name} signed (${meaningWord(signature.meaning)}), ${utc(signature.signed_at)}` : `Signed: ${seen.signature}`, signature?.entry, { record: result.result });
  }

  /** What was typed for a step is in the records now. */
  forget() {
    forget(`comment.${this.view.result.result}`);
    this.why?.clear();
    for (const details of this.details?.values() || []) details.clear();
    this.drawSteps();
  }
}

function stacked(node, hint) {
  node.classList.add("bl-stacked");
  node.append(h("span", { class: "bl-hint" }, hint));
  return node;
}
