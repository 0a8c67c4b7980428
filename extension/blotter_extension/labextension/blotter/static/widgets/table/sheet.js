// Shapes as rows: which columns, in which order, and which rows. Six digits are shown, the stored value on hover.
import { h, replace } from "../dom.js";
import { six, count } from "../format.js";
import { recall, remember } from "../drafts.js";

const SHOWN = ["shape", "label", "lane", "use", "group", "signal", "snr", "saturated", "kda", "factor", "normalised", "relative", "value", "percent", "amount", "left_out", "flags", "quality_flags"];
const EXACT = new Set(["area", "total", "minimum", "maximum", "saturated", "lane"]);
const TEXTS = new Set(["shape", "label", "use", "target", "sample", "sample_name", "group", "left_out", "flags", "quality_flags", "notes"]);
const KEPT = "table.columns";

const said = (key, value) => (value === null ? "–" : typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "number" ? (EXACT.has(key) ? count(value) : six(value)) : value);

export class BandSheet {
  constructor() {
    this.sort = { key: "", down: false };
    this.shown = new Set(recall(KEPT) || SHOWN);
    this.filter = h("input", { type: "search", class: "bl-wide", placeholder: "Filter rows…", "aria-label": "Filter rows" });
    this.filter.addEventListener("input", () => this.draw());
    this.picker = h("div", { class: "bl-bar", role: "group", "aria-label": "Columns" });
    this.head = h("tr");
    this.body = h("tbody");
    this.told = h("span", { class: "bl-hint", role: "status" });
    this.el = h("div", { class: "bl-stack" }, h("div", { class: "bl-bar" }, this.filter, this.told),
      h("details", {}, h("summary", {}, "Columns"), this.picker),
      h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": "Bands" },
        h("table", { class: "bl-table bl-numbers" }, h("caption", { class: "bl-visually-hidden" }, "Bands with everything that is stored of them"), h("thead", {}, this.head), this.body)));
  }

  /** A table that is only read. */
  static small(name, head, rows) {
    return h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": name }, h("table", { class: "bl-table bl-numbers" },
      h("caption", {}, name), h("thead", {}, h("tr", {}, head.map((one, at) => h("th", { scope: "col", class: typeof rows[0][at] === "string" ? "bl-text" : null }, one)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value) => h("td", { class: typeof value === "string" ? "bl-text" : null, title: value === null ? "not defined here" : String(value) }, said("", value))))))));
  }

  show(table) {
    this.table = table;
    replace(this.picker, table.columns.map((column) => {
      const box = h("input", { type: "checkbox", checked: this.shown.has(column.key) });
      box.addEventListener("change", () => {
        if (box.checked) this.shown.add(column.key); else this.shown.delete(column.key);
        remember(KEPT, [...this.shown]);
        this.draw();
      });
      return h("label", {}, box, ` ${column.name}`);
    }));
    this.draw();
  }

  /** The rows that the filter leaves, sorted; rows without a value come last whichever way. */
  rows() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = this.table.rows.filter((row) => words.every((word) => row.some((value) => String(value ?? "").toLowerCase().includes(word))));
    const at = this.table.columns.findIndex((column) => column.key === this.sort.key);
    if (at < 0) return kept;
    const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
    const sign = this.sort.down ? -1 : 1;
    return [...kept].sort((a, b) => (a[at] === null) - (b[at] === null) || (a[at] === null ? 0 : sign * order(a[at], b[at])));
  }

  draw() {
    const columns = this.table.columns.map((column, at) => ({ ...column, at })).filter((column) => this.shown.has(column.key));
    const focused = document.activeElement?.dataset?.sort;
    replace(this.head, columns.map((column) => {
      const isSorted = this.sort.key === column.key;
      const press = h("button", { type: "button", class: "bl-button bl-quiet", "data-sort": column.key }, column.name, isSorted ? (this.sort.down ? " ▼" : " ▲") : "");
      press.addEventListener("click", () => {
        this.sort = { key: column.key, down: isSorted && !this.sort.down };
        this.draw();
      });
      return h("th", { scope: "col", class: TEXTS.has(column.key) ? "bl-text" : null, "aria-sort": isSorted ? (this.sort.down ? "descending" : "ascending") : "none" }, press, column.unit && h("span", { class: "bl-unit" }, column.unit));
    }));
    if (focused) this.head.querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
    const rows = this.rows();
    this.told.textContent = `${rows.length} of ${this.table.rows.length} rows`;
    replace(this.body, rows.map((row) => h("tr", { "data-row": row[0] }, columns.map(({ key, at }) => {
      const value = row[at];
      return h(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, "data-key": key, class: TEXTS.has(key) ? "bl-text" : null, title: value === null ? "not defined here, or not asked for" : String(value) }, said(key, value));
    }))));
  }
}
