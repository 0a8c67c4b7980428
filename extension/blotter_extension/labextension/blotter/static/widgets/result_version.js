// The next version of a result: other pins, a reason, on top of the revision that the person saw.
import { h, button, disable } from "./dom.js";
import { statusWords } from "./format.js";
import { forget, keyFor } from "./drafts.js";
import { pinTable } from "./pins.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";

const ACTION = "result.version.add";

/** What of a result is on a line: to say what was seen and what is there now. */
const inWords = (result) => `version ${result.version}, ${statusWords(result.status)[0].toLowerCase()}, pins ${result.analyses.map((v) => v.id).join(", ")}`;

export class NextVersion {
  /** `result`: as the person saw it when the form was opened. `reload()`: reads again. `redraw()`. `find()`: the result as it is now. `onend()`. */
  constructor({ frame, channel, result, reasons, reload, redraw, find, onend }) {
    Object.assign(this, { frame, channel, reload, redraw, find, onend, seen: result });
    this.chosen = new Set(result.analyses.map((v) => v.id));
    this.why = new ReasonControl(reasons, `reason.version.${this.id}`);
    this.why.show(ACTION);
    this.make = button("", () => this.save(), { kind: "bl-primary" });
    this.hint = h("span", { class: "bl-hint" });
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, () => this.check());
  }

  get id() { return this.seen.result; }
  get requestKey() { return `request.${this.id}`; }

  /** The form; a new table each time, since the versions may have changed. */
  draw(versions) {
    // A result may pin analyses of other images too: those stay pinned unless the box is cleared.
    const known = new Set(versions.map((v) => v.id));
    const others = this.seen.analyses.filter((v) => !known.has(v.id)).map((v) => ({ results: [this.id], ...v }));
    this.make.textContent = `Make version ${this.seen.version + 1}`;
    this.check();
    return h("div", { class: "bl-card", role: "group", "aria-label": `New version of ${this.id}` },
      h("h4", {}, `Version ${this.seen.version + 1} of ${this.id}`),
      pinTable([...others, ...versions], this.chosen, () => this.check(), (id) => `Pin ${id} in ${this.id}`),
      h("div", { class: "bl-bar" }, this.why.el, this.make, button("Cancel", () => this.onend()), this.hint),
      this.seen.signatures.length ? h("p", { class: "bl-hint" }, "Signatures stay with the version that was signed and are shown as outdated.") : null);
  }

  check() {
    const why = this.isBusy ? "Saving…" : !this.chosen.size ? "Tick at least one analysis version." : this.why.whyNot(ACTION, 1, "Say why there is a new version.");
    const same = this.chosen.size === this.seen.analyses.length && this.seen.analyses.every((v) => this.chosen.has(v.id));
    disable(this.make, why);
    this.hint.textContent = why || (same ? "It pins what the version before it pins." : "");
  }

  async save() {
    const asked = { result: this.id, analyses: [...this.chosen].sort(), expected_rev: this.seen.rev, ...this.why.value };
    this.isBusy = true;
    this.check();
    try {
      const made = await this.channel.ask("create_version", { ...asked, idempotency_key: keyFor(this.requestKey, asked) });
      forget(this.requestKey);
      this.why.clear();
      this.frame.clearNotice();
      this.onend();
      this.frame.did(`${made.result} version ${made.version} was made`, made.entry, { record: made.result });
    } catch (error) {
      this.frame.failed(error, { reload: () => this.showChange(), retry: isUnanswered(error) ? () => this.save() : null,
        unknown: "Your choice and reason are kept. Try again asks for the same version: it is made once, however often it is asked for." });
    } finally {
      this.isBusy = false;
      this.check();
    }
  }

  /** Somebody was faster: read again, say what was seen and what is there now, and go on from there. */
  async showChange() {
    const before = this.seen;
    await this.reload();
    const now = this.find();
    if (!now || now.rev === before.rev) return;
    this.seen = now;
    const open = now.is_open ? "Your choice and reason are kept; look at them again, then make the version." : "It can't get another version now; your reason is kept.";
    this.frame.say("stale", `${now.result} is now: ${inWords(now)}.`, `You had seen: ${inWords(before)}. ${open}`);
    if (!now.is_open) this.onend();
    else this.redraw();
  }
}
