// The profile of a lane under the image: peaks, the line that bands are found over, and the limits of bands. A limit that
// is dropped, or moved by arrow keys, is a gesture on the band's shape: the numbers and the trail follow.
import { h, svg, field, redrawn } from "../dom.js";
import { six } from "../format.js";
import { clamp, copy } from "./geometry.js";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [80, 16, 20, 34, 250];
const REST_MS = 500; // a series of key presses is one gesture: it ends when nothing more comes for so long
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

/** The rows of a band, half-open, after its `start` or `stop` went to a row; one row is left. */
export function limitMoved({ start, stop }, end, row, rows) {
  const at = Math.round(row);
  return end === "start" ? { start: clamp(at, 0, stop - 1), stop } : { start, stop: clamp(at, start + 1, rows) };
}

/** The largest point of a line between two rows, half-open: [row, value], or null. */
export function peakOf(points, start, stop) {
  return points.reduce((best, point) => (point[0] >= start && point[0] < stop && (!best || point[1] > best[1]) ? point : best), null);
}

/** Numbers for an axis from low to high, about `count` of them, at 1, 2 or 5 of a power of ten. */
export function numbersOf(low, high, count) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count || 1));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => (high - low) / one <= count);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

export class ProfilePlot {
  /** `draft`: gestures go to it. `layer`: shows on the image what is in hand. */
  constructor({ channel, frame, draft, layer, stage, announce }) {
    Object.assign(this, { channel, frame, draft, layer, stage, announce, profile: null, inHand: null, shown: null });
    this.lane = h("select", { "aria-label": "Lane of the profile" });
    this.lane.addEventListener("change", () => this.load());
    this.back = svg("g", { "aria-hidden": "true" });
    this.limits = svg("g");
    this.plot = svg("svg", { class: "bl-profile", height: HEIGHT, role: "group", "aria-label": "Lane profile" }, this.back, this.limits);
    this.said = h("span", { class: "bl-hint", role: "status" });
    this.el = h("details", { class: "bl-profiles" }, h("summary", {}, "Lane profile"), h("div", { class: "bl-stack" },
      h("div", { class: "bl-bar" }, field("Lane", this.lane), this.said), this.plot,
      h("p", { class: "bl-hint" }, "Solid: counts across the lane's inner part, smoothed. Dashed: the line that bands are found over; Signals are of the shapes. Drag a limit, or Tab to it and use the arrows (Ctrl: 10 rows). The plot shows the rows that the image shows: zoom in to be exact.")));
    this.el.addEventListener("toggle", () => this.load());
    this.plot.addEventListener("pointermove", (event) => this.move(event));
    this.plot.addEventListener("pointerup", () => this.drop());
    this.plot.addEventListener("pointercancel", () => this.giveUp());
  }

  /** What is shown: the draft's shapes, or those of a saved version. */
  show({ analysis, version, finding, shapes, isEditable }) {
    const lanes = (finding?.lanes || []).map((one) => one.lane);
    this.shown = analysis && lanes.length ? { analysis: analysis.analysis, rev: analysis.rev, version, shapes, isEditable } : null;
    this.el.hidden = !this.shown;
    redrawn(this.lane, lanes, () => lanes.map((lane) => h("option", { value: lane }, `Lane ${lane}`)));
    this.load();
    this.draw();
  }

  async load() {
    if (!this.shown || !this.el.open) return;
    const { analysis, rev, version } = this.shown;
    const asked = { analysis, version, lane: Number(this.lane.value) };
    const stamp = JSON.stringify([asked, version || rev]);
    if (this.asked === stamp) return;
    this.asked = stamp;
    try {
      const profile = await this.channel.ask("profile", asked);
      if (this.asked !== stamp) return; // something else was asked for meanwhile
      [this.profile, this.got] = [profile, stamp];
      this.draw();
    } catch (error) {
      this.asked = null;
      this.frame.failed(error, { retry: () => this.load(), unknown: "Nothing was changed." });
    }
  }

