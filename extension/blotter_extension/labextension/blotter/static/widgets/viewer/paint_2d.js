// The same picture without WebGL2: a table from count to colour, applied on the processor. Slower, never different numbers.
import { colours } from "./colours.js";

export class CanvasPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.drawn = new Map();
  }

  begin(display, background, over = null) {
    const stamp = JSON.stringify([display, over]);
    if (stamp !== this.stamp) {
      this.stamp = stamp;
      this.drawn.clear();
      this.table = shades(display);
      this.over = over && shades({ ...over, inverted: false, saturation: null });
    }
    this.context.imageSmoothingEnabled = false;
    this.context.fillStyle = `rgb(${background.map((v) => Math.round(v * 255)).join(" ")})`;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  tile(tile, other, left, top, width, height) {
    let picture = this.drawn.get(tile.name);
    if (!picture) {
      picture = tilePicture(tile, this.table, other, this.over);
      this.drawn.set(tile.name, picture);
      if (this.drawn.size > 150) this.drawn.delete(this.drawn.keys().next().value);
    }
    this.context.drawImage(picture, left, top, width, height);
  }

  end() {}

  stop() {
    this.drawn.clear();
  }
}

/** Packed little-endian RGBA for each of the 65,536 counts. */
export function shades({ low, high, gamma, inverted, saturation = null, colour = "grey" }) {
  const packed = new Uint32Array(colours(colour).buffer);
  const table = new Uint32Array(65536);
  const span = Math.max(high - low, 1);
  for (let count = 0; count < 65536; count += 1) {
    const grey = Math.min(Math.max((count - low) / span, 0), 1) ** (1 / gamma);
    table[count] = packed[Math.round((inverted ? 1 - grey : grey) * 255)];
  }
  if (saturation !== null && saturation >= 0) table.fill(MARKED, Math.min(saturation, 65535));
  return table;
}

const MARKED = 0xffbf00d9;

/** The sum of two packed colours, each part at most 255. */
function sum(one, two) {
  const part = (at) => Math.min(((one >>> at) & 255) + ((two >>> at) & 255), 255) << at;
  return (0xff000000 | part(16) | part(8) | part(0)) >>> 0;
}

/** A tile as a small canvas, with the same tile of another channel laid over where there is one. */
export function tilePicture(tile, table, other = null, over = null) {
  const canvas = document.createElement("canvas");
  canvas.width = tile.width;
  canvas.height = tile.height;
  const context = canvas.getContext("2d");
  const data = context.createImageData(tile.width, tile.height);
  const packed = new Uint32Array(data.data.buffer);
  for (let index = 0; index < tile.counts.length; index += 1) {
    const seen = table[tile.counts[index]];
    packed[index] = other && seen !== MARKED ? sum(seen, over[other.counts[index]]) : seen;
  }
  context.putImageData(data, 0, 0);
  return canvas;
}
