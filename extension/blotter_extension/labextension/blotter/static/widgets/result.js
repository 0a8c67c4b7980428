// Result: pins saved analysis versions; what is reviewed and signed is a result, never an image or a draft.
import { h, button, field, replace } from "./dom.js";
import { Frame, statusChip, unreadable } from "./frame.js";
import { command, utc } from "./format.js";
import { keepTyped, keyFor, forget } from "./drafts.js";
import { pinTable } from "./pins.js";
import { RESUME, ResumeForm } from "./resume.js";
import { NextVersion } from "./result_version.js";
import { copyButton } from "./copy_button.js";
import { ResultFlags } from "./flags.js";
import { ResultInventory } from "./inventory.js";
import { manifestation, signedLine } from "./manifestation.js";
import { isUnanswered } from "./channel.js";

export function mount({ el, channel }) {
  const frame = new Frame(el, "Result", channel);
  const reload = async () => {
    try { await channel.ask("reload"); } catch (error) { frame.failed(error, { retry: reload, unknown: "Nothing was changed." }); }
  };
  frame.tools.append(button("Refresh", reload));
  const chosen = new Set();
  const flagged = new Map(); // the flags of each result: what is ticked stays while it is drawn again
  const listed = new Map(); // what each result accounts for, likewise
  let view = {};
  let next = null; // the form of a new version, or of resuming, while it is open

  /** Ask for a change; where the answer is lost, ask `again` (with the same key), or read again and see what is there. */
  async function change(name, args, done, { again = reload, unknown = "Try again reads the results: what they say is what happened." } = {}) {
    try {
      const value = await channel.ask(name, args);
      frame.clearNotice();
      done(value);
    } catch (error) {
      frame.failed(error, { reload, retry: isUnanswered(error) ? again : null, unknown });
    }
  }

  const create = (title, replaces) => {
    const asked = { title: title.value.trim(), supersedes: replaces.value || null, analyses: [...chosen].sort() };
    const place = `request.${view.record}`;
    return change("create", { ...asked, idempotency_key: keyFor(place, asked) }, (made) => {
      forget(place);
      forget(`title.${view.record}`);
      forget(`replaces.${view.record}`);
      title.value = "";
      chosen.clear();
      frame.did(`${made.result} version ${made.version} was made`, made.entry, { record: made.result });
      draw();
    }, { again: () => create(title, replaces), unknown: "Try again asks for the same result: it is made once, however often it is asked for." });
  };

  function maker() {
    const title = keepTyped(h("input", { type: "text", maxlength: "200", class: "bl-wide", autocomplete: "off" }), `title.${view.record}`);
    const approved = [["", "no other result"], ...view.replaceable.map((one) => [one.result, `${one.result} ${one.title}`.trim()])];
    const replaces = keepTyped(h("select", {}, approved.map(([value, label]) => h("option", { value }, label))), `replaces.${view.record}`);
    const make = button("Make result", () => create(title, replaces), { kind: "bl-primary" });
    const why = !view.may_create ? "None of your roles allows making results." : !view.versions.length ? "Save an analysis version in ImageViewer first." : chosen.size ? "" : "Tick at least one analysis version.";
    if (why) { make.setAttribute("aria-disabled", "true"); make.title = why; }
    return h("div", { class: "bl-card" }, h("h3", {}, "Make a result"),
      pinTable(view.versions, chosen, draw, (id) => `Pin ${id}`),
      h("div", { class: "bl-bar" }, field("Title", title, "optional"), approved.length > 1 ? field("Replaces", replaces, "once it is approved") : null, make, why && h("span", { class: "bl-hint" }, why)));
  }

  /** A result in analysis, or returned for correction, can get another version. */
  function versionButton(result) {
    if (!result.is_open) return null;
    const isOpen = next instanceof NextVersion && next.id === result.result;
    const node = button("New version…", () => {
      next = isOpen ? null : new NextVersion({ frame, channel, result, reasons: view.reasons, reload, redraw: draw, find: () => view.results?.find((r) => r.result === result.result), onend: () => { next = null; draw(); } });
      draw();
    }, { why: view.may_create ? "" : "None of your roles allows making versions of results." });
    node.setAttribute("aria-label", `New version of ${result.result}…`);
    node.setAttribute("aria-expanded", String(isOpen));
    return node;
  }

  function flagsOf(result) {
    if (!flagged.has(result.result)) flagged.set(result.result, new ResultFlags({ frame, channel, reload, reasons: view.reasons, result }));
    return flagged.get(result.result).draw(result);
  }

  function inventoryOf(result) {
    if (!listed.has(result.result)) listed.set(result.result, new ResultInventory({ frame, channel, reload, reasons: view.reasons, result }));
    return listed.get(result.result).draw(result);
  }

  function card(result) {
    const steps = result.steps.map((step) => {
      const label = step.label;
      if (step.action === "result.review.start") {
        return button(label, () => change("take_for_review", { result: result.result }, (taken) => frame.did(`${taken.result} was taken for review`, taken.entry, { record: taken.result })), { why: step.allowed ? "" : step.why_not });
      }
      if (step.action === RESUME) return button(`${label}…`, () => { next = new ResumeForm({ frame, channel, result, reasons: view.reasons, reload, onend: () => { next = null; draw(); } }); draw(); }, { why: step.allowed ? "" : step.why_not });
      const sign = command("Sign", "result", result.result);
      return button(step.needs_signature ? `${label}…` : label, () => frame.did(`To ${label.toLowerCase()}, run this in a cell: ${sign}`, null, { link: copyButton(frame, sign) }), { why: step.allowed ? "" : step.why_not });
    });
    steps.push(versionButton(result));
    const refused = result.steps.filter((s) => !s.allowed && s.why_not);
    return h("div", { class: "bl-card", "data-result": result.result },
      h("h3", {}, h("code", {}, result.result), statusChip(result.status), `version ${result.version}`, result.title && h("span", { class: "bl-soft" }, result.title), h("span", { class: "bl-soft" }, signedLine(result))),
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Pins"), h("dd", {}, result.analyses.map((v) => h("div", {}, h("code", {}, v.id), ` – ${v.shapes} shape${v.shapes === 1 ? "" : "s"}, saved by ${v.saved_by}, ${utc(v.saved_at)}`))),
        h("dt", {}, "Images"), h("dd", {}, result.layers.length ? result.layers.map(layerLine) : result.images.join(", ")),
        result.supersedes && [h("dt", {}, "Shall replace"), h("dd", {}, result.supersedes)],
        result.successor && [h("dt", {}, "Replaced by"), h("dd", {}, result.successor)],
        result.deviation && [h("dt", {}, "Deviation"), h("dd", {}, result.deviation)],
        result.waiting.length ? [h("dt", {}, "Waits for a second person"), h("dd", {}, result.waiting.join(", "))] : null,
        h("dt", {}, "Digest"), h("dd", {}, h("code", {}, result.digest)),
        h("dt", {}, "Made by"), h("dd", {}, `${result.created_by}, ${utc(result.created_at)}`),
        h("dt", {}, "Contributors"), h("dd", {}, result.contributors.join(", ")),
        h("dt", {}, "Commands"), h("dd", {}, ["Sign", "ExportPdf"].map((name) => h("div", {}, h("code", { class: "bl-command" }, command(name, "result", result.result)))))),
      result.signatures.length ? h("div", { class: "bl-columns" }, result.signatures.map(manifestation)) : null,
      h("h4", {}, "Quality flags"), flagsOf(result),
      h("h4", {}, "Scans and analyses"), inventoryOf(result),
      steps.some(Boolean) ? h("h4", {}, "Next steps") : null, h("div", { class: "bl-bar" }, steps),
      next?.id === result.result ? next.draw(view.versions) : null,
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

/** An image with everything else that the version pins of it. */
function layerLine(layer) {
  const named = [["annotations", layer.annotation], ["display", layer.display], ["acquisition", layer.acquisition], ["membrane", layer.membrane], ["probing round", layer.probing], ["samples", layer.samples.join(", ")]];
  return h("div", {}, h("code", {}, layer.image), named.filter(([, id]) => id).map(([name, id]) => `, ${name} ${id}`).join(""));
}
