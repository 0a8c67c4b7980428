// ExportPdf: the records service makes the file from the records (never from what a screen shows); we fetch it by its id.
import { h, button, disable, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { bytes, utc } from "./format.js";
import { routeUrl } from "./person_server.js";
import { signedLine } from "./manifestation.js";

const WITHIN_MS = 180_000;
const USUAL_S = { report: 8, bundle: 15 };
const WORDS = { report: "PDF report", bundle: "Export bundle" };

export function mount({ el, channel }) {
  const frame = new Frame(el, "Export", channel);
  const reload = () => channel.ask("reload").catch((error) => frame.failed(error, { retry: reload, unknown: "Nothing was changed." }));
  const made = h("div", { class: "bl-columns" });
  const progress = h("div", { class: "bl-progress", hidden: true });
  const buttons = {
    report: button("Make PDF report", () => make("report"), { kind: "bl-primary" }),
    bundle: button("Make export bundle", () => make("bundle")),
  };
  let view = {};
  let isBusy = false;

  function check() {
    disable(buttons.report, isBusy ? "Being made…" : view.may_report ? "" : "None of your roles allows making reports.");
    disable(buttons.bundle, isBusy ? "Being made…" : view.may_bundle ? "" : "None of your roles allows exporting bundles.");
  }

  async function make(kind) {
    isBusy = true;
    check();
    frame.clearNotice();
    const began = Date.now();
    const text = h("span");
    replace(progress, h("progress", { "aria-label": `Making the ${WORDS[kind]}` }), text);
    progress.hidden = false;
    const tell = () => {
      const s = Math.round((Date.now() - began) / 1000);
      const left = USUAL_S[kind] - s;
      text.textContent = `${WORDS[kind]} is being made from the records, ${s} s${left > 0 ? `, usually about ${left} s more` : ""}`;
    };
    tell();
    const timer = setInterval(tell, 1000);
    try {
      show(await channel.ask(`make_${kind}`, {}, { within: WITHIN_MS }));
    } catch (error) {
      frame.failed(error, { retry: () => make(kind), unknown: "No record is changed by an export: it can be made again." });
    } finally {
      clearInterval(timer);
      progress.hidden = true;
      isBusy = false;
      check();
    }
  }

  function show(file) {
    // A plain link: the browser sends the cookie and saves what comes; nothing is opened in this page.
    const link = h("a", { class: "bl-button bl-primary", href: routeUrl(`exports/${file.export}?comm=${encodeURIComponent(channel.comm)}`), download: file.file_name }, `Download ${file.file_name}`);
    if (!view.may_download) {
      link.removeAttribute("href");
      link.setAttribute("aria-disabled", "true");
      link.title = "None of your roles allows downloading exports.";
    }
    made.prepend(h("div", { class: "bl-card", "data-export": file.export },
      h("h3", {}, h("code", {}, file.export), file.kind === "bundle" ? WORDS.bundle : WORDS.report),
      h("dl", { class: "bl-facts-list" },
        h("dt", {}, "Of"), h("dd", {}, `${file.record} version ${file.record_version}`),
        h("dt", {}, "File"), h("dd", {}, `${file.file_name}, ${bytes(file.bytes)}${file.pages ? `, ${file.pages} pages` : ""}`),
        h("dt", {}, "SHA-256"), h("dd", {}, h("code", {}, file.sha256)),
        h("dt", {}, "Made by"), h("dd", {}, `${file.made_by}, ${utc(file.made_at)}`)), link));
    frame.did(`${file.export} was made`, file.entry, { record: file.export });
  }

  channel.watch((given) => {
    view = given;
    if (unreadable(frame, view, reload)) return;
    const { result } = view;
    frame.describe({ record: result.result, status: result.status, version: `version ${result.version}`, signed: signedLine(result) });
    if (!frame.body.contains(made)) {
      replace(frame.body, h("p", { class: "bl-hint" }, "The report is a static copy for reading. The bundle holds the sealed image, the numbers, the whole log and a verifier that needs only Python."),
        h("div", { class: "bl-bar" }, buttons.report, buttons.bundle), progress, made);
    }
    check();
  });
}
