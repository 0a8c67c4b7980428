// ImageViewer: joins the stage (pixels), the shape layer, the draft (gestures), the numbers, saving and derived images.
import { h, button, field, redrawn, replace } from "./dom.js";
import { forget, keyFor } from "./drafts.js";
import { Frame, unreadable } from "./frame.js";
import { Stage } from "./viewer/stage.js";
import { ShapeLayer } from "./viewer/shapes.js";
import { LaneLines } from "./viewer/lanes.js";
import { Scales } from "./viewer/rulers.js";
import { Draft } from "./viewer/draft.js";
import { Saving, versionList } from "./viewer/saving.js";
import { Derive } from "./viewer/derive.js";
import { description } from "./viewer/description.js";
import { displayControls } from "./viewer/display.js";
import { findingControls } from "./viewer/finding.js";
import { backgroundControls, backgroundWords } from "./viewer/background.js";
import { ProfilePlot } from "./viewer/profile.js";
import { measurementTable } from "./viewer/measurements.js";
import { toolbar, ask } from "./viewer/tools.js";
import { Adding } from "./viewer/adding.js";
import { Annotating } from "./viewer/annotating.js";
import { copy, words } from "./viewer/geometry.js";

export function mount({ el, channel }) {
  const frame = new Frame(el, "Image viewer", channel);
  const reload = () => channel.ask("reload").catch((error) => frame.failed(error, { retry: reload }));
  let viewer = null;
  channel.watch((view) => {
    if (viewer && view.state !== "ready") {
      // Keep the picture and what was drawn; say what happened above it.
      frame.failed({ problem: view.problem }, { retry: reload, unknown: "Nothing was changed." });
      return;
    }
    if (unreadable(frame, view, reload)) return;
    if (!viewer) viewer = new Viewer(frame, channel, view, reload);
    viewer.update(view);
  });
  return () => viewer?.stop();
}

class Viewer {
  constructor(frame, channel, view, reload) {
    Object.assign(this, { frame, channel, image: view.image });
    this.version = null; // a saved version that is looked at, or null for the draft
    this.draft = new Draft(channel, {
      changed: () => this.draw(),
      recorded: (text, analysis) => frame.did(sentence(text), analysis.entry, { record: analysis.analysis }),
      failed: (error) => this.gestureFailed(error),
    });
    this.display = displayControls({ image: this.image, channel, frame, on: { change: () => this.stage?.draw(), lay: (image, display) => this.stage.lay(image, display) } });
    this.stage = new Stage(this.image, this.display.display, {
      view: () => { this.layer?.draw(); this.annotating?.layer.draw(); this.scales?.draw(); this.profile?.draw(); this.stage?.tellPointer(); },
      pointer: (at, value) => this.point(at, value),
      painted: () => { if (!this.stage.painter.lost) this.trouble(""); },
      trouble: (text) => this.trouble(text),
    });
    this.layer = new ShapeLayer(this.stage, {
      add: (outline) => this.adding.add(outline),
      change: (kind, shapes, id) => this.change(kind, shapes, id),
      remove: () => this.remove(),
      select: () => this.draw(),
      announce: (text) => { this.live.textContent = text; },
    });
    this.lanes = new LaneLines(this.stage, this.image.rows);
    this.scales = new Scales(this.stage);
    this.tools = toolbar({
      tool: (tool, kind) => { this.annotating.pick(false); this.layer.choose(tool, kind); this.stage.el.classList.toggle("bl-drawing", tool === "draw"); },
      add: (kind) => this.adding.inMiddle(kind), duplicate: () => this.adding.duplicate(this.chosen()), grid: () => this.adding.grid(this.chosen()), rename: () => this.rename(), remove: () => this.remove(),
      undo: () => this.draft.undo(), zoom: (factor) => this.stage.zoom(factor), fit: () => this.stage.fit(),
      actual: () => this.stage.zoom(1 / (this.stage.scale * (window.devicePixelRatio || 1))),
    });
    this.background = backgroundControls((b) => this.draft.commit("background.set", `set background to ${backgroundWords(b)}`, { background: b }));
    this.finding = findingControls((what, parameters) => this.draft.find(what, parameters));
    this.table = measurementTable({ onselect: (id) => { this.layer.select(id); this.layer.focus(id); } });
    this.saving = new Saving({ channel, frame, draft: this.draft, reasons: view.reasons, onsaved: () => {} });
    this.saving.onstale = () => this.compare();
    this.versions = versionList({ onopen: (n) => this.openVersion(n), onclose: () => this.closeVersion() });
    this.description = description({ frame, channel, reload, image: this.image.image });
    this.derive = new Derive({ frame, channel, image: this.image.image, view, selected: () => this.shown().shapes.find((s) => s.shape === this.layer.selected) || null });
    this.readout = h("span", { class: "bl-readout" });
    this.problem = h("span", { class: "bl-hint" });
    this.live = h("div", { class: "bl-visually-hidden", role: "status", "aria-live": "polite" });
    this.start = h("div", { class: "bl-start" });
    this.question = h("div");
    this.profile = new ProfilePlot({ channel, frame, draft: this.draft, layer: this.layer, stage: this.stage, announce: (text) => { this.live.textContent = text; } });
    this.adding = new Adding({ draft: this.draft, layer: this.layer, stage: this.stage, image: this.image, place: this.question, announce: (text) => { this.live.textContent = text; } });
    this.annotating = new Annotating({ channel, frame, stage: this.stage, view, place: this.question, announce: (text) => { this.live.textContent = text; }, onpick: () => this.tools.choose("select") });
    replace(frame.body, this.description.el, this.start, this.tools.el, this.question, this.scales.el,
      h("div", { class: "bl-readline" }, this.readout, this.problem, this.scales.switches), this.display.el, this.annotating.el, this.finding.el, this.profile.el, this.background.el, this.table.el,
      this.saving.el, this.versions.el, this.derive.el, this.live);
  }

