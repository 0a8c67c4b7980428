// RunProtocol: a protocol applied to images of a study, one after the other; each is a whole analysis, or nothing.
import { h, button, disable, field, replace } from "./dom.js";
import { mountPage, statusChip } from "./frame.js";
import { command } from "./format.js";
import { copyButton } from "./copy_button.js";
import { forget, keyFor } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { table } from "./study/section.js";

const UNKNOWN = "Press Run again: what was done is not done twice.";

export const mount = (where) => mountPage(where, "Run protocol", Page, (page) => page.cancel());

class Page {
  constructor(frame, channel, view, reload) {
    Object.assign(this, { frame, channel, reload, failed: new Map(), now: "", isRunning: false, isCancelled: false });
    this.filter = h("input", { type: "search", placeholder: "id, title, channel, file, membrane or status" });
    this.again = h("input", { type: "checkbox" });
    this.run = button("Run", () => this.start(), { kind: "bl-primary" });
    this.stop = button("Cancel", () => this.cancel());
    this.bar = h("progress", { max: 1, value: 0, "aria-label": "Images done" });
    this.text = h("span", { role: "status", "aria-live": "polite" });
    this.progress = h("div", { class: "bl-progress", hidden: true }, this.bar, this.text, this.stop);
    this.list = h("div");
    this.filter.addEventListener("input", () => this.draw());
    this.again.addEventListener("change", () => this.draw());
    replace(frame.body, h("div", { class: "bl-stack" },
      h("div", { class: "bl-bar" }, field("Images", this.filter), h("label", { class: "bl-choice" }, this.again, " also those that this version was applied to already"), this.run),
      this.progress, this.list));
  }

  update(view) {
    this.view = view;
    this.made = new Map(); // image → its newest analysis by this protocol
    for (const one of view.applications) this.made.set(one.image, one);
    const { protocol, study } = view;
    const version = protocol.effective ? `version ${protocol.effective.version}` : "no effective version";
    this.frame.describe({ record: protocol.protocol, version: `“${protocol.name}”, ${version}, on ${study.study} ${study.title}` });
    this.draw();
  }

  get version() { return this.view.protocol.effective?.version ?? 0; }

  /** What the filter shows; an image of another channel than the protocol's cannot be made by it. */
  shown() {
    const wanted = this.filter.value.trim().toLowerCase();
    const channel = (this.view.protocol.effective?.method.channel || "").toLowerCase();
    return this.view.images.filter((one) => (!channel || one.channel.toLowerCase() === channel)
      && [one.image, one.title, one.channel, one.file_name, one.membrane || "", one.status.replaceAll("_", " ")].join(" ").toLowerCase().includes(wanted));
  }

  chosen() {
    return this.shown().filter((one) => this.again.checked || this.made.get(one.image)?.version !== this.version);
  }

  draw() {
    const shown = this.shown();
    const chosen = this.chosen();
    const { protocol } = this.view;
    let why = this.view.may_apply ? "" : "None of your roles allows making analyses.";
    if (!why && protocol.status === "retired") why = "This protocol is retired.";
    if (!why && !this.version) why = "No version of this protocol is effective: a Supervisor and an Approver sign it first.";
    if (!why && this.isRunning) why = "It is running.";
    if (!why && !chosen.length) why = "No image fits the filter that it was not applied to already.";
    this.run.textContent = `Run on ${chosen.length} image${chosen.length === 1 ? "" : "s"}`;
    disable(this.run, why);
    const hidden = this.view.images.length - shown.length;
    replace(this.list, table(["Image", "What", "Channel", "Status", "By this protocol"], shown.map((one) => this.row(one)),
      { label: "Images", empty: "No image fits." }), hidden ? h("p", { class: "bl-hint" }, `${hidden} more of the study are left out by the filter or the protocol's channel.`) : null);
  }

  row(one) {
    return h("tr", { "data-image": one.image }, h("th", { scope: "row" }, h("code", {}, one.image)), h("td", { class: "bl-text" }, one.title || one.file_name),
      h("td", {}, one.channel || "–"), h("td", {}, statusChip(one.status)), h("td", { class: "bl-text" }, this.outcome(one.image)));
  }

  outcome(image) {
    if (this.now === image) return h("span", {}, h("span", { class: "bl-spinner", "aria-hidden": "true" }), "being analysed…");
    const problem = this.failed.get(image);
    if (problem) return h("span", { class: "bl-refused" }, `⛔ not analysed: ${problem.detail} ${problem.diagnostics || ""}`.trim());
    const made = this.made.get(image);
    if (!made) return h("span", { class: "bl-soft" }, "not yet");
    const cell = command("ImageViewer", "image", image);
    const changed = made.differences.length ? `${made.differences.length} thing${made.differences.length === 1 ? "" : "s"} changed since` : "as the protocol made it";
    const saved = made.saved ? `${made.saved} saved` : "draft, not saved";
    return [h("div", { title: made.differences.join("; ") || null }, `✓ ${made.analysis} by version ${made.version}: ${made.bands} bands${made.flagged ? `, ${made.flagged} flagged` : ""}; ${changed}; ${saved}`),
      h("div", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, cell), copyButton(this.frame, cell))];
  }

  /** One image at a time; what cannot be analysed says why, and the others go on. */
  async start() {
    const images = this.chosen().map((one) => one.image);
    const began = performance.now();
    Object.assign(this, { isRunning: true, isCancelled: false, failed: new Map() });
    this.frame.clearNotice();
    this.progress.hidden = false;
    this.bar.max = images.length;
    let done = 0;
    let last = null;
    let broken = null;
    for (const image of images) {
      if (this.isCancelled) break;
      const left = done ? `, about ${Math.ceil(((performance.now() - began) / 1000 / done) * (images.length - done))} s left` : "";
      this.bar.value = done;
      this.text.textContent = `${done} of ${images.length} done${this.failed.size ? `, ${this.failed.size} not analysed` : ""}${left}`;
      this.now = image;
      this.draw();
      try {
        last = await this.apply(image);
        this.made.set(image, last);
      } catch (error) {
        if (isUnanswered(error) || error.problem?.status === 401) { broken = error; break; }
        this.failed.set(image, error.problem);
      }
      done += 1;
    }
    this.ended(done, images.length, last, broken);
  }

  async apply(image) {
    const asked = { image, version: this.version };
    const place = `protocol.${this.view.protocol.protocol}.${image}`;
    try {
      const made = await this.channel.ask("apply", { request: { ...asked, idempotency_key: keyFor(place, asked) } });
      forget(place);
      return made;
    } catch (error) {
      if (!isUnanswered(error)) forget(place);
      throw error;
    }
  }

  ended(done, all, last, broken) {
    Object.assign(this, { isRunning: false, now: "" });
    this.progress.hidden = true;
    this.draw();
    const failed = this.failed.size;
    const words = `${done - failed} of ${all} images analysed${failed ? `, ${failed} not: the list says why` : ""}`;
    this.frame.did(words, last?.entry || null, { record: last?.analysis || "" });
    if (broken) this.frame.failed(broken, { retry: () => this.start(), unknown: UNKNOWN });
    else if (this.isCancelled && done < all) this.frame.say("info", "Cancelled.", `${words}. What was done stays; the others were left as they were.`);
  }

  /** The image that is being analysed is finished: it is whole, or nothing. */
  cancel() {
    this.isCancelled = true;
    if (this.isRunning) this.text.textContent = "Cancelling after this image…";
  }
}
