// Colours of a display: 256 steps from dark to light, the same for both painters. Told apart by all kinds of colour vision.

// Points of matplotlib's maps (CC0), evenly spaced; between them colours are mixed.
const POINTS = {
  grey: ["000000", "ffffff"],
  viridis: ["440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"],
  magma: ["000004", "180f3d", "440f76", "721f81", "9e2f7f", "cd4071", "f1605d", "fd9668", "feca8d", "fcfdbf"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"],
  green: ["000000", "00ff00"],
  magenta: ["000000", "ff00ff"],
  red: ["000000", "ff0000"],
};

export const COLOURS = Object.keys(POINTS);

const made = new Map();

/** The 256 colours of a map, RGBA, 4 bytes each. */
export function colours(name) {
  if (!made.has(name)) {
    const points = (POINTS[name] || POINTS.grey).map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    const table = new Uint8Array(256 * 4);
    for (let step = 0; step < 256; step += 1) {
      const place = (step / 255) * (points.length - 1);
      const first = Math.min(Math.floor(place), points.length - 2);
      for (let at = 0; at < 3; at += 1) table[4 * step + at] = Math.round(points[first][at] + (points[first + 1][at] - points[first][at]) * (place - first));
      table[4 * step + 3] = 255;
    }
    made.set(name, table);
  }
  return made.get(name);
}
