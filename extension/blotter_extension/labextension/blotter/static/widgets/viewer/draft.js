// The draft of an analysis in the browser: gestures are shown at once, recorded one after the other, and only what the
// service answered counts. A gesture that was not answered is sent again under the same key, so it can't happen twice.
import { idempotencyKey } from "../drafts.js";
import { copy, differences, same } from "./geometry.js";

const number = (shape) => Number(shape.slice(1));

export class Draft {
  /** `on`: {changed(), recorded(words, analysis), failed(error)}. */
  constructor(channel, on) {
    this.channel = channel;
    this.on = on;
    this.analysis = null;
    this.queue = [];
    this.past = [];
    this.isPaused = false;
  }

  /** Take an analysis as the service has it. Unrecorded gestures stay on top of it. */
  accept(analysis) {
    const isOther = analysis?.analysis !== this.analysis?.analysis;
    if (isOther) { this.queue = []; this.past = []; this.isPaused = false; }
    if (!isOther && this.analysis && analysis.rev < this.analysis.rev) return;
    this.analysis = analysis;
    if (analysis && !this.queue.length) {
      this.shapes = copy(analysis.shapes);
      this.background = { ...analysis.background };
    }
    this.on.changed();
  }

  get isEditable() {
    return Boolean(this.analysis?.is_editable) && !this.isPaused && !this.isFinding;
  }

  /** Ids of shapes that are not recorded as they are drawn. */
  get waiting() {
    const known = new Map((this.analysis?.shapes || []).map((s) => [s.shape, s]));
    const out = new Set();
    if (!this.queue.length) return out;
    for (const s of this.shapes) {
      const k = known.get(s.shape);
      if (!k || k.label !== s.label || !same(k, s)) out.add(s.shape);
    }
    return out;
  }

  nextShape() {
    return `S${Math.max(number(this.analysis.next_shape), ...this.shapes.map((s) => number(s.shape) + 1))}`;
  }

  /** Record a finished gesture: how everything stands after it. */
  commit(gesture, words, { shapes = this.shapes, background = this.background } = {}) {
    this.past.push({ shapes: copy(this.shapes), background: { ...this.background }, words });
    this.put(gesture, words, shapes, background);
  }

  put(gesture, words, shapes, background) {
    this.shapes = copy(shapes);
    this.background = { ...background };
    this.queue.push({ gesture, words, shapes: copy(shapes), background: { ...background }, key: idempotencyKey() });
    this.on.changed();
    this.pump();
  }

  /** Have the service find bands, or wells; until it has, nothing else is drawn. */
  find(what, parameters) {
    const words = `found ${what}`;
    this.past.push({ shapes: copy(this.shapes), background: { ...this.background }, words });
    this.queue.push({ words, verb: `find_${what}`, found: parameters, key: idempotencyKey() });
    this.on.changed();
    this.pump();
  }

  get isFinding() {
    return this.queue.some((item) => item.found);
  }

  get canUndo() {
    return this.isEditable && this.past.length > 0;
  }

  /** Undo is a new gesture: the trail keeps what was undone. */
  undo() {
    const last = this.past.pop();
    if (last) this.put("undo", `undid “${last.words}”`, last.shapes, last.background);
  }

  async pump() {
    if (this.isSending || this.isPaused || !this.queue.length) return;
    this.isSending = true;
    const item = this.queue[0];
    try {
      const told = item.found || { gesture: item.gesture, shapes: item.shapes, background: item.background };
      const analysis = await this.channel.ask(item.verb || "gesture", {
        analysis: this.analysis.analysis,
        request: { ...told, expected_rev: this.analysis.rev, idempotency_key: item.key },
      });
      this.queue.shift();
      this.accept(analysis);
      this.on.recorded(item.words, analysis);
    } catch (error) {
      this.isPaused = true;
      this.on.changed();
      this.on.failed(error);
    } finally {
      this.isSending = false;
    }
    this.pump();
  }

  /** Send what was not answered again, under the same key. */
  retry() {
    this.isPaused = false;
    this.on.changed();
    this.pump();
  }

  /** Give up what is not recorded and show what is. */
  discard() {
    this.queue = [];
    this.past = [];
    this.isPaused = false;
    this.accept({ ...this.analysis });
  }

  /** After a stale answer: read again; tell what changed there and what of ours is left to do. */
  async compare() {
    const base = copy(this.analysis.shapes);
    const mine = copy(this.shapes);
    const fresh = await this.channel.ask("open_analysis", { analysis: this.analysis.analysis });
    this.queue = [];
    this.past = [];
    this.isPaused = false;
    this.accept(fresh);
    return { theirs: differences(base, fresh.shapes), mine: differences(base, mine), again: () => this.again(base, mine) };
  }

  /** Do our own change again on top of what is there now. */
  again(base, mine) {
    const before = new Map(base.map((s) => [s.shape, s]));
    const kept = new Set(mine.map((s) => s.shape));
    let shapes = copy(this.shapes).filter((s) => kept.has(s.shape) || !before.has(s.shape));
    for (const s of mine) {
      const was = before.get(s.shape);
      if (was && was.label === s.label && same(was, s)) continue;
      const at = shapes.findIndex((other) => other.shape === s.shape);
      if (at >= 0 && was) shapes[at] = s;
      else { // added here: its id may have been taken in the meantime
        this.shapes = shapes;
        shapes = [...shapes, { ...s, shape: this.nextShape() }];
      }
    }
    this.shapes = copy(this.analysis.shapes);
    const kind = shapes.length > this.shapes.length ? "shape.add" : shapes.length < this.shapes.length ? "shape.delete" : "shape.move";
    this.commit(kind, "did the change again", { shapes });
  }
}
