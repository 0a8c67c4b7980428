// Tiles of the 16-bit pyramid: fetched when looked at, kept in a bounded cache, real counts.
import { get } from "../person_server.js";

const KEEP = 600; // tiles of 128 KB: about 77 MB at most

/** A display in the units of an image's tiles: their value v stands for the count tile_offset + tile_step · v. */
export function inTileUnits(display, { tile_offset: offset, tile_step: step }) {
  const value = (count) => (count === null || count === undefined ? count : (count - offset) / step);
  return { ...display, low: value(display.low), high: value(display.high), saturation: value(display.saturation) };
}

export class Tiles {
  /** `image` is the ImageView of the contract; `onload(tile)` is called for each tile that arrives. */
  constructor(image, { onload, onerror }) {
    this.image = image;
    this.size = image.tile_size;
    this.levels = image.levels;
    this.cache = new Map();
    this.loading = new Map();
    this.onload = onload;
    this.onerror = onerror;
    this.stopped = new AbortController();
  }

  key(level, row, column) {
    return `${level}/${row}/${column}`;
  }

  /** The tile if it is here, else null; asks for it when `fetch` is true. */
  want(level, row, column, fetch = true) {
    const key = this.key(level, row, column);
    const tile = this.cache.get(key);
    if (tile) {
      this.cache.delete(key); // move to the young end
      this.cache.set(key, tile);
      return tile;
    }
    if (fetch && !this.loading.has(key)) this.load(key, level, row, column);
    return null;
  }

  load(key, level, row, column) {
    const { image, pixels_sha256: sha } = this.image;
    const promise = get(`tiles/${image}/${sha}/${level}/${row}/${column}`, { signal: this.stopped.signal })
      .then((response) => response.arrayBuffer())
      .then((buffer) => {
        const { rows, columns } = this.levels[level];
        const height = Math.min(this.size, rows - row * this.size);
        const width = Math.min(this.size, columns - column * this.size);
        if (buffer.byteLength !== width * height * 2) throw new Error(`tile ${key} has ${buffer.byteLength} bytes`);
        const tile = { key, name: `${sha}/${key}`, level, row, column, width, height, counts: new Uint16Array(buffer) };
        this.cache.set(key, tile);
        for (const old of this.cache.keys()) {
          if (this.cache.size <= KEEP) break;
          this.cache.delete(old);
        }
        this.loading.delete(key);
        this.onload(tile);
      })
      .catch((error) => {
        if (error.name === "AbortError") return;
        // Keep the failed key for a moment: a dead connection must not be asked sixty times a second.
        setTimeout(() => this.loading.delete(key), 3000);
        this.onerror(error);
      });
    this.loading.set(key, promise);
  }

  /** Tile range [row0, row1) x [column0, column1) of `level` that covers image pixels x0..x1, y0..y1. */
  range(level, x0, y0, x1, y1) {
    const { rows, columns } = this.levels[level];
    const step = this.size * 2 ** level;
    return {
      row0: Math.max(0, Math.floor(y0 / step)), row1: Math.min(Math.ceil(rows / this.size), Math.ceil(y1 / step)),
      column0: Math.max(0, Math.floor(x0 / step)), column1: Math.min(Math.ceil(columns / this.size), Math.ceil(x1 / step)),
    };
  }

  /** The count at a full-resolution pixel (of floats to five digits), or null while its tile is not here. */
  countAt(x, y) {
    const column = Math.floor(x / this.size);
    const row = Math.floor(y / this.size);
    const tile = this.want(0, row, column);
    if (!tile) return null;
    const value = tile.counts[(y - row * this.size) * tile.width + (x - column * this.size)];
    return this.image.bits === 32 ? Number((this.image.tile_offset + this.image.tile_step * value).toPrecision(5)) : value;
  }

  stop() {
    this.stopped.abort();
  }
}
