// Result: pins saved analysis versions; what is reviewed and signed is a result, never an image or a draft.
import { h, button, field, replace } from "./dom.js";
import { Frame, statusChip, unreadable } from "./frame.js";
import { command, utc } from "./format.js";
import { keepTyped, forget } from "./drafts.js";
import { copyButton } from "./import_image.js";
import { manifestation, signedLine } from "./manifestation.js";
import { isUnanswered } from "./channel.js";

export function mount({ el, channel }) {
  const frame = new Frame(el, "Result", channel);
  const reload = async () => {
    try { await channel.ask("reload"); } catch (error) { frame.failed(error, { retry: reload, unknown: "Nothing was changed." }); }
  };
  frame.tools.append(button("Refresh", reload));
  const chosen = new Set();
  let view = {};

  /** Ask for a change; where the answer is lost, read again and let the person see what is there. */
  async function change(name, args, done) {
    try {
      const value = await channel.ask(name, args);
      frame.clearNotice();
      done(value);
    } catch (error) {
      frame.failed(error, { reload, retry: isUnanswered(error) ? reload : null, unknown: "Try again reads the results: if it is listed below, it was saved; if not, nothing was." });
    }
  }

  const create = (title) => change("create", { title: title.value.trim(), analyses: [...chosen] }, (made) => {
    forget(`title.${view.record}`);
    title.value = "";
    chosen.clear();
    frame.did(`${made.result} version ${made.version} was made`, made.entry, { record: made.result });
    draw();
  });

  function maker() {
    const title = keepTyped(h("input", { type: "text", maxlength: "200", class: "bl-wide", autocomplete: "off" }), `title.${view.record}`);
    const make = button("Make result", () => create(title), { kind: "bl-primary" });
    const rows = [...view.versions].reverse().map((v) => {
      const box = h("input", { type: "checkbox", "aria-label": `Pin ${v.id}` });
      box.checked = chosen.has(v.id);
      box.addEventListener("change", () => { if (box.checked) chosen.add(v.id); else chosen.delete(v.id); draw(); });
      return h("tr", {}, h("td", {}, box), h("th", { scope: "row" }, h("code", {}, v.id)), h("td", {}, `${v.shapes} shapes`), h("td", {}, v.saved_by), h("td", {}, utc(v.saved_at)),
        h("td", { class: "bl-text" }, v.reason || "–"), h("td", {}, h("code", { title: v.digest }, v.digest.slice(0, 12))), h("td", {}, v.results.join(", ") || "–"));
    });
    const why = !view.may_create ? "None of your roles allows making results." : !view.versions.length ? "Save an analysis version in ImageViewer first." : chosen.size ? "" : "Tick at least one analysis version.";
    if (why) { make.setAttribute("aria-disabled", "true"); make.title = why; }
    return h("div", { class: "bl-card" }, h("h3", {}, "Make a result"),
      rows.length ? h("div", { class: "bl-scroll" }, h("table", { class: "bl-table" },
        h("thead", {}, h("tr", {}, ["Pin", "Analysis version", "Shapes", "Saved by", "Saved", "Reason", "Digest", "In results"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", {}, rows)))
        : h("p", { class: "bl-hint" }, "No version of an analysis of this image has been saved."),
      h("div", { class: "bl-bar" }, field("Title", title, "optional"), make, why && h("span", { class: "bl-hint" }, why)));
  }

  function card(result) {
    const steps = result.steps.map((step) => {
      const label = step.label;
      if (step.action === "result.review.start") {
        return button(label, () => change("take_for_review", { result: result.result }, (taken) => frame.did(`${taken.result} was taken for review`, taken.entry, { record: taken.result })), { why: step.allowed ? "" : step.why_not });
      }
      const sign = command("Sign", "result", result.result);
      return button(step.needs_signature ? `${label}…` : label, () => frame.did(`To ${label.toLowerCase()}, run this in a cell: ${sign}`, null, { link: copyButton(frame, sign) }), { why: step.allowed ? "" : step.why_not });
    });
    const refused = result.steps.filter((s) => !s.allowed && s.why_not);
    return h("div", { class: "bl-card", "data-result": result.result },
      h("h3", {}, h("code", {}, result.result), statusChip(result.status), `version ${result.version}`, result.title && h("span", { class: "bl-soft" }, result.title), h("span", { class: "bl-soft" }, signedLine(result))),
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Pins"), h("dd", {}, result.analyses.map((v) => h("div", {}, h("code", {}, v.id), ` – ${v.shapes} shapes, saved by ${v.saved_by}, ${utc(v.saved_at)}`))),
        h("dt", {}, "Images"), h("dd", {}, result.images.join(", ")),
        h("dt", {}, "Digest"), h("dd", {}, h("code", {}, result.digest)),
        h("dt", {}, "Made by"), h("dd", {}, `${result.created_by}, ${utc(result.created_at)}`),
        h("dt", {}, "Contributors"), h("dd", {}, result.contributors.join(", ")),
        h("dt", {}, "Commands"), h("dd", {}, ["Sign", "ExportPdf"].map((name) => h("div", {}, h("code", { class: "bl-command" }, command(name, "result", result.result)))))),
      result.signatures.length ? h("div", { class: "bl-columns" }, result.signatures.map(manifestation)) : null,
      steps.length ? h("h4", {}, "Next steps") : null, h("div", { class: "bl-bar" }, steps),
      refused.length ? h("details", {}, h("summary", {}, "Why some steps can't be taken"), h("ul", {}, refused.map((s) => h("li", {}, `${s.label}: ${s.why_not}`)))) : null);
  }

  function draw() {
    if (unreadable(frame, view, reload)) return;
    frame.describe({ record: view.record, status: view.image.status, version: `${view.results.length} result${view.results.length === 1 ? "" : "s"}`, signed: view.results.length ? signedLine(view.results[0]) : "unsigned" });
    const focused = document.activeElement?.getAttribute?.("aria-label");
    replace(frame.body, view.results.map(card), maker());
    if (focused) frame.body.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  channel.watch((given) => { view = given; draw(); });
}
