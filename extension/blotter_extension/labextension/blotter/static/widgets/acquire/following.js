// One acquisition from its order to its end. It goes on without this page: what is shown is read from the service.
import { h, button, disable, replace } from "../dom.js";
import { statusChip } from "../frame.js";
import { bytes, command, count, utc } from "../format.js";
import { copyButton } from "../copy_button.js";
import { isUnanswered } from "../channel.js";
import { ReasonControl } from "../reason.js";
import { duration } from "./settings.js";

const ABORT = "image.acquire.abort";
const EVERY_MS = 1000;
const AGAIN_MS = 3000; // after no answer
const SLOW_MS = 15_000; // an agent that has not taken an order for so long is worth a question

export class Following {
  /** `order`: as the service showed it. `name`: of the instrument. `onend()`: it has ended. `onclose()`: the person has seen it. */
  constructor({ frame, channel, order, name, reasons, onend, onclose }) {
    Object.assign(this, { frame, channel, order, name, onend, onclose, seen: performance.now(), since: null, isStopped: false, isOffline: false });
    this.title = h("h3");
    this.bar = h("progress", { max: order.bytes, "aria-label": `Received of ${order.acquisition}` });
    this.state = h("strong", { role: "status", "aria-live": "polite" });
    this.text = h("span", { class: "bl-soft" });
    this.more = h("div", { class: "bl-hint" });
    this.why = new ReasonControl(reasons, `reason.cancel.${order.acquisition}`);
    this.why.show(ABORT);
    this.ask = button("Cancel…", () => { this.asking.hidden = false; this.ask.hidden = true; this.check(); this.why.text.focus(); });
    this.sure = button("Cancel the acquisition", () => this.cancel(), { kind: "bl-primary" });
    this.asking = h("div", { class: "bl-stack", hidden: true, role: "group", "aria-label": "Cancel the acquisition" },
      h("span", {}, "Nothing of the scan is kept; that it was ordered and cancelled stays in the records."),
      h("div", { class: "bl-bar" }, this.why.el, this.sure, button("Let it go on", () => { this.asking.hidden = true; this.ask.hidden = false; })));
    for (const kind of ["input", "change"]) this.asking.addEventListener(kind, () => this.check());
    this.body = h("div", { class: "bl-stack" }, h("div", { class: "bl-progress" }, this.bar, this.state, this.text, this.ask), this.more, this.asking);
    this.el = h("div", { class: "bl-card bl-acquisition", role: "group", "aria-label": order.acquisition, "data-acquisition": order.acquisition }, this.title, this.body);
  }

  get isRunning() { return this.order.state === "acquiring"; }

