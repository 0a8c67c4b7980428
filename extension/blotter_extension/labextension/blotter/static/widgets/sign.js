// Sign: prepares a signature and shows the signing page of the records service. The password is typed in that page,
// which is another origin: nothing in this file, in JupyterLab or in the kernel can read it.
import { h, button, disable, field, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { meaningWord, utc } from "./format.js";
import { keepTyped, forget } from "./drafts.js";
import { manifestation, signedLine } from "./manifestation.js";

const LOOK_EVERY_MS = 5000;

export function mount({ el, channel }) {
  const signing = new Signing(el, channel);
  channel.watch((view) => signing.update(view));
  return () => signing.stop();
}

class Signing {
  constructor(el, channel) {
    this.channel = channel;
    this.frame = new Frame(el, "Sign", channel);
    this.reload = () => channel.ask("reload").catch((error) => this.frame.failed(error, { retry: this.reload, unknown: "Nothing was changed." }));
    this.frame.tools.append(button("Refresh", this.reload));
    this.facts = h("div", { class: "bl-card" });
    this.place = h("div");
    this.onmessage = (event) => this.heard(event);
    window.addEventListener("message", this.onmessage);
  }

  update(view) {
    if (this.iframe && view.state !== "ready") return; // never take a signing page away because reading failed
    if (unreadable(this.frame, view, this.reload)) return;
    this.view = view;
    const { result } = view;
    this.frame.describe({ record: result.result, status: result.status, version: `version ${result.version}`, signed: signedLine(result) });
    replace(this.facts,
      h("h3", {}, result.title || result.result),
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Pins"), h("dd", {}, result.analyses.map((v) => v.id).join(", ")),
        h("dt", {}, "Made by"), h("dd", {}, `${result.created_by}, ${utc(result.created_at)}`),
        h("dt", {}, "Digest to be signed"), h("dd", {}, h("code", {}, result.digest))),
      result.signatures.length ? h("div", { class: "bl-columns" }, result.signatures.map(manifestation)) : h("p", { class: "bl-hint" }, "Nobody has signed this result."));
    if (!this.frame.body.contains(this.place)) replace(this.frame.body, this.facts, this.place);
    if (!this.intent) this.drawSteps();
  }

  drawSteps() {
    const { steps, result } = this.view.result;
    if (!steps.length) {
      replace(this.place, h("p", { class: "bl-hint" }, "Nothing can be done with this result any more."));
      return;
    }
    const comment = keepTyped(h("textarea", { maxlength: "2000", rows: 2 }), `comment.${result}`);
    const reason = keepTyped(h("textarea", { maxlength: "2000", rows: 2 }), `reason.${result}`);
    const signed = steps.filter((s) => s.needs_signature);
    const needsReason = signed.some((s) => s.needs_reason && s.allowed);
    const buttons = steps.map((step) => this.stepButton(step, reason, comment));
    const check = () => buttons.forEach(({ node, step }) => disable(node, this.whyNot(step, reason)));
    reason.addEventListener("input", check);
    check();
    const refused = steps.filter((s) => !s.allowed && s.why_not);
    replace(this.place, h("div", { class: "bl-card" }, h("h4", {}, "Next steps"),
      needsReason && stacked(field("Reason", reason), "required for: " + signed.filter((s) => s.needs_reason && s.allowed).map((s) => s.label).join(", ")),
      signed.some((s) => s.allowed) && stacked(field("Comment", comment), "optional, shown with the signature"),
      h("div", { class: "bl-bar" }, buttons.map(({ node }) => node)),
      refused.length ? h("ul", { class: "bl-hint" }, refused.map((s) => h("li", {}, `${s.label}: ${s.why_not}`))) : null));
  }

  stepButton(step, reason, comment) {
    const label = step.needs_signature ? `${step.label} (sign: ${meaningWord(step.meaning)})` : step.label;
    const node = button(label, () => (step.needs_signature ? this.prepare(step, reason.value.trim(), comment.value.trim()) : this.take(step)), { kind: step.allowed ? "bl-primary" : "" });
    node.dataset.action = step.action;
    return { node, step };
  }

  whyNot(step, reason) {
    if (!step.allowed) return step.why_not || "Not possible now.";
    return step.needs_signature && step.needs_reason && !reason.value.trim() ? "Type the reason first." : "";
  }

  async take(step) {
    try {
      const taken = await this.channel.ask("take_for_review");
      this.frame.did(`${taken.result}: ${step.label.toLowerCase()}`, taken.entry, { record: taken.result });
    } catch (error) {
      this.frame.failed(error, { retry: this.reload, reload: this.reload });
    }
  }

  async prepare(step, reason, comment) {
    this.frame.clearNotice();
    try {
      const intent = await this.channel.ask("prepare", { action: step.action, reason, comment });
      this.show(intent, step);
    } catch (error) {
      this.frame.failed(error, { reload: this.reload, unknown: "Nothing was signed." });
    }
  }

  show(intent, step) {
    const url = new URL(intent.url);
    // The page must be the records service's own: a kernel might name any address.
    if (url.origin !== this.view.signing_origin || url.origin === location.origin) {
      this.frame.say("refused", "This signing page is not the records service's.", `It is at ${url.origin}. Don't type a password; tell the System Manager.`);
      return;
    }
    this.intent = intent;
    this.iframe = h("iframe", { src: intent.url, title: "Signing page of the records service", sandbox: "allow-scripts allow-forms allow-same-origin", referrerpolicy: "origin" });
    replace(this.place, h("div", { class: "bl-signing" },
      h("strong", {}, `Sign: ${step.label}`), h("span", { class: "bl-hint" }, `The page below comes from ${url.origin}, the records service itself. It shows what you sign; type user name and password only there. It closes by itself when there is no input.`),
      this.iframe, h("div", { class: "bl-bar" }, button("Close without signing", () => this.close("Nothing was signed")))));
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.iframe.scrollIntoView({ block: "nearest" });
  }

  /** The page says only "done, read again"; whatever else it or others say is not listened to. */
  heard(event) {
    if (!this.iframe || event.source !== this.iframe.contentWindow || event.origin !== new URL(this.intent.url).origin) return;
    if (event.data?.intent && event.data.intent !== this.intent.intent) return;
    this.look(true);
  }

  async look(wasTold = false) {
    if (this.isLooking || !this.intent) return;
    this.isLooking = true;
    try {
      const seen = await this.channel.ask("outcome", { intent: this.intent.intent });
      if (seen.state === "signed") this.finished(seen);
      else if (seen.state === "ended") this.close("The signing page has ended; nothing was signed");
    } catch (error) {
      if (wasTold) this.frame.failed(error, { retry: () => this.look(true), unknown: "Whether it was signed is read from the records when they answer." });
    } finally {
      this.isLooking = false;
    }
  }

  finished(seen) {
    const { result } = this.view;
    forget(`comment.${result.result}`);
    forget(`reason.${result.result}`);
    const signature = result.signatures.find((s) => s.signature === seen.signature);
    this.close("");
    this.frame.did(signature ? `${signature.printed_name} signed (${meaningWord(signature.meaning)}), ${utc(signature.signed_at)}` : `Signed: ${seen.signature}`, signature?.entry, { record: result.result });
  }

  close(words) {
    clearInterval(this.timer);
    this.intent = null;
    this.iframe = null;
    if (words) this.frame.did(words);
    this.drawSteps();
  }

  stop() {
    clearInterval(this.timer);
    window.removeEventListener("message", this.onmessage);
  }
}

function stacked(node, hint) {
  node.classList.add("bl-stacked");
  node.append(h("span", { class: "bl-hint" }, hint));
  return node;
}
