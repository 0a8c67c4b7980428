// BandTable: an analysis as a table, what is made of its signals, its charts. Numbers and pictures are the service's.
import { h, button, disable, field, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { bytes } from "./format.js";
import { forget, keyFor } from "./drafts.js";
import { routeUrl } from "./person_server.js";
import { ReasonControl } from "./reason.js";
import { isUnanswered } from "./channel.js";
import { BandSheet } from "./table/sheet.js";
import { ChoiceForm } from "./table/choice.js";
import { ChartRow } from "./table/charts.js";

export function mount({ el, channel }) {
  const frame = new Frame(el, "Band table", channel);
  const reload = () => channel.ask("reload").catch((error) => frame.failed(error, { retry: reload, unknown: "Nothing was changed." }));
  frame.tools.append(button("Refresh", reload));
  let view = {};
  let form = null; // of the quantities, while it is open
  let why = null; // why the draft is saved
  const sheet = new BandSheet();
  const charts = new ChartRow({ comm: channel.comm, onfile: (request) => makeFile(request), onfailed: (error) => frame.failed(error, { unknown: "Nothing was changed." }) });
  const files = h("div", { class: "bl-bar", role: "group", "aria-label": "Files" });
  const version = h("select", { "aria-label": "Version" });
  version.addEventListener("change", () => channel.ask("show_version", { version: version.value ? Number(version.value) : null }).catch((error) => frame.failed(error, { unknown: "Nothing was changed." })));

  /** Ask for a change once, however often it is asked for; `done` gets what came back. */
  async function change(command, asked, words) {
    const place = `request.${command}.${view.record}`;
    try {
      const made = await channel.ask(command, { request: { ...asked, idempotency_key: keyFor(place, asked) } });
      forget(place);
      frame.clearNotice();
      frame.did(words(made), made.entry, { record: view.record });
      return true;
    } catch (error) {
      frame.failed(error, { reload, retry: isUnanswered(error) ? () => change(command, asked, words) : null, unknown: "Try again asks for the same: it is done once, however often it is asked for." });
      return false;
    }
  }

  async function set(quantities) {
    const asked = { expected_rev: view.analysis.rev, quantities };
    if (await change("set_quantities", asked, () => (quantities ? "Quantities were set" : "Quantities were taken away"))) {
      form?.forget();
      form = null;
      draw();
    }
  }

  async function save() {
    const asked = { expected_rev: view.analysis.rev, ...why.value };
    if (await change("save_version", asked, (made) => `Version ${made.versions} was saved`)) why.clear();
  }

  async function makeFile(request) {
    try {
      const made = await channel.ask("make_file", { version: view.version, request });
      const link = h("a", { class: "bl-button", href: view.may_download ? routeUrl(`exports/${made.export}?comm=${encodeURIComponent(channel.comm)}`) : null, download: made.file_name, "data-export": made.export },
        `Download ${made.file_name} (${bytes(made.bytes)})`);
      files.append(link);
      frame.did(`${made.export} was made`, made.entry, { record: made.export });
    } catch (error) {
      frame.failed(error, { retry: () => makeFile(request), unknown: "No record is changed by an export: it can be made again." });
    }
  }

  const whyNotEdit = () => (view.version ? "This is a saved version; choose the draft." : !view.may_edit ? "None of your roles allows changing analyses." : view.analysis.is_editable ? "" : view.analysis.why_not_editable);
  const whyNotFile = () => (!view.may_export ? "None of your roles allows exporting tables." : view.version ? "" : "Files are made of saved versions; choose one.");

  function openForm() {
    form = form ? null : new ChoiceForm({ view, onset: set, onend: () => { form = null; draw(); } });
    draw();
    form?.el.querySelector("input, select")?.focus();
  }

  function saving() {
    if (view.version || view.analysis.is_saved || whyNotEdit()) return null;
    why ||= new ReasonControl(view.reasons, `reason.table.${view.record}`);
    const next = view.versions.length + 1;
    why.show("analysis.save", next);
    if (next === 1) why.el.hidden = true; // asked for changes only
    const act = button(`Save version ${next}`, save);
    const check = () => disable(act, why.whyNot("analysis.save", next, "Say why it is changed."));
    why.el.oninput = check;
    check();
    return h("div", { class: "bl-bar" }, why.el, act);
  }

  function draw() {
    if (unreadable(frame, view, reload)) return;
    const { analysis, versions, quantities, table } = view;
    const shown = view.version ? `version ${view.version}` : analysis.is_saved ? `draft, equal to version ${versions.length}` : "draft, not saved";
    frame.describe({ record: analysis.analysis, version: shown });
    replace(version, h("option", { value: "" }, "Draft"), versions.map((one) => h("option", { value: one.version }, `Version ${one.version}, ${one.saved_by}`)));
    version.value = view.version || "";
    const problem = quantities?.problem;
    const notes = quantities?.numbers?.notes || [];
    const open = button(quantities ? "Change quantities…" : "Set quantities…", openForm, { why: whyNotEdit() });
    open.setAttribute("aria-expanded", String(Boolean(form)));
    const away = quantities ? button("Take away", () => set(null), { why: whyNotEdit(), kind: "bl-quiet" }) : null;
    const made = [...files.querySelectorAll("[data-export]")];
    replace(files, ["csv", "xlsx"].map((kind) => button(`Make ${kind.toUpperCase()}`, () => makeFile({ form: kind }), { why: whyNotFile() })), made);
    sheet.show(table);
    charts.show({ analysis: analysis.analysis, rev: analysis.rev, version: view.version, table, whyNotFile: whyNotFile() });
    replace(frame.body,
      h("div", { class: "bl-bar" }, field("Shown", version), open, away),
      problem && h("p", { class: "bl-notice bl-refused", role: "alert" }, `The quantities cannot be computed: ${problem} Set them again, or take them away.`),
      form?.el, saving(), sheet.el,
      notes.length ? h("ul", { class: "bl-hint" }, notes.map((note) => h("li", {}, note))) : null,
      groups(quantities), wellGroups(quantities), files, charts.el);
  }

  channel.watch((given) => { view = given; draw(); });
}

/** The groups with their statistics, as the service computed them. */
function groups(quantities) {
  const rows = quantities?.numbers?.groups || [];
  if (!rows.length) return null;
  const columns = [["n", "n"], ["excluded", "Left out"], ["mean", "Mean"], ["standard_deviation", "SD"], ["standard_error", "SEM"], ["cv", "CV, %"], ["fold_change", "Fold change"], ["low", "95 % from"], ["high", "to"]];
  return BandSheet.small("Groups", ["Target", "Group", ...columns.map(([, name]) => name)], rows.map((row) => [row.target, row.group, ...columns.map(([key]) => row[key])]));
}

/** The groups of a plate's wells, as the service computed them. */
function wellGroups(quantities) {
  const plate = quantities?.numbers?.plate;
  if (!plate?.groups.length) return null;
  const columns = [["n", "n"], ["excluded", "Left out"], ["mean", "Mean"], ["standard_deviation", "SD"], ["standard_error", "SEM"], ["cv", "CV, %"], ["percent", "Of control, %"]];
  return BandSheet.small("Wells by group", ["Group", ...columns.map(([, name]) => name)], plate.groups.map((row) => [row.group, ...columns.map(([key]) => row[key])]));
}
