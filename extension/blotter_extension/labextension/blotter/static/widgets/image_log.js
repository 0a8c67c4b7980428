// ImageLog: the audit trail of an image, readable, in pages; what was and what became of it are both shown.
import { h, button, disable, replace } from "./dom.js";
import { Frame, unreadable } from "./frame.js";
import { count, roleWord, utc } from "./format.js";

const HEADS = ["No.", "Time (UTC)", "Who", "Action, outcome", "What and why", "Notebook, version, cell"];

export function mount({ el, channel }) {
  const frame = new Frame(el, "Image log", channel);
  const filter = h("input", { type: "search", placeholder: "Filter the entries read so far", "aria-label": "Filter" });
  let entries = [];
  let page = null;
  let view = {};
  const reload = async () => {
    try {
      await channel.ask("reload");
      frame.did("The log was read again");
    } catch (error) { frame.failed(error, { retry: reload, unknown: "Nothing was changed." }); }
  };
  const body = h("tbody");
  const more = button("More entries", async () => {
    disable(more, "Reading…");
    try {
      take(await channel.ask("page", { after: page.next_after }));
    } catch (error) { frame.failed(error, { unknown: "Nothing was changed." }); }
    draw();
  });
  const summary = h("span", { class: "bl-hint" });
  const table = h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": "Entries" }, h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, HEADS.map((t) => h("th", { scope: "col" }, t)))), body));
  frame.tools.append(filter, button("Refresh", reload));
  filter.addEventListener("input", () => draw());

  function take(given) {
    page = given;
    const known = new Set(entries.map((e) => e.id));
    entries = [...entries, ...given.entries.filter((e) => !known.has(e.id))];
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const rows = entries.filter((e) => !wanted || textOf(e).includes(wanted));
    replace(body, rows.length ? rows.map(row) : h("tr", {}, h("td", { colspan: HEADS.length, class: "bl-hint" }, "No entry fits the filter.")));
    const shown = wanted ? `${count(rows.length)} of ${count(entries.length)} read` : `${count(entries.length)} read`;
    summary.textContent = `${shown}, ${count(page.total)} in all`;
    more.hidden = page.next_after === null || entries.length >= page.total;
    disable(more, "");
  }

  channel.watch((given) => {
    view = given;
    if (unreadable(frame, view, reload)) return;
    entries = [];
    take(view.page);
    frame.describe({ record: view.image.image, status: view.image.status, version: `${count(view.page.total)} entries` });
    replace(frame.body, table, h("div", { class: "bl-bar" }, summary, more));
    draw();
  });
}

const cellWords = (e) => (e.notebook ? `${e.notebook}${e.notebook_version ? `, version ${e.notebook_version}` : ""}${e.cell ? `, cell ${e.cell}` : ", no cell"}` : "–");
const who = (e) => e.printed_name || (e.service ? `service ${e.service}` : "–");
const textOf = (e) => [e.number, utc(e.at), who(e), e.user_name, e.role, e.action, e.summary, e.reason, cellWords(e), e.outcome, JSON.stringify(e.old), JSON.stringify(e.new)].join(" ").toLowerCase();
const empty = (v) => v === null || v === undefined || v === "" || (typeof v === "object" && !Object.keys(v).length);

function row(e) {
  const isBad = e.outcome !== "done";
  return h("tr", { "data-entry": e.id },
    h("th", { scope: "row", title: `hash of the entry: ${e.leaf}` }, e.number === null ? h("span", { class: "bl-hint" }, "pending") : e.number),
    h("td", { title: `${e.at} (${e.zone})` }, utc(e.at).replace(" UTC", "")),
    h("td", {}, who(e), h("div", { class: "bl-hint" }, [e.user_name, e.role && roleWord(e.role)].filter(Boolean).join(", "))),
    h("td", {}, h("code", {}, e.action), h("div", { class: isBad ? "bl-bad" : "bl-hint" }, { done: "✓ done", refused: "⛔ refused", failed: "✕ failed" }[e.outcome] || e.outcome)),
    h("td", { class: "bl-text bl-broad" }, e.summary, e.reason && h("div", { class: "bl-hint" }, `Reason: ${e.reason}`), change(e)),
    h("td", { class: "bl-text" }, cellWords(e)));
}

/** Old and new values side by side, for those who need more than the line. */
function change(e) {
  if (empty(e.old) && empty(e.new)) return null;
  return h("details", {}, h("summary", {}, "old → new"),
    h("div", { class: "bl-hint" }, "old: ", h("code", {}, empty(e.old) ? "–" : JSON.stringify(e.old))),
    h("div", { class: "bl-hint" }, "new: ", h("code", {}, empty(e.new) ? "–" : JSON.stringify(e.new))));
}
