// AcquireImage: an order to an instrument, and how far it is. The instrument's agent carries it out, with or without this page.
import { h, button, disable, field, replace, uniqueId } from "./dom.js";
import { mountPage } from "./frame.js";
import { forget, keyFor, recall, remember } from "./drafts.js";
import { isUnanswered } from "./channel.js";
import { choice } from "./version_form.js";
import { placeInputs } from "./study/place.js";
import { ScanInputs } from "./acquire/settings.js";
import { Following } from "./acquire/following.js";

const REQUEST = "acquire.request"; // where the key of the order is kept until it was answered
const LAST = "acquire.last"; // what was ordered in this tab: its end is shown although the page was loaded again meanwhile
const NOWHERE = { membranes: [], probings: [] };

export const mount = (where) => mountPage(where, "Acquire image", Page, (page) => page.stop());

class Page {
  constructor(frame, channel, view, reload) {
    Object.assign(this, { frame, channel, view, reload, followed: new Map(), chosen: "", isOrdering: false, isAnother: false });
    this.orders = h("div", { class: "bl-stack" });
    this.instruments = h("div", { class: "bl-instruments", role: "radiogroup", "aria-label": "Instrument" });
    this.scan = new ScanInputs(() => this.check());
    this.study = choice([]);
    this.place = placeInputs(NOWHERE);
    this.study.addEventListener("input", () => { remember("study.acquire", this.study.value); this.offerPlaces(); });
    this.send = button("Acquire", () => this.order(), { kind: "bl-primary" });
    this.hint = h("span", { class: "bl-hint" });
    this.another = button("Acquire on another instrument…", () => { this.isAnother = true; this.check(); }, { kind: "bl-quiet" });
    this.form = h("div", { class: "bl-stack" },
      h("section", { "aria-label": "Instrument" }, h("h4", {}, "Instrument"), this.instruments),
      h("section", { "aria-label": "Settings" }, h("h4", {}, "Settings"), this.scan.el),
      h("section", { "aria-label": "What it is of" }, h("h4", {}, "What it is of"), h("div", { class: "bl-bar" }, field("Study", this.study), field("Membrane", this.place.membrane), field("Probing round", this.place.probing))),
      h("div", { class: "bl-bar" }, this.send, this.hint));
    replace(frame.body, h("div", { class: "bl-stack bl-acquire" }, this.orders, h("div", { class: "bl-bar" }, this.another), this.form));
    frame.describe({ version: "new images" });
    this.recover();
  }

  update(view) {
    this.view = view;
    const before = this.study.value || recall("study.acquire");
    this.study.set([["", "choose…"], ...view.studies.map((s) => [s.study, `${s.study} ${s.title}${s.kind === "development" ? " (development)" : ""}`])]);
    if (view.studies.some((s) => s.study === before)) this.study.value = before;
    else if (view.studies.length === 1) this.study.value = view.studies[0].study;
    for (const order of view.running) this.follow(order);
    this.offerInstruments();
    this.offerPlaces();
  }

  /** The end of what was ordered in this tab, where the page was loaded again and it has ended meanwhile. */
  async recover() {
    const last = recall(LAST);
    if (!last || this.followed.has(last)) return;
    try { this.follow(await this.channel.ask("progress", { acquisition: last })); } catch { /* what runs is shown anyway */ }
  }

  follow(order) {
    const there = this.followed.get(order.acquisition);
    if (there) return;
    remember(LAST, order.acquisition);
    const instrument = this.view.instruments.find((one) => one.instrument === order.instrument);
    const following = new Following({
      frame: this.frame, channel: this.channel, order, name: instrument?.name || "", reasons: this.view.reasons,
      onend: () => { this.isAnother = false; this.check(); this.reload(); },
      onclose: () => { following.el.remove(); this.followed.delete(order.acquisition); if (recall(LAST) === order.acquisition) forget(LAST); },
    });
    this.followed.set(order.acquisition, following);
    this.orders.prepend(following.el);
    following.start();
    this.check();
  }

  get instrument() { return this.view.instruments.find((one) => one.instrument === this.chosen) || null; }

