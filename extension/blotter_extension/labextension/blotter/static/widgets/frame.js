// What every widget has around it: a head (what, id, status, version, signed by), a body, a foot (what the last
// action did and its audit entry) and the states in between (loading, refused, offline, stale).
import { h, replace, button } from "./dom.js";
import { statusWords, entryWord } from "./format.js";
import { isUnanswered, isStale } from "./channel.js";

// A number comes within a second; under load a little later.
const ASK_AFTER_MS = [1000, 2000, 4000, 8000];

export class Frame {
  constructor(el, name, channel) {
    this.channel = channel;
    this.title = h("span", { class: "bl-what" }, name);
    this.record = h("code", { class: "bl-id" });
    this.chip = h("span", { class: "bl-chips" });
    this.version = h("span", { class: "bl-version" });
    this.signed = h("span", { class: "bl-signed" });
    this.tools = h("span", { class: "bl-head-tools" });
    this.head = h("header", { class: "bl-head" }, this.title, this.record, this.chip, this.version, this.signed, this.tools);
    this.notice = h("div", { class: "bl-notice", hidden: true });
    this.body = h("div", { class: "bl-body" });
    this.foot = h("footer", { class: "bl-foot", role: "status", "aria-live": "polite" }, "Nothing done here yet.");
    this.section = h("section", { class: "bl-widget", "aria-label": name }, this.head, this.notice, this.body, this.foot);
    el.append(this.section);
  }

  /** Show who and what: {record, status, version, signed}. Missing keys are left empty. */
  describe({ record = "", status = "", statuses = [], version = "", signed = "" }) {
    this.record.textContent = record;
    this.section.setAttribute("aria-label", `${this.title.textContent} ${record}`.trim());
    replace(this.chip, [status, ...statuses].filter(Boolean).map(statusChip));
    this.version.textContent = version;
    this.signed.textContent = signed;
  }

  loading(what) {
    replace(this.body, h("div", { class: "bl-state", role: "status" }, h("span", { class: "bl-spinner", "aria-hidden": "true" }), what));
  }

  empty(headline, ...more) {
    replace(this.body, h("div", { class: "bl-state" }, h("strong", {}, headline), more));
  }

  /**
   * The last action, with its audit entry. `record` is the record that names the entry: where the entry has no number
   * yet, it is asked for until it has one. `link` is an optional element after the text.
   */
  did(text, entry = null, { record = "", link = null } = {}) {
    clearTimeout(this.timer);
    const mark = entry ? h("span", { class: "bl-entry" }, entryWord(entry)) : null;
    replace(this.foot, h("span", {}, text), mark && "·", mark, link);
    if (entry && record && (entry.number ?? null) === null) this.number(record, entry, mark, 0);
  }

  number(record, entry, mark, turn) {
    if (turn >= ASK_AFTER_MS.length) return;
    this.timer = setTimeout(async () => {
      const number = await this.channel.ask("find_number", { record, entry: entry.id }).catch(() => null);
      if (number !== null) mark.textContent = entryWord({ number });
      else if (mark.isConnected) this.number(record, entry, mark, turn + 1);
    }, ASK_AFTER_MS[turn]);
  }

  clearNotice() {
    this.notice.hidden = true;
    replace(this.notice);
  }

  /** One line above the body. `kind`: refused, offline, stale, info, done. `actions`: buttons. `stays`: one of them must be chosen. */
  say(kind, headline, detail = "", actions = [], { stays = false } = {}) {
    const icon = { refused: "⛔", offline: "⚡", stale: "⟳", info: "ℹ", done: "✓" }[kind] || "ℹ";
    this.notice.className = `bl-notice bl-${kind}`;
    this.notice.setAttribute("role", kind === "info" || kind === "done" ? "status" : "alert");
    this.notice.hidden = false;
    replace(this.notice, h("span", { class: "bl-icon", "aria-hidden": "true" }, icon),
      h("div", { class: "bl-notice-text" }, h("strong", {}, headline), detail && h("div", {}, detail)),
      h("div", { class: "bl-actions" }, actions, stays ? null : button("Close", () => this.clearNotice(), { kind: "bl-quiet" })));
  }

  /** Say a failure so that a person knows what happened and what to do. */
  failed(error, { retry = null, reload = null, more = [], stays = false, unknown = "Whether it was saved is not known." } = {}) {
    const { detail = error.message, diagnostics = "", entry = null } = error.problem || {};
    const written = entry ? ` This refusal is in the audit trail (id ${entry}).` : "";
    if (isUnanswered(error)) {
      this.say("offline", detail, `${unknown} ${diagnostics}`.trim(), [...more, retry && button("Try again", retry)], { stays });
    } else if (isStale(error)) {
      this.say("stale", detail, diagnostics, [...more, reload && button("Reload and show what changed", reload)], { stays });
    } else {
      this.say("refused", detail, diagnostics + written, [...more, retry && button("Try again", retry)], { stays });
    }
  }
}

export function statusChip(status) {
  const [word, icon] = statusWords(status);
  return h("span", { class: `bl-chip bl-status-${status}` }, h("span", { "aria-hidden": "true" }, icon), " ", word);
}

/**
 * Show a view that could not be read. Returns true when there is nothing else to draw.
 * `view.state` is set by the Python half: ready, refused or offline.
 */
export function unreadable(frame, view, reload) {
  if (view.state === "ready") return false;
  if (!view.state) {
    frame.loading("Loading…");
    return true;
  }
  const problem = view.problem || {};
  frame.describe({ record: view.record || "" });
  replace(frame.body, h("div", { class: "bl-state", role: "alert" },
    h("strong", {}, view.state === "offline" ? "The records service does not answer. Nothing was changed." : problem.detail || "Refused."),
    problem.diagnostics && h("p", {}, problem.diagnostics),
    problem.entry && h("p", { class: "bl-hint" }, `This refusal is in the audit trail (id ${problem.entry}).`),
    button("Try again", reload)));
  return true;
}

/**
 * A widget of one page, which keeps what is shown and typed: a later view that cannot be read is told above it.
 * `Page` is made with frame, channel, first view and reload; its `update(view)` draws each view; `end` ends it.
 */
export function mountPage({ el, channel }, title, Page, end = () => {}) {
  const frame = new Frame(el, title, channel);
  const reload = () => channel.ask("reload").catch((error) => frame.failed(error, { retry: reload, unknown: "Nothing was changed." }));
  let page = null;
  frame.tools.append(button("Refresh", reload));
  channel.watch((view) => {
    if (page && view.state !== "ready") frame.failed({ problem: view.problem }, { retry: reload, unknown: "Nothing was changed." });
    else if (page || !unreadable(frame, view, reload)) {
      page ??= new Page(frame, channel, view, reload);
      page.update(view);
    }
  });
  return () => page && end(page);
}
