// ReviewTrail: what happened to a result since its last signed review, the riskiest first; ticked, commented, signed.
import { h, button, disable, field, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { count, utc } from "./format.js";
import { forget, keepTyped, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { manifestation, signedLine } from "./manifestation.js";
import { SigningFrame } from "./signing_frame.js";
import { TrailGroup } from "./trail/group.js";

const SIGN = "result.review.sign";
const TAKE = "result.review.start";

export function mount({ el, channel }) {
  const review = new ReviewTrail(el, channel);
  channel.watch((view) => review.update(view));
  return () => review.page.stop();
}

class ReviewTrail {
  constructor(el, channel) {
    this.channel = channel;
    this.frame = new Frame(el, "Review trail", channel);
    this.reload = () => channel.ask("reload").catch((error) => this.frame.failed(error, { retry: this.reload, unknown: "Nothing was changed." }));
    this.frame.tools.append(button("Refresh", this.reload));
    this.summary = h("div", { class: "bl-stack" });
    this.groups = h("div", { class: "bl-stack bl-trail", role: "list", "aria-label": "Groups of entries" });
    this.more = button("More groups", () => this.showMore());
    this.place = h("div");
    this.known = new Map(); // a group's card stays while it is the same: what is typed and unfolded in it stays, too
    this.page = new SigningFrame({ frame: this.frame, channel, place: this.place, origin: () => this.view.signing_origin,
      onsigned: (seen) => this.signed(seen), onchange: () => this.draw() });
  }

  update(view) {
    if (this.page.isOpen && view.state !== "ready") return; // never take a signing page away because reading failed
    if (unreadable(this.frame, view, this.reload)) return;
    this.view = view;
    const { result, review } = view;
    this.frame.describe({ record: result.result, status: result.status, version: `version ${result.version}`, signed: signedLine(result) });
    if (!this.frame.body.contains(this.groups)) replace(this.frame.body, this.summary, this.groups, this.more, this.place);
    const shown = new Map(review.groups.map((group) => [group.group, this.known.get(group.group) || this.card(group)]));
    this.known = shown;
    for (const group of review.groups) shown.get(group.group).show(group, this.whyNotTick(), result.result);
    const cards = [...shown.values()].map((one) => one.el);
    // Only what moved is touched: a control that is in use keeps its place.
    if (cards.length !== this.groups.children.length || cards.some((one, at) => this.groups.children[at] !== one)) replace(this.groups, cards);
    this.more.hidden = review.groups.length >= review.total;
    this.draw();
  }

  card(group) {
    return new TrailGroup(group, {
      ontick: (shown, comment, isTicked) => this.tick(shown, comment, isTicked),
      onentries: (after) => this.channel.ask("entries", { group: group.group, after }),
      onfailed: (error) => this.frame.failed(error, { unknown: "Nothing was changed." }),
    });
  }

  /** Why nothing can be ticked now, or "". */
  whyNotTick() {
    const { review } = this.view;
    if (!review.is_mine) return review.why_not || "Not possible now.";
    return review.is_begun ? "" : "Begin the review first.";
  }

  draw() {
    const { result, review } = this.view;
    const take = result.steps.find((one) => one.action === TAKE);
    const sign = result.steps.find((one) => one.action === SIGN);
    this.comment = keepTyped(h("textarea", { maxlength: "2000", rows: 2 }), `review.comment.${result.result}`);
    const isTaken = result.status === "in_review";
    const begin = button(review.review ? "Go on with the review" : "Begin the review", () => this.begin(), { kind: "bl-primary" });
    const signing = button("Sign the review (sign: review)…", () => this.sign(), { kind: "bl-primary", why: sign ? (sign.allowed ? "" : sign.why_not) : "" });
    signing.dataset.action = SIGN;
    const taking = take && button(result.status === "reviewed" ? "Take for review again" : take.label, () => this.take(), { kind: "bl-primary", why: take.allowed ? "" : take.why_not });
    if (taking) taking.dataset.action = TAKE;
    const left = review.is_begun ? review.missing : [];
    this.place.hidden = !this.page.isOpen;
    replace(this.summary,
      h("div", { class: "bl-card bl-review-head" },
        h("h3", {}, result.title || result.result, h("span", { class: "bl-soft" }, `${count(review.entries)} ${review.entries === 1 ? "entry" : "entries"} in ${count(review.total)} ${review.total === 1 ? "group" : "groups"}${review.flagged ? `, ${count(review.flagged)} flagged` : ""}`)),
        review.total ? h("div", { class: "bl-progress" },
          h("progress", { max: review.total, value: review.ticked, "aria-label": "Groups looked through" }),
          h("span", {}, `${count(review.ticked)} of ${count(review.total)} looked through`)) : h("p", { class: "bl-hint" }, "Nothing has changed since the last review."),
        review.is_reopened ? h("p", { class: "bl-bad", role: "status" }, "⚠ The data went on after the review was signed: it cannot be approved before the trail is reviewed again.") : null,
        h("dl", { class: "bl-facts-list" },
          h("dt", {}, "Listed"), h("dd", {}, review.former ? `what came after ${review.former.review}, reviewed by ${review.former.reviewer}, ${utc(review.former.signed_at)} (${count(review.former.entries)} entries in ${count(review.former.groups)} groups)` : "everything, since nothing of it was reviewed before"),
          review.reviewer && [h("dt", {}, "Taken by"), h("dd", {}, review.reviewer)],
          review.review && [h("dt", {}, "Kept as"), h("dd", {}, h("code", {}, `${review.review}.${review.rev}`))]),
        left.length ? h("details", { class: "bl-left", open: left.length <= 4 }, h("summary", {}, `Before the review can be signed: ${count(left.length)} left`), h("ul", {}, left.map((one) => h("li", {}, one)))) : null,
        isTaken && review.is_begun && sign && !this.page.isOpen ? stacked(field("Comment on the whole", this.comment), "optional, shown with the signature") : null,
        this.page.isOpen ? null : h("div", { class: "bl-bar" },
          taking, isTaken && !review.is_begun && review.is_mine ? begin : null,
          sign && (review.is_begun || !review.is_mine) ? signing : null,
          isTaken && !review.is_mine ? h("span", { class: "bl-hint" }, review.why_not) : null,
          sign && review.is_begun && !sign.allowed ? h("span", { class: "bl-hint" }, sign.why_not) : null)),
      result.signatures.length && !review.total ? h("div", { class: "bl-columns" }, result.signatures.map(manifestation)) : null);
  }

  async change(command, given, words) {
    try {
      const done = await this.channel.ask(command, given);
      this.frame.clearNotice();
      this.frame.did(words(done), done.entry, { record: this.view.result.result });
      return true;
    } catch (error) {
      this.frame.failed(error, { reload: this.reload, retry: isUnanswered(error) ? () => this.change(command, given, words) : this.reload, unknown: "Try again asks for the same: it is done once." });
      return false;
    }
  }

  take() {
    return this.change("take_for_review", {}, (taken) => `${taken.result} was taken for review`);
  }

  async begin() {
    const place = `request.trail.begin.${this.view.result.result}.${this.view.result.rev}`;
    const asked = { what: "begin" };
    if (await this.change("begin", { request: { idempotency_key: keyFor(place, asked) } }, (done) => `${done.review}: the review was begun`)) forget(place);
  }

  async tick(group, comment, isTicked) {
    const asked = { group: group.group, sha256: group.sha256, is_ticked: isTicked, comment };
    const place = `request.trail.tick.${this.view.result.result}`;
    const words = (done) => (isTicked ? `Looked through: ${group.label} on ${group.record} (${done.ticked} of ${done.total})` : `The tick on ${group.label}, ${group.record}, was taken back`);
    const isDone = await this.change("tick", { request: { ...asked, idempotency_key: keyFor(place, asked) } }, words);
    if (isDone) forget(place);
    return isDone;
  }

  async showMore() {
    disable(this.more, "Reading…");
    await this.channel.ask("more", { skip: this.view.review.groups.length }).catch((error) => this.frame.failed(error, { unknown: "Nothing was changed." }));
    disable(this.more, "");
  }

  sign() {
    const comment = this.comment.value.trim();
    return this.page.open("the review of the result and of its trail", "prepare", { action: SIGN, comment }, { reload: this.reload });
  }

  signed(seen) {
    const { result } = this.view;
    forget(`review.comment.${result.result}`);
    const signature = result.signatures.find((one) => one.signature === seen.signature);
    this.frame.did(signature ? `${signature.printed_name} signed the review, ${utc(signature.signed_at)}` : `Signed: ${seen.signature}`, signature?.entry, { record: result.result });
    this.draw();
  }
}

function stacked(node, hint) {
  node.classList.add("bl-stacked");
  node.append(h("span", { class: "bl-hint" }, hint));
  return node;
}