  start() {
    this.show(this.order);
    this.next(EVERY_MS);
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  next(after) {
    clearTimeout(this.timer);
    if (!this.isStopped && this.isRunning) this.timer = setTimeout(() => this.look(), after);
  }

  async look() {
    try {
      const order = await this.channel.ask("progress", { acquisition: this.order.acquisition });
      if (this.isStopped || !this.isRunning) return;
      if (this.isOffline) this.frame.clearNotice();
      this.isOffline = false;
      this.take(order);
      this.next(EVERY_MS);
    } catch (error) {
      if (this.isStopped) return;
      if (!isUnanswered(error)) { this.frame.failed(error, { retry: () => this.look() }); return; }
      if (!this.isOffline) this.frame.say("offline", error.problem.detail, "The acquisition does not depend on this page. It is looked for again every few seconds.");
      this.isOffline = true;
      this.next(AGAIN_MS);
    }
  }

  /** What the service says now; the end is told once. */
  take(order) {
    const wasRunning = this.isRunning;
    this.show(order);
    if (!wasRunning || this.isRunning) return;
    const words = order.state === "sealed" ? `${order.acquisition} was sealed: ${order.images.join(", ")}` : `${order.acquisition} was aborted`;
    this.frame.did(words, order.entry, { record: order.acquisition });
    this.onend();
  }

  show(order) {
    this.order = order;
    const on = this.name ? `“${this.name}”` : order.instrument;
    replace(this.title, order.acquisition, " ", statusChip(order.state), h("span", {}, ` on ${on}, for ${order.study}${order.probing || order.membrane ? `, ${order.probing || order.membrane}` : ""}`));
    if (order.state === "sealed") this.sealed(order);
    else if (order.state === "aborted") this.aborted(order);
    else this.running(order);
  }

  running(order) {
    const { channels_nm, region_um, resolution_um } = order.settings;
    const line = (2 * channels_nm.length * (region_um[3] - region_um[1])) / resolution_um; // bytes
    const lines = Math.round(order.bytes / line);
    const now = performance.now();
    if (!this.since || order.held < this.since.held) this.since = order.held ? { held: order.held, at: now } : null; // a transfer that began anew
    const rate = this.since && order.held > this.since.held ? (order.held - this.since.held) / ((now - this.since.at) / 1000) : 0;
    if (order.held) this.bar.value = order.held;
    else this.bar.removeAttribute("value"); // nothing is known yet: the bar says that it waits
    const isWhole = order.held === order.bytes;
    this.state.textContent = !order.is_connected ? "Waiting for the instrument’s agent" : !order.held ? "The device was checked; waiting for its first line" : isWhole ? "Comparing with the device’s digest and sealing" : "Scanning";
    const left = isWhole ? "" : rate ? `, about ${duration((order.bytes - order.held) / rate)} left` : `, at least ${duration(((lines - order.held / line) * order.settings.integration_ms) / 1000)} left`;
    this.text.textContent = order.is_connected ? `${count(Math.floor(order.held / line))} of ${count(lines)} lines, ${bytes(order.held)} of ${bytes(order.bytes)}${left}` : `${count(lines)} lines, ${bytes(order.bytes)}`;
    const isSlow = !order.is_connected && now - this.seen > SLOW_MS;
    this.more.textContent = isSlow ? "The agent has not taken the order yet. Is it running on the instrument’s computer, and is the instrument switched on? The order stands until it is carried out or cancelled." : settingsOf(order);
  }

  sealed(order) {
    const rows = [...facts(order), ["Received", `${bytes(order.bytes)}, the same bytes as the device scanned by its own digest`]];
    replace(this.body, h("ul", { class: "bl-versions", "aria-label": "Images" }, order.images.map((image, at) => {
      const open = command("ImageViewer", "image", image);
      return h("li", { "data-image": image }, h("strong", {}, image), h("span", {}, `${order.settings.channels_nm[at]} nm`), h("span", {}, "open it with"), h("span", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, open), copyButton(this.frame, open)));
    })), list(rows), this.closing());
  }

  aborted(order) {
    replace(this.body, h("p", {}, h("strong", {}, "Nothing of it is kept. "), order.ending), list(facts(order)), this.closing());
  }

  closing() {
    return h("div", { class: "bl-bar" }, button("Close", () => this.onclose()));
  }

  check() {
    disable(this.sure, this.isCancelling ? "Cancelling…" : this.why.whyNot(ABORT, 1, "Say why it is cancelled."));
  }

  async cancel() {
    this.isCancelling = true;
    this.check();
    try {
      const order = await this.channel.ask("cancel", { acquisition: this.order.acquisition, request: this.why.value });
      this.why.clear();
      clearTimeout(this.timer);
      this.take(order);
    } catch (error) {
      this.frame.failed(error, { unknown: "Whether it was cancelled shows here as soon as the service answers." });
    } finally {
      this.isCancelling = false;
      this.check();
    }
  }
}

function settingsOf({ settings }) {
  const { channels_nm, integration_ms, resolution_um, focus_mm, region_um: [top, left, bottom, right] } = settings;
  return `${channels_nm.join(" and ")} nm, ${integration_ms} ms for each line, ${resolution_um} µm, focus ${focus_mm} mm, region ${left / 1000} to ${right / 1000} mm by ${top / 1000} to ${bottom / 1000} mm`;
}

function facts(order) {
  return [
    ["Instrument", `${order.instrument}: ${order.maker} ${order.model}, serial ${order.serial}`], ["Study", order.study],
    ["Is of", [order.membrane, order.probing].filter(Boolean).join(", ") || "no membrane said"], ["Settings", settingsOf(order)], ["Ordered", `${order.ordered_by}, ${utc(order.ordered_at)}`],
  ];
}

function list(rows) {
  return h("dl", { class: "bl-facts-list" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
