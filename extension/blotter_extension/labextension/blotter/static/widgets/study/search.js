// Searching records by kind, words, study, sample, target, person, status and date.
import { h, button, disable, replace, uniqueId } from "../dom.js";
import { statusChip } from "../frame.js";
import { command, statusWords, utc } from "../format.js";
import { copyButton } from "../copy_button.js";
import { choice, labelled, text } from "../version_form.js";
import { table } from "./section.js";

const KINDS = { study: "Studies", sample: "Samples", membrane: "Gels, membranes, plates", probing: "Probing rounds", acquisition: "Acquisitions", image: "Images", analysis: "Analyses", result: "Results", export: "Exports", copy: "Copies" };
/** The widget that opens a record of a kind; the others are shown in their study. */
const OPENS = { image: ["ImageViewer", "image"], result: ["Sign", "result"] };
const PAGE = 50;

export class RecordSearch {
  constructor(frame, channel, view) {
    Object.assign(this, { frame, channel });
    const date = () => h("input", { type: "date" });
    this.samples = h("datalist", { id: uniqueId("samples") });
    this.inputs = { kind: choice(view.searched.map((one) => [one.kind, KINDS[one.kind] || one.kind])), text: text(200), study: choice([]), sample: text(20, { list: this.samples.id, placeholder: "SMP-000001" }),
      target: text(120), person: choice([]), status: choice([]), since: date(), until: date() };
    this.inputs.kind.value = "image";
    const { inputs } = this;
    this.go = button("Search", () => this.search(), { kind: "bl-primary" });
    this.found = h("div", { class: "bl-stack", role: "status" });
    this.form = h("div", { class: "bl-grid bl-search", role: "search" }, this.samples,
      labelled("What", inputs.kind), labelled("Words", inputs.text, "of title, name or file"), labelled("Study", inputs.study), labelled("Sample", inputs.sample), labelled("Target", inputs.target, "of a probing round"),
      labelled("Person", inputs.person, "made or changed it"), labelled("Status", inputs.status), labelled("From", inputs.since), labelled("To", inputs.until), h("div", { class: "bl-actions" }, this.go, button("Clear", () => this.clear())));
    this.form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input, select")) { event.preventDefault(); this.search(); } });
    inputs.kind.addEventListener("input", () => this.fit());
    inputs.sample.addEventListener("focus", () => this.offerSamples(), { once: true });
    this.el = h("section", { class: "bl-section", "aria-label": "Search" }, h("h3", {}, "Search the records"), this.form, this.found);
  }

  update(view) {
    this.view = view;
    disable(this.go, view.may_search ? "" : "None of your roles allows searching.");
    this.inputs.study.set([["", "any"], ...view.studies.map((one) => [one.study, `${one.study} ${one.title}`])]);
    this.inputs.person.set([["", "anybody"], ...view.people.map((one) => [one.account, one.name])]);
    this.fit();
  }

  /** Only some kinds of record have a status. */
  fit() {
    const { statuses } = this.view.searched.find((one) => one.kind === this.inputs.kind.value);
    this.inputs.status.set([["", statuses.length ? "any" : "none"], ...statuses.map((one) => [one, statusWords(one)[0]])]);
    this.inputs.status.disabled = !statuses.length;
  }

  async offerSamples() {
    const found = await this.channel.ask("samples").catch(() => []); // an id can be typed as well
    replace(this.samples, found.map((one) => h("option", { value: one.sample }, `${one.name} (${one.study})`)));
  }

  clear() {
    for (const [name, node] of Object.entries(this.inputs)) if (name !== "kind") node.value = "";
    replace(this.found);
    this.inputs.text.focus();
  }

  question() {
    const { inputs } = this;
    const said = Object.fromEntries(["study", "sample", "target", "person", "status", "text"].map((name) => [name, inputs[name].value.trim()]).filter(([, value]) => value));
    // Days count as a whole, in the time of this computer's zone.
    const start = (value, days) => { const at = new Date(`${value}T00:00`); at.setDate(at.getDate() + days); return at.toISOString(); };
    if (inputs.since.value) said.since = start(inputs.since.value, 0);
    if (inputs.until.value) said.until = start(inputs.until.value, 1);
    return { kind: inputs.kind.value, ...said, limit: PAGE };
  }

  async search() {
    if (this.go.getAttribute("aria-disabled") === "true") return;
    const question = this.question();
    this.asked = question;
    replace(this.found, h("p", { class: "bl-hint" }, "Searching…"));
    const page = await this.ask(question);
    if (!page || this.asked !== question) return;
    this.rows = [];
    this.show(page, question);
  }

  async ask(question) {
    try {
      const page = await this.channel.ask("search", { request: question });
      this.frame.clearNotice();
      return page;
    } catch (error) {
      replace(this.found);
      this.frame.failed(error, { retry: () => this.search(), unknown: "Searching changes nothing." });
      return null;
    }
  }

  show(page, question) {
    this.rows.push(...page.records);
    const what = KINDS[question.kind].toLowerCase();
    const more = page.next_before ? button("Show more", async () => { const next = await this.ask({ ...question, before: page.next_before }); if (next) this.show(next, question); }) : null;
    if (!page.total) {
      replace(this.found, h("p", {}, `No ${what} match.`), h("p", { class: "bl-hint" }, "Words are whole words. Only records of studies that you may see are searched."));
      return;
    }
    replace(this.found, h("p", {}, `${page.total} found${this.rows.length < page.total ? `, ${this.rows.length} of them here` : ""}, newest first`),
      table(["Record", "Title", "Status", "Made by", "Open it with"], this.rows.map((row) => this.row(row)), { label: "Found records" }), more);
  }

  row(row) {
    const [widget, argument] = OPENS[row.kind] || ["Study", "study"];
    const open = command(widget, argument, argument === "study" ? row.study : row.record);
    return h("tr", { "data-record": row.record }, h("th", { scope: "row" }, h("code", {}, row.record), row.study && row.study !== row.record ? h("div", { class: "bl-hint" }, `in ${row.study}`) : null), h("td", { class: "bl-text" }, row.title || "–"), h("td", {}, row.status ? statusChip(row.status) : "–"),
      h("td", {}, row.made_by, h("div", { class: "bl-hint" }, utc(row.made_at))), h("td", {}, h("div", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, open), copyButton(this.frame, open))));
  }
}