  update(view) {
    this.view = view;
    this.description.update(view);
    this.display.update(view);
    this.annotating.update(view);
    this.derive.update(view);
    this.draft.accept(view.analysis);
  }

  /** The real count under the pointer: taken from the tile, whatever the display shows. */
  point(at, value) {
    const zoom = `zoom ${Math.round(this.stage.scale * 100)} %`;
    const count16 = value === null ? "…" : `${value} counts`;
    this.readout.textContent = at ? `${zoom} · column ${at.x}, row ${at.y}: ${count16}` : `${zoom} · click the image, then the wheel zooms and the arrows pan`;
  }

  trouble(text) {
    this.problem.textContent = text;
  }

  /** Whatever is shown: the draft, or a saved version. */
  shown() {
    const { draft, version } = this;
    if (version) return { shapes: version.shapes, background: version.background, measurements: version.measurements, finding: version.finding, flags: version.flags, quantities: version.quantities, waiting: new Set(), isEditable: false };
    return { shapes: draft.shapes || [], background: draft.background, measurements: draft.analysis?.measurements || [], finding: draft.analysis?.finding, flags: draft.analysis?.flags || [], quantities: draft.analysis?.quantities, waiting: draft.waiting, isEditable: draft.isEditable };
  }

  whyNot() {
    const { analysis, isPaused } = this.draft;
    if (!analysis) return "Start an analysis first.";
    if (this.version) return `Version ${this.version.version} can't be changed. Go back to the draft.`;
    if (!analysis.is_editable) return analysis.why_not_editable || "This analysis can't be changed.";
    if (this.draft.isFinding && !isPaused) return "The service is looking for them.";
    return isPaused ? "Your last change is not recorded yet." : "";
  }

  draw() {
    if (!this.view) return;
    const { analysis } = this.draft;
    const shown = this.shown();
    this.layer.set(shown);
    this.lanes.show(shown.finding);
    this.scales.show(shown);
    this.profile.show({ ...shown, analysis, version: this.version?.version ?? null });
    this.table.el.hidden = this.background.el.hidden = this.finding.el.hidden = !analysis;
    if (analysis) {
      this.table.draw({ ...shown, selected: this.layer.selected });
      this.background.show(shown.background, shown.isEditable, shown.shapes);
      this.finding.show({ finding: shown.finding, whyNot: this.whyNot(), isBusy: this.draft.isFinding });
    }
    this.tools.show({ whyNot: this.whyNot(), selected: this.layer.selected, canUndo: this.draft.canUndo && !this.version, past: this.draft.past.at(-1)?.words });
    this.saving.update();
    this.derive.check();
    this.versions.draw(analysis, this.version?.version);
    this.describe(analysis);
    this.drawStart(analysis);
  }

  describe(analysis) {
    const newest = analysis?.versions.at(-1);
    const pinned = newest?.results || [];
    this.frame.describe({
      record: this.image.image, status: this.view.image.status,
      statuses: analysis ? [this.version || analysis.is_saved ? "saved" : "draft"] : [],
      version: !analysis ? "no analysis yet" : this.version ? this.version.id : `${analysis.analysis}, ${newest ? `version ${newest.version}` : "no version yet"}`,
      signed: signedWords(this.view.signatures || [], newest, pinned),
    });
  }

  drawStart(analysis) {
    const why = this.version ? `You are looking at ${this.version.id}, as it was saved.` : !analysis || analysis.is_editable ? "" : `Read only: ${analysis.why_not_editable}`;
    const { analyses } = this.view;
    redrawn(this.start, [Boolean(analysis), why, analyses, analysis?.analysis, this.view.why_not_start], () => {
      const start = (label, kind) => button(label, () => this.startAnalysis(), { kind, why: this.view.why_not_start });
      if (!analysis) return [h("p", {}, "This image has not been analysed. Looking changes nothing. "), start("Start analysis", "bl-primary")];
      return [this.chooser(analyses, analysis.analysis), why && h("p", { class: "bl-readonly" }, h("span", { "aria-hidden": "true" }, "🔒 "), why),
        !analysis.is_editable && !this.version && start("Start another analysis", "")];
    });
  }