  /** The bands as their shapes are now, with what is in hand. */
  get bands() {
    const there = new Map(this.shown.shapes.map((shape) => [shape.shape, shape.rectangle]));
    return this.profile.bands.filter((band) => there.has(band.shape)).map((band) => {
      const rectangle = there.get(band.shape);
      const now = rectangle ? { ...band, start: rectangle.row0, stop: rectangle.row1 } : band;
      return this.inHand?.shape === band.shape ? { ...now, ...this.inHand.now } : now;
    });
  }

  draw() {
    if (!this.shown || !this.profile || !this.el.open) return;
    const { stage, profile } = this;
    this.width = Math.max(320, this.plot.clientWidth || 640);
    const first = clamp(Math.floor(stage.y), 0, profile.rows - 2);
    const last = clamp(Math.ceil(stage.y + stage.height / stage.scale), first + 2, profile.rows) - 1;
    const seen = [...profile.values, ...profile.background].filter(([row]) => row >= first && row <= last).map(([, value]) => value);
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    const spare = (high - low || 1) * 0.08;
    this.range = { first: first - 0.5, last: last + 0.5, low: low - spare, high: high + spare };
    this.plot.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const { bands } = this;
    redrawn(this.back, [this.got, this.width, this.range, bands], () => this.drawn(bands));
    this.putLimits(bands);
  }

  x(row) {
    const { first, last } = this.range;
    return LEFT + ((row - first) / (last - first)) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    const { low, high } = this.range;
    return HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  }

  isSeen(row) {
    return row >= this.range.first && row <= this.range.last;
  }

  drawn(bands) {
    const { first, last, low, high } = this.range;
    const [bottom, right] = [HEIGHT - BOTTOM, this.width - RIGHT];
    const line = (points, kind) => svg("polyline", { class: kind, points: points.filter(([row]) => row >= first && row <= last).map(([row, value]) => `${this.x(row)},${this.y(value)}`).join(" ") });
    const boxes = bands.map((band) => {
      const [from, to] = [band.start, band.stop].map((row) => clamp(this.x(row - 0.5), LEFT, right));
      return svg("rect", { class: "bl-limits", x: from, y: TOP, width: to - from, height: bottom - TOP });
    });
    const peaks = bands.map((band) => [band, peakOf(this.profile.values, band.start, band.stop)]).filter(([, peak]) => peak && this.isSeen(peak[0])).map(([band, [row, value]]) => svg("g", { class: "bl-peak" },
      svg("path", { d: `M ${this.x(row)} ${this.y(value) - 4} l 4 4 l -4 4 l -4 -4 Z` }), svg("text", { x: this.x(row), y: this.y(value) - 7, "text-anchor": "middle" }, band.label)));
    return [boxes, svg("path", { class: "bl-axis", d: `M ${LEFT} ${TOP} V ${bottom} H ${right}` }),
      numbersOf(first, last, 8).map((at) => svg("text", { x: this.x(at), y: bottom + 14, "text-anchor": "middle" }, at)),
      numbersOf(low, high, 4).map((at) => svg("text", { x: LEFT - 6, y: this.y(at) + 4, "text-anchor": "end" }, six(at))),
      svg("text", { x: right, y: HEIGHT - 4, "text-anchor": "end" }, "Row, px"), svg("text", { x: 4, y: 12 }, "Counts"),
      line(this.profile.background, "bl-ground"), line(this.profile.values, "bl-values"), peaks];
  }

  /** Two limits of each band; nodes are kept, since one may have the focus. */
  putLimits(bands) {
    const wanted = new Map(bands.filter((band) => band.is_movable).flatMap((band) => ["start", "stop"].filter((end) => this.isSeen(band[end] - 0.5)).map((end) => [`${band.shape} ${end}`, { band, end }])));
    for (const node of [...this.limits.children]) if (!wanted.has(node.dataset.limit) && node !== document.activeElement) node.remove();
    for (const [name, { band, end }] of wanted) {
      const node = this.limits.querySelector(`[data-limit="${name}"]`) || this.limits.appendChild(this.newLimit(name));
      const x = this.x(band[end] - 0.5);
      for (const part of node.children) for (const place of ["x1", "x2"]) part.setAttribute(place, x);
      const isStart = end === "start";
      const told = { "aria-label": `${isStart ? "First" : "Last"} row of ${band.label}`, "aria-valuenow": isStart ? band.start : band.stop - 1, "aria-valuemin": isStart ? 0 : band.start, "aria-valuemax": (isStart ? band.stop : this.profile.rows) - 1, "aria-disabled": !this.shown.isEditable };
      for (const [attribute, value] of Object.entries(told)) node.setAttribute(attribute, String(value));
    }
  }

