// What was loaded in each lane, as a table that is filled from the keyboard: Enter goes down, Ctrl+D takes what stands above.
import { h, replace } from "../dom.js";
import { choice, labelled, number, text } from "../version_form.js";
import { sampleWords } from "./samples.js";

const COLUMNS = [["Lane", ""], ["Loaded", ""], ["Ladder", "name"], ["Amount", "µg"], ["Technical replicate", ""], ["Note", ""]];
const MOST = 2000;

export class LaneTable {
  constructor(samples) {
    this.samples = samples;
    this.rows = [];
    this.count = number(0, MOST, { value: "0" });
    this.count.addEventListener("change", () => this.resize(Number(this.count.value)));
    this.count.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.resize(Number(this.count.value));
      this.rows[0]?.loaded.focus();
    });
    this.body = h("tbody");
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.table = h("div", { class: "bl-scroll bl-lanes", role: "region", "aria-label": "Lanes", hidden: true }, h("table", { class: "bl-table" },
      h("thead", {}, h("tr", {}, COLUMNS.map(([title, unit]) => h("th", { scope: "col" }, title, unit && h("span", { class: "bl-unit" }, unit))))), this.body));
    this.keys = h("p", { class: "bl-hint", hidden: true }, "Enter or ↓ goes to the lane below, Shift+Enter or ↑ to the one above, Ctrl+D takes what stands above. In “Loaded” type the beginning of a sample's name.");
    this.el = h("div", { class: "bl-stack" }, h("div", { class: "bl-bar" }, labelled("Number of lanes", this.count)), this.table, this.keys);
  }

  /** What can be loaded. The name comes first, so that typing its beginning finds it. */
  get choices() {
    return [["blank", "Blank"], ["ladder", "Ladder"], ...this.samples.map((one) => [one.sample, sampleWords(one)])];
  }

  refresh(samples) {
    this.samples = samples;
    for (const row of this.rows) row.loaded.set(this.choices);
  }

  resize(wanted) {
    const size = Math.max(0, Math.min(MOST, Math.round(wanted) || 0));
    this.count.value = String(size);
    while (this.rows.length > size) this.rows.pop().el.remove();
    while (this.rows.length < size) {
      const row = this.row(this.rows.length + 1);
      this.rows.push(row);
      this.body.append(row.el);
    }
    this.table.hidden = this.keys.hidden = !size;
  }

  row(lane) {
    const name = (what) => ({ "aria-label": `Lane ${lane}: ${what}` });
    const row = { lane, loaded: choice(this.choices, name("loaded")), ladder: text(120, name("ladder")), micrograms: number(0, 10000, { step: "any", ...name("µg") }),
      technical: number(1, 1000, name("technical replicate")), note: text(120, name("note")) };
    row.loaded.addEventListener("input", () => this.fit(row));
    row.cells = [row.loaded, row.ladder, row.micrograms, row.technical, row.note];
    row.el = h("tr", { "data-lane": lane }, h("th", { scope: "row" }, lane), row.cells.map((node) => h("td", {}, node)));
    this.fit(row);
    return row;
  }

  /** Only a ladder has a ladder's name; a blank has no amount. */
  fit(row) {
    row.ladder.disabled = row.loaded.value !== "ladder";
    row.micrograms.disabled = row.technical.disabled = row.loaded.value === "blank";
  }

  key(event) {
    const at = this.rows.findIndex((row) => row.cells.includes(event.target));
    if (at < 0) return;
    const column = this.rows[at].cells.indexOf(event.target);
    const isSelect = event.target.tagName === "SELECT";
    if (event.key === "Enter" || (!isSelect && (event.key === "ArrowDown" || event.key === "ArrowUp"))) {
      event.preventDefault();
      const step = event.key === "ArrowUp" || event.shiftKey ? -1 : 1;
      // Over what is not asked for in a lane (the name of a ladder where a sample was loaded).
      for (let next = at + step; next >= 0 && next < this.rows.length; next += step) {
        const node = this.rows[next].cells[column];
        if (!node.disabled) { node.focus(); node.select?.(); return; }
      }
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d" && at > 0) {
      event.preventDefault();
      event.target.value = this.rows[at - 1].cells[column].value;
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  read() {
    return this.rows.map((row) => {
      const load = ["blank", "ladder"].includes(row.loaded.value) ? row.loaded.value : "sample";
      const of = (node) => (node.disabled || node.value.trim() === "" ? null : Number(node.value));
      return { lane: row.lane, load, sample: load === "sample" ? row.loaded.value : null, ladder: load === "ladder" ? row.ladder.value.trim() : "",
        micrograms: of(row.micrograms), technical_replicate: of(row.technical), note: row.note.value.trim() };
    });
  }

  fill(lanes) {
    replace(this.body);
    this.rows = [];
    this.resize(Math.max(0, ...lanes.map((one) => one.lane)));
    for (const one of lanes) {
      const row = this.rows[one.lane - 1];
      row.loaded.value = one.load === "sample" ? one.sample : one.load;
      row.ladder.value = one.ladder || "";
      row.micrograms.value = one.micrograms ?? "";
      row.technical.value = one.technical_replicate ?? "";
      row.note.value = one.note || "";
      this.fit(row);
    }
  }

  whyNot() {
    const wrong = this.rows.find((row) => !row.micrograms.checkValidity() || !row.technical.checkValidity());
    return wrong ? `Lane ${wrong.lane}: the amount is in µg, the technical replicate a whole number.` : "";
  }
}

/** The lanes of a saved membrane, to look at. */
export function laneList(lanes, samples) {
  const named = new Map(samples.map((one) => [one.sample, one]));
  const words = (one) => (one.load === "sample" ? named.get(one.sample)?.name || one.sample : one.load === "ladder" ? `Ladder${one.ladder ? ` ${one.ladder}` : ""}` : "Blank");
  return h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, ["Lane", "Loaded", "Sample", "Amount (µg)", "Technical replicate", "Note"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, lanes.map((one) => h("tr", {}, h("th", { scope: "row" }, one.lane), h("td", { class: "bl-text" }, words(one)), h("td", {}, one.sample || "–"), h("td", {}, one.micrograms ?? "–"), h("td", {}, one.technical_replicate ?? "–"), h("td", { class: "bl-text" }, one.note || "–")))));
}

export function laneWords(lanes) {
  const count = (load) => lanes.filter((one) => one.load === load).length;
  return [`${lanes.length} lane${lanes.length === 1 ? "" : "s"}`, count("sample") && `${count("sample")} with samples`, count("ladder") && `${count("ladder")} ladder`, count("blank") && `${count("blank")} blank`].filter(Boolean).join(", ");
}
