// Takes a returned result back into analysis: no signature, but a reason, and once however often it is asked for.
import { h, button, disable } from "./dom.js";
import { forget, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";

export const RESUME = "result.resume";

/** `result`: as the person saw it. `why`: {reason, reason_code}. `fixed`: what else the Python half wants. Resolves to whether it happened. */
export async function resume({ frame, channel, result, why, reload, fixed = {} }) {
  const asked = { ...fixed, expected_rev: result.rev, ...why };
  const place = `resume.${result.result}`;
  try {
    const resumed = await channel.ask("resume", { ...asked, idempotency_key: keyFor(place, asked) });
    forget(place);
    frame.clearNotice();
    frame.did(`${resumed.result} is in analysis again`, resumed.entry, { record: resumed.result });
    return true;
  } catch (error) {
    frame.failed(error, { reload, retry: isUnanswered(error) ? () => resume({ frame, channel, result, why, reload, fixed }) : null, unknown: "Try again asks for the same: it happens once, however often it is asked for." });
    return false;
  }
}

/** The reason and the button, for a card of a result. */
export class ResumeForm {
  constructor({ frame, channel, result, reasons, reload, onend }) {
    this.id = result.result;
    this.why = new ReasonControl(reasons, `reason.resume.${this.id}`);
    this.why.show(RESUME);
    const go = button("Resume the analysis", async () => {
      if (!await resume({ frame, channel, result, why: this.why.value, reload, fixed: { result: this.id } })) return;
      this.why.clear();
      onend();
    }, { kind: "bl-primary" });
    const check = () => disable(go, this.why.whyNot(RESUME, 1, "Say why it is taken back into analysis."));
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, check);
    check();
    this.el = h("div", { class: "bl-card", role: "group", "aria-label": `Resume ${this.id}` }, h("h4", {}, `Take ${this.id} back into analysis`),
      h("div", { class: "bl-bar" }, this.why.el, go, button("Cancel", onend)));
  }

  draw() { return this.el; }
}
