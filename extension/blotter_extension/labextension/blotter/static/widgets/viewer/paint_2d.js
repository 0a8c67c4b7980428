// The same picture without WebGL2: a table from count to grey, applied on the processor. Slower, never different numbers.
export class CanvasPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.drawn = new Map();
  }

  begin(display, background) {
    const stamp = JSON.stringify(display);
    if (stamp !== this.stamp) {
      this.stamp = stamp;
      this.drawn.clear();
      this.table = greys(display);
    }
    this.context.imageSmoothingEnabled = false;
    this.context.fillStyle = `rgb(${background.map((v) => Math.round(v * 255)).join(" ")})`;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  tile(tile, left, top, width, height) {
    let picture = this.drawn.get(tile.key);
    if (!picture) {
      picture = tilePicture(tile, this.table);
      this.drawn.set(tile.key, picture);
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
export function greys({ low, high, gamma, inverted, saturation = null }) {
  const table = new Uint32Array(65536);
  const span = Math.max(high - low, 1);
  for (let count = 0; count < 65536; count += 1) {
    const grey = Math.min(Math.max((count - low) / span, 0), 1) ** (1 / gamma);
    const value = Math.round((inverted ? 1 - grey : grey) * 255);
    table[count] = 0xff000000 | (value << 16) | (value << 8) | value;
  }
  if (saturation !== null && saturation >= 0) table.fill(0xffbf00d9, Math.min(saturation, 65535));
  return table;
}

/** A tile as a small canvas. */
export function tilePicture(tile, table) {
  const canvas = document.createElement("canvas");
  canvas.width = tile.width;
  canvas.height = tile.height;
  const context = canvas.getContext("2d");
  const data = context.createImageData(tile.width, tile.height);
  const packed = new Uint32Array(data.data.buffer);
  for (let index = 0; index < tile.counts.length; index += 1) packed[index] = table[tile.counts[index]];
  context.putImageData(data, 0, 0);
  return canvas;
}
