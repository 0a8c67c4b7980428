// The stage: which part of the image is seen (zoom, pan), drawn by a painter, with the SVG layer kept in step.
import { h, svg } from "../dom.js";
import { Tiles, inTileUnits } from "./tiles.js";
import { WebglPainter } from "./paint_webgl.js";
import { CanvasPainter } from "./paint_2d.js";

const MAX_SCALE = 40; // CSS pixels per image pixel

export class Stage {
  /** `on`: {view(), pointer(x, y, count), trouble(text), painted()}. */
  constructor(image, display, on) {
    this.image = image;
    this.display = display;
    this.on = on;
    this.scale = 1;
    this.x = 0; // image coordinates of the stage's top left corner
    this.y = 0;
    this.canvas = h("canvas", { class: "bl-canvas", "aria-hidden": "true" });
    this.layer = svg("svg", { class: "bl-layer" });
    this.el = h("div", { class: "bl-stage", tabindex: "0", role: "application",
      "aria-label": `Image ${image.image}, ${image.columns} by ${image.rows} pixels. Plus and minus zoom, 0 fits, arrows pan, Tab goes through the shapes.` },
      this.canvas, this.layer);
    this.tiles = new Tiles(image, { onload: () => this.draw(), onerror: (e) => on.trouble(e.message) });
    this.over = null; // another channel laid over: {image, display, tiles}
    this.makePainter();
    this.resizer = new ResizeObserver(() => this.resize());
    this.resizer.observe(this.el);
    this.listen();
  }

  makePainter() {
    try {
      if (new URLSearchParams(location.search).has("blotter2d")) throw new Error("asked for");
      this.painter = new WebglPainter(this.canvas, {
        onlost: () => this.on.trouble("The graphics card let go of the picture; it comes back by itself."),
        onrestored: () => { this.on.trouble(""); this.draw(); },
      });
    } catch {
      // A canvas that once gave a WebGL context never gives a 2D one.
      const fresh = this.canvas.cloneNode();
      this.canvas.replaceWith(fresh);
      this.canvas = fresh;
      this.painter = new CanvasPainter(fresh);
    }
    this.el.dataset.painter = this.painter instanceof WebglPainter ? "webgl2" : "2d";
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.el;
    if (!width || !height) return;
    const isFirst = !this.width;
    const wasFit = isFirst || Math.abs(this.scale - this.fitScale()) < 1e-6;
    this.width = width;
    this.height = height;
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    if (wasFit) this.fit();
    else this.changed();
  }

  /** Lay another channel of the same size over the image, or none. */
  lay(image, display) {
    this.over?.tiles.stop();
    this.over = image && { image, display, tiles: new Tiles(image, { onload: () => this.draw(), onerror: (e) => this.on.trouble(e.message) }) };
    this.draw();
  }

  fitScale() {
    return Math.min((this.width || 1) / this.image.columns, (this.height || 1) / this.image.rows);
  }

  fit() {
    this.scale = this.fitScale();
    this.x = (this.image.columns - this.width / this.scale) / 2;
    this.y = (this.image.rows - this.height / this.scale) / 2;
    this.changed();
  }

  /** Zoom by a factor, keeping the image point under the given stage point. */
  zoom(factor, atX = this.width / 2, atY = this.height / 2) {
    const scale = Math.min(MAX_SCALE, Math.max(this.fitScale() / 2, this.scale * factor));
    this.x += atX / this.scale - atX / scale;
    this.y += atY / this.scale - atY / scale;
    this.scale = scale;
    this.changed();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.changed();
  }

  changed() {
    // Some of the image always stays in sight.
    const keep = 40 / this.scale;
    this.x = Math.min(this.image.columns - keep, Math.max(keep - this.width / this.scale, this.x));
    this.y = Math.min(this.image.rows - keep, Math.max(keep - this.height / this.scale, this.y));
    this.layer.setAttribute("viewBox", `${this.x} ${this.y} ${this.width / this.scale} ${this.height / this.scale}`);
    this.on.view();
    this.draw();
  }

  /** Image coordinates of a pointer event. */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: this.x + (event.clientX - box.left) / this.scale, y: this.y + (event.clientY - box.top) / this.scale };
  }

  level() {
    const wanted = Math.floor(Math.log2(1 / (this.scale * this.ratio)) + 0.3);
    return Math.min(this.image.levels.length - 1, Math.max(0, wanted));
  }

  draw() {
    if (this.frame || !this.width) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  paint() {
    const background = [0.5, 0.5, 0.5];
    const { over } = this;
    this.painter.begin(inTileUnits(this.display, this.image), background, over && inTileUnits(over.display, over.image));
    const finest = this.level();
    const coarsest = this.image.levels.length - 1;
    const right = this.x + this.width / this.scale;
    const bottom = this.y + this.height / this.scale;
    let missing = 0;
    // Coarse first: something is seen while the fine tiles come.
    for (const level of [...new Set([coarsest, ...range(coarsest - 1, finest), finest])]) {
      const ask = level === coarsest || level === finest;
      const { row0, row1, column0, column1 } = this.tiles.range(level, this.x, this.y, right, bottom);
      for (let row = row0; row < row1; row += 1) {
        for (let column = column0; column < column1; column += 1) {
          const tile = this.tiles.want(level, row, column, ask);
          const other = over ? over.tiles.want(level, row, column, ask) : null;
          if (tile && (other || !over)) this.place(tile, other);
          else if (level === finest) missing += 1;
        }
      }
    }
    this.painter.end();
    this.el.dataset.missing = missing;
    if (!missing) this.on.painted();
  }

  place(tile, other) {
    const step = 2 ** tile.level;
    const k = this.scale * this.ratio;
    const size = this.image.tile_size * step;
    this.painter.tile(tile, other, (tile.column * size - this.x) * k, (tile.row * size - this.y) * k, tile.width * step * k, tile.height * step * k);
  }

  listen() {
    this.el.addEventListener("wheel", (event) => {
      // Plain wheel scrolls the notebook until the stage has the focus: no scroll trap.
      if (!this.el.contains(document.activeElement) && !event.ctrlKey) return;
      event.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    this.el.addEventListener("pointermove", (event) => {
      const { x, y } = this.point(event);
      const inside = x >= 0 && y >= 0 && x < this.image.columns && y < this.image.rows;
      this.pointer = inside ? { x: Math.floor(x), y: Math.floor(y) } : null;
      this.tellPointer();
    });
    this.el.addEventListener("pointerleave", () => { this.pointer = null; this.tellPointer(); });
    this.el.addEventListener("keydown", (event) => this.key(event));
  }

  tellPointer() {
    const p = this.pointer;
    this.on.pointer(p, p ? this.tiles.countAt(p.x, p.y) : null);
  }

  key(event) {
    if (event.target !== this.el || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = 40;
    const acts = {
      "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), "0": () => this.fit(),
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab moves between cells on arrows
    act();
  }

  stop() {
    this.resizer.disconnect();
    this.tiles.stop();
    this.over?.tiles.stop();
    this.painter.stop();
    if (this.frame) cancelAnimationFrame(this.frame);
  }
}

function* range(from, to) {
  for (let level = from; level > to; level -= 1) yield level;
}