  /** Which analysis of the image is shown, where there are several. */
  chooser(analyses, current) {
    if (analyses.length < 2) return null;
    const select = h("select", {}, analyses.map((name) => h("option", { value: name }, name)));
    select.value = current;
    select.addEventListener("change", async () => {
      this.version = null;
      await this.channel.ask("open_analysis", { analysis: select.value }).catch((error) => { select.value = current; this.frame.failed(error, { unknown: "Nothing was changed." }); });
    });
    return field("Analysis", select);
  }

  async startAnalysis() {
    try {
      const place = `start.${this.image.image}`;
      const analysis = await this.channel.ask("start_analysis", { idempotency_key: keyFor(place, this.image.image) });
      forget(place);
      this.draft.accept(analysis);
      this.frame.did(`${analysis.analysis} was started`, analysis.entry, { record: analysis.analysis });
      this.tools.choose("draw");
      this.stage.el.focus({ preventScroll: true }); // the pressed button is gone
    } catch (error) {
      this.frame.failed(error, { retry: () => this.startAnalysis(), unknown: "Trying again sends the same request, so it will not be started twice." });
    }
  }

  change(kind, shapes, id) {
    const shape = shapes.find((s) => s.shape === id);
    this.draft.commit(kind, `${kind === "shape.move" ? "moved" : "resized"} ${shape.label} to ${words(shape)}`, { shapes });
  }

  chosen() {
    return this.draft.shapes.find((s) => s.shape === this.layer.selected);
  }

  async rename() {
    const shape = this.chosen();
    const label = await ask(this.question, { text: `New name of ${shape.label}`, yes: "Rename", input: shape.label });
    if (!label || label === shape.label) return;
    this.draft.commit("shape.rename", `renamed ${shape.label} to ${label}`, { shapes: copy(this.draft.shapes).map((s) => (s.shape === shape.shape ? { ...s, label } : s)) });
  }

  async remove() {
    const shape = this.chosen();
    if (shape && this.draft.background.shapes?.includes(shape.shape)) {
      await ask(this.question, { text: `${shape.label} is background of the others. Choose other background shapes first.`, yes: "Keep it" });
      return;
    }
    if (!shape || !(await ask(this.question, { text: `Delete ${shape.label}? The trail keeps it.`, yes: "Delete" }))) return;
    this.draft.commit("shape.delete", `deleted ${shape.label}`, { shapes: copy(this.draft.shapes).filter((s) => s.shape !== shape.shape) });
    this.live.textContent = `Deleted ${shape.label}`;
    this.stage.el.focus({ preventScroll: true });
  }

  gestureFailed(error) {
    // Until one of these is chosen nothing else can be changed, so the line can't be closed.
    const leave = (act) => () => { this.frame.clearNotice(); act(); };
    this.frame.failed(error, {
      stays: true, reload: () => this.compare(), retry: leave(() => this.draft.retry()), more: [button("Give it up", leave(() => this.draft.discard()))],
      unknown: "Your last change is kept here and not recorded yet. Trying again can't record it twice.",
    });
  }

  async compare() {
    try {
      const { theirs, mine, again } = await this.draft.compare();
      const list = (title, lines) => (lines.length ? h("div", {}, h("strong", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line)))) : null);
      this.frame.say("stale", "This is how the analysis stands now.", h("div", {}, list("Changed in the meantime", theirs), list("Yours, not recorded", mine),
        theirs.length || mine.length ? null : "No shape differs."),
        mine.length ? [button("Do mine again", () => { this.frame.clearNotice(); again(); })] : []);
    } catch (error) {
      this.frame.failed(error, { reload: () => this.compare() });
    }
  }

  async openVersion(number) {
    try {
      this.version = await this.channel.ask("open_version", { analysis: this.draft.analysis.analysis, version: number });
      this.draw();
    } catch (error) {
      this.frame.failed(error, { retry: () => this.openVersion(number), unknown: "Nothing was changed." });
    }
  }

  closeVersion() {
    this.version = null;
    this.draw();
  }

  stop() {
    this.saving.stop();
    this.stage.stop();
  }
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

function signedWords(signatures, newest, pinned) {
  const valid = signatures.filter((s) => s.state === "valid");
  if (valid.length) return `signed by ${valid.map((s) => `${s.printed_name} (${s.meaning}, ${s.record})`).join(", ")}`;
  if (!newest) return "unsigned";
  return `unsigned since ${newest.saved_at.slice(0, 10)}${pinned.length ? `, in ${pinned.join(", ")}` : ""}`;
}