  /** Each with its state; what may not be used can be chosen, too, and then says why. */
  offerInstruments() {
    const { instruments } = this.view;
    const has = (name) => instruments.some((one) => one.instrument === name);
    if (!has(this.chosen)) {
      const before = recall("acquire.instrument");
      const free = instruments.find((one) => one.is_usable && !one.acquiring) || instruments[0];
      this.chosen = has(before) ? before : free?.instrument || "";
    }
    const name = this.radios ||= uniqueId("instrument");
    const focused = this.instruments.contains(document.activeElement);
    replace(this.instruments, instruments.map((one) => {
      const radio = h("input", { type: "radio", name, value: one.instrument, checked: one.instrument === this.chosen });
      radio.addEventListener("change", () => { this.chosen = one.instrument; remember("acquire.instrument", one.instrument); this.scan.show(one); this.check(); });
      const [state, word, more] = stateOf(one);
      return h("label", { class: "bl-instrument", "data-instrument": one.instrument }, radio,
        h("span", { class: "bl-stack" }, h("span", {}, h("strong", {}, one.name), " ", h("code", {}, one.instrument)),
          h("span", { class: "bl-soft" }, `${one.maker} ${one.model}, serial ${one.serial}`),
          h("span", {}, h("span", { class: `bl-chip bl-instrument-${state}` }, word)), more && h("span", { class: "bl-hint" }, more)));
    }));
    if (!instruments.length) replace(this.instruments, h("p", { class: "bl-hint" }, "No instrument is in the register."));
    if (focused) this.instruments.querySelector(":checked")?.focus();
    this.scan.show(this.instrument);
    this.check();
  }

  /** What the image can be of is what the chosen study holds. */
  async offerPlaces() {
    const study = this.study.value;
    this.check();
    const kept = this.place.read();
    const places = study ? await this.channel.ask("places", { study }).catch((error) => { this.frame.failed(error, { retry: () => this.offerPlaces(), unknown: "Nothing was changed." }); return NOWHERE; }) : NOWHERE;
    if (this.study.value !== study) return;
    this.place.set(places);
    if (places.membranes.some((one) => one.membrane === kept.membrane)) this.place.fill(kept);
    this.place.membrane.disabled = !places.membranes.length;
    this.place.probing.disabled = !places.probings.length;
    this.place.membrane.title = study && !places.membranes.length ? `No membrane in ${study} yet: Study(study="${study}") adds one.` : "";
  }

  check() {
    const one = this.instrument;
    let why = this.view.why_not;
    if (!why && this.isOrdering) why = "Ordering…";
    if (!why && !one) why = "Choose an instrument.";
    if (!why) why = one.why_not;
    if (!why && one.acquiring) why = `It is acquiring ${one.acquiring} for ${one.is_yours ? "you" : one.held_by}. Wait until it is free, then press Refresh.`;
    if (!why) why = this.scan.whyNot();
    if (!why && !this.study.value) why = "Choose the study that the images belong to.";
    disable(this.send, why);
    this.hint.textContent = why;
    const isRunning = [...this.followed.values()].some((following) => following.isRunning);
    const isOtherFree = this.view.instruments.some((other) => other.is_usable && !other.acquiring);
    this.form.hidden = isRunning && !this.isAnother;
    this.another.parentElement.hidden = !this.form.hidden || !isOtherFree || this.view.instruments.length < 2;
  }

  async order() {
    const asked = { study: this.study.value, ...this.place.read(), settings: this.scan.read() };
    const instrument = this.chosen;
    this.frame.clearNotice();
    this.isOrdering = true;
    this.check();
    try {
      const order = await this.channel.ask("acquire", { instrument, request: { ...asked, idempotency_key: keyFor(REQUEST, { instrument, ...asked }) } });
      forget(REQUEST);
      this.frame.did(`${order.acquisition} was ordered on ${instrument}`, order.entry, { record: order.acquisition });
      this.isAnother = false;
      this.follow(order);
      this.reload();
    } catch (error) {
      if (!isUnanswered(error)) { forget(REQUEST); this.reload(); }
      this.frame.failed(error, { retry: isUnanswered(error) ? () => this.order() : null, unknown: "Press Acquire again: the same order is not made twice. Your settings are kept." });
    } finally {
      this.isOrdering = false;
      this.check();
    }
  }

  stop() {
    for (const following of this.followed.values()) following.stop();
  }
}

/** [state, word, more] of an instrument. */
function stateOf(one) {
  const due = one.calibration?.due_on ? `Calibration holds until ${one.calibration.due_on}.` : "";
  if (!one.is_usable) return ["unusable", "✕ Not usable", one.why_not];
  if (one.acquiring) return ["busy", `◌ In use: ${one.acquiring}`, `Ordered by ${one.is_yours ? "you" : one.held_by}. ${due}`];
  return ["free", "✓ Free", due];
}
