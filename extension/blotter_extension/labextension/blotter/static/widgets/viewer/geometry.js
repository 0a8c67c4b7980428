// Rectangles: half-open pixel bounds {row0, column0, row1, column1}, whole numbers, inside the image.

export const copy = (shapes) => shapes.map((s) => ({ ...s, rectangle: { ...s.rectangle } }));
export const same = (a, b) => ["row0", "column0", "row1", "column1"].every((k) => a[k] === b[k]);
export const width = (r) => r.column1 - r.column0;
export const height = (r) => r.row1 - r.row0;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Moved by whole pixels, pushed back inside; the size stays. */
export function moved(r, dx, dy, image) {
  const column0 = clamp(r.column0 + Math.round(dx), 0, image.columns - width(r));
  const row0 = clamp(r.row0 + Math.round(dy), 0, image.rows - height(r));
  return { row0, column0, row1: row0 + height(r), column1: column0 + width(r) };
}

/** One edge or corner dragged. `edges` holds letters of n, s, w, e. At least one pixel is left. */
export function resized(r, edges, dx, dy, image) {
  const out = { ...r };
  if (edges.includes("w")) out.column0 = clamp(r.column0 + Math.round(dx), 0, r.column1 - 1);
  if (edges.includes("e")) out.column1 = clamp(r.column1 + Math.round(dx), r.column0 + 1, image.columns);
  if (edges.includes("n")) out.row0 = clamp(r.row0 + Math.round(dy), 0, r.row1 - 1);
  if (edges.includes("s")) out.row1 = clamp(r.row1 + Math.round(dy), r.row0 + 1, image.rows);
  return out;
}

/** The pixels touched by a drag from point a to point b. */
export function spanned(a, b, image) {
  return {
    column0: clamp(Math.floor(Math.min(a.x, b.x)), 0, image.columns - 1),
    row0: clamp(Math.floor(Math.min(a.y, b.y)), 0, image.rows - 1),
    column1: clamp(Math.ceil(Math.max(a.x, b.x)), 1, image.columns),
    row1: clamp(Math.ceil(Math.max(a.y, b.y)), 1, image.rows),
  };
}

/** Words with numbers, for the screen reader and the log on the screen. */
export const words = (r) => `column ${r.column0}, row ${r.row0}, ${width(r)} by ${height(r)} pixels`;

/** What differs between two lists of shapes, one line each. */
export function differences(before, after) {
  const lines = [];
  const old = new Map(before.map((s) => [s.shape, s]));
  for (const shape of after) {
    const was = old.get(shape.shape);
    old.delete(shape.shape);
    if (!was) lines.push(`${shape.label} (${shape.shape}) was added at ${words(shape.rectangle)}`);
    else {
      if (!same(was.rectangle, shape.rectangle)) lines.push(`${shape.label} (${shape.shape}) is now at ${words(shape.rectangle)}; it was at ${words(was.rectangle)}`);
      if (was.label !== shape.label) lines.push(`${was.label} (${shape.shape}) is now called ${shape.label}`);
    }
  }
  for (const gone of old.values()) lines.push(`${gone.label} (${gone.shape}) was deleted`);
  return lines;
}
