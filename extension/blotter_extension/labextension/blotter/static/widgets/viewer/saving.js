// Saving the draft as a version, and finding out what happened to a save that was never answered.
import { h, button, disable, redrawn } from "../dom.js";
import { recall, remember, forget, idempotencyKey } from "../drafts.js";
import { command, entryWord } from "../format.js";
import { copyButton } from "../copy_button.js";
import { isUnanswered } from "../channel.js";
import { ReasonControl } from "../reason.js";

const LOOK_AGAIN_MS = 2000;
const ACTION = "analysis.save";

export class Saving {
  /** `draft`: Draft. `frame`: Frame. `reasons`: how saving asks why. `onsaved(version)`. */
  constructor({ channel, frame, draft, reasons, onsaved }) {
    Object.assign(this, { channel, frame, draft, onsaved });
    this.why = new ReasonControl(reasons, "reason.analysis");
    this.button = button("Save version", () => this.save());
    this.table = h("div", { class: "bl-bar bl-open" });
    this.el = h("div", { class: "bl-bar bl-save", role: "group", "aria-label": "Save" }, this.why.el, this.button, this.table);
  }

  get nextVersion() {
    return this.draft.analysis.versions.length + 1;
  }

  update() {
    const { analysis } = this.draft;
    this.el.hidden = !analysis;
    if (!analysis) return;
    if (this.kept !== analysis.analysis) {
      this.kept = analysis.analysis;
      this.why.move(`reason.${analysis.analysis}`);
      this.settleLost();
    }
    this.button.textContent = `Save version ${this.nextVersion}`;
    const table = command("BandTable", "analysis", analysis.analysis);
    redrawn(this.table, [table], () => ["Quantities, charts, files:", h("code", { class: "bl-command" }, table), copyButton(this.frame, table)]);
    const rule = this.why.rule(ACTION, this.nextVersion);
    this.why.el.hidden = rule === "none";
    this.why.say(rule === "optional" ? `optional for version ${this.nextVersion}` : `required for version ${this.nextVersion}${rule === "list" ? ", from the list, too" : ""}`);
    this.why.disabled = !analysis.is_editable;
    disable(this.button, this.whyNot());
  }

  whyNot() {
    const { analysis, queue } = this.draft;
    if (this.isBusy) return "Saving…";
    if (!analysis.is_editable) return analysis.why_not_editable || "This analysis can't be changed.";
    if (queue.length) return "Waiting until your last change is recorded.";
    if (!analysis.shapes.length) return "Draw at least one shape first.";
    if (analysis.is_saved) return `Nothing has changed since version ${analysis.versions.length}.`;
    return "";
  }

  lostKey() {
    return `save.${this.draft.analysis.analysis}`;
  }

  async save(again = null) {
    const { analysis } = this.draft;
    const version = this.nextVersion;
    const missing = this.why.whyNot(ACTION, version, version > 1 ? `Version ${version} replaces version ${version - 1}: say why, then save.` : "Say why, then save.");
    if (missing) {
      this.frame.say("refused", "A reason is needed.", missing);
      this.why.text.focus();
      return;
    }
    const asked = again || { version, expected_rev: analysis.rev, ...this.why.value, idempotency_key: idempotencyKey() };
    remember(this.lostKey(), asked); // survives a dead kernel and a reloaded page
    this.isBusy = true;
    this.update();
    try {
      const { version: _version, ...request } = asked;
      const saved = await this.channel.ask("save_version", { analysis: analysis.analysis, request });
      this.draft.accept(saved);
      this.done(asked.version, saved.entry);
    } catch (error) {
      if (isUnanswered(error)) this.lost(asked, error);
      else {
        forget(this.lostKey());
        this.frame.failed(error, { reload: () => this.onstale() });
      }
    } finally {
      this.isBusy = false;
      this.update();
    }
  }

  done(version, entry) {
    forget(this.lostKey());
    this.why.clear();
    this.frame.clearNotice();
    this.frame.did(`Version ${version} was saved`, entry, { record: this.draft.analysis.analysis });
    this.onsaved(version);
  }

  /** Somebody closed the page or the kernel died between asking and being answered: look it up. */
  settleLost() {
    const asked = recall(this.lostKey());
    if (asked && !this.isBusy) this.find(asked);
  }

  lost(asked, error) {
    this.frame.say("offline", error.problem.detail, `Whether version ${asked.version} was saved is being looked up. What you typed is kept.`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(asked), LOOK_AGAIN_MS);
  }

  /** Ask the records, not our memory. */
  async find(asked) {
    let found;
    try {
      found = await this.channel.ask("find_save", { analysis: this.draft.analysis.analysis, version: asked.version, expected_rev: asked.expected_rev }, { within: 8000 });
    } catch (error) {
      if (isUnanswered(error)) this.lost(asked, error);
      else this.frame.failed(error);
      return;
    }
    this.draft.accept(found.analysis);
    if (found.saved) {
      this.done(asked.version, found.entry);
      this.frame.say("done", `Version ${asked.version} was saved${found.entry ? ` (${entryWord(found.entry)})` : ""}.`, "The answer had been lost on the way; this is what the records say.");
      return;
    }
    forget(this.lostKey());
    if (!this.why.text.value) this.why.put(asked);
    this.frame.did("Nothing was saved");
    this.frame.say("offline", "Nothing was saved.", `The records have no version ${asked.version}. Your reason is kept; save again when you are ready.`,
      [button("Save again", () => { this.frame.clearNotice(); this.save(asked); })]);
  }

  stop() {
    clearTimeout(this.timer);
  }
}

/** The saved versions: each can be looked at; the draft is one press away. */
export function versionList({ onopen, onclose }) {
  const list = h("ol", { class: "bl-versions" });
  const summary = h("summary");
  const el = h("details", {}, summary, list);
  function draw(analysis, openVersion) {
    el.hidden = !analysis?.versions.length;
    if (el.hidden) return;
    summary.textContent = `Versions (${analysis.versions.length})`;
    redrawn(list, [analysis.versions, openVersion], () => [...analysis.versions].reverse().map((v) => h("li", { class: v.version === openVersion ? "bl-selected" : null },
      h("strong", {}, v.id), h("span", {}, `${v.shapes} shapes`), h("span", {}, v.saved_by),
      h("time", { datetime: v.saved_at }, v.saved_at.slice(0, 19).replace("T", " "), " UTC"),
      h("span", { class: "bl-grow" }, v.reason || "first version"), v.results.length ? h("span", { class: "bl-hint" }, `in ${v.results.join(", ")}`) : null,
      h("code", { title: v.digest }, v.digest.slice(0, 12)),
      v.version === openVersion ? button("Back to the draft", onclose) : button("Show", () => onopen(v.version)))));
  }
  return { el, draw };
}