  newLimit(name) {
    const ends = { y1: TOP, y2: HEIGHT - BOTTOM };
    const node = svg("g", { class: "bl-limit", "data-limit": name, tabindex: 0, role: "slider" }, svg("line", { class: "bl-grip", ...ends }), svg("line", { class: "bl-edge", ...ends }));
    node.addEventListener("pointerdown", (event) => this.grab(event, name));
    node.addEventListener("keydown", (event) => this.key(event, name));
    node.addEventListener("keyup", (event) => { if (ARROWS[event.key]) this.finishSoon(); });
    node.addEventListener("blur", () => { if (this.inHand?.isKeys) this.drop(); });
    return node;
  }

  /** Take a limit in hand: its band, and which end. */
  take(name, more) {
    const [shape, end] = name.split(" ");
    const band = this.bands.find((one) => one.shape === shape);
    const now = { start: band.start, stop: band.stop };
    this.inHand = { shape, end, label: band.label, before: now, now, ...more };
  }

  grab(event, name) {
    if (event.button !== 0 || !this.shown.isEditable) return;
    if (this.inHand) this.drop();
    event.preventDefault();
    event.currentTarget.focus({ preventScroll: true });
    this.plot.setPointerCapture(event.pointerId);
    this.take(name, { isKeys: false });
  }

  move(event) {
    if (!this.inHand || this.inHand.isKeys) return;
    const box = this.plot.getBoundingClientRect();
    const { first, last } = this.range;
    const at = ((event.clientX - box.left) * this.width) / box.width - LEFT;
    this.to(first + (at / (this.width - LEFT - RIGHT)) * (last - first) + 0.5);
  }

  key(event, name) {
    if (event.key === "Escape" && this.inHand) this.giveUp();
    else if (ARROWS[event.key] && this.shown.isEditable) {
      if (!this.inHand) this.take(name, { isKeys: true });
      clearTimeout(this.timer);
      this.to(this.inHand.now[this.inHand.end] + ARROWS[event.key] * (event.ctrlKey ? 10 : 1));
    } else return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab moves between cells on arrows
  }

  /** The limit in hand goes to a row; the shape on the image goes with it. */
  to(row) {
    const { inHand } = this;
    inHand.now = limitMoved(inHand.now, inHand.end, row, this.profile.rows);
    this.layer.preview(this.changed().filter((shape) => shape.shape === inHand.shape));
    this.said.textContent = this.words();
    this.draw();
  }

  words() {
    const { end, label, now } = this.inHand;
    return `${end === "start" ? "first" : "last"} row of ${label} to ${end === "start" ? now.start : now.stop - 1}`;
  }

  changed() {
    const { shape, now } = this.inHand;
    return copy(this.draft.shapes).map((one) => (one.shape === shape ? { ...one, rectangle: { ...one.rectangle, row0: now.start, row1: now.stop } } : one));
  }

  finishSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (this.inHand?.isKeys) this.drop(); }, REST_MS);
  }

  drop() {
    const { inHand } = this;
    if (!inHand) return;
    clearTimeout(this.timer);
    const [shapes, said] = [this.changed(), `moved the ${this.words()}`];
    this.inHand = null;
    this.layer.preview([]);
    if (inHand.now.start === inHand.before.start && inHand.now.stop === inHand.before.stop) return;
    this.announce(said);
    this.draft.commit("shape.resize", said, { shapes });
  }

  giveUp() {
    clearTimeout(this.timer);
    this.inHand = null;
    this.said.textContent = "";
    this.layer.preview([]);
    this.draw();
  }
}
