// Shapes: {shape, label} and one of rectangle, ellipse, polygon, freehand, as the records have them. A rectangle has
// half-open bounds in whole pixels. Ellipses and polygons are given by rows and columns of centres: pixel 0 has its
// centre at 0 and begins at -0.5. Pictures are drawn in edges of pixels: there half a pixel is added.

export const KINDS = ["rectangle", "ellipse", "polygon", "freehand"];
const NUMBERS = { rectangle: ["row0", "column0", "row1", "column1"], ellipse: ["row", "column", "half_height", "half_width", "turned"] };

export const kindOf = (shape) => KINDS.find((kind) => shape[kind]);
export const copy = (shapes) => structuredClone(shapes);
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
/** Corners lie on eighths of a pixel: numbers stay short, and a shift is exact. */
export const eighths = (value) => Math.round(value * 8) / 8;

/** Whether two shapes have the same outline. */
export function same(a, b) {
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (NUMBERS[kind]) return NUMBERS[kind].every((name) => (a[kind][name] || 0) === (b[kind][name] || 0));
  const [p, q] = [a[kind].corners, b[kind].corners];
  return p.length === q.length && p.every(([row, column], i) => row === q[i][0] && column === q[i][1]);
}

/** Where a shape begins and ends, in edges of pixels. */
export function bounds(shape) {
  const r = shape.rectangle;
  if (r) return { left: r.column0, top: r.row0, right: r.column1, bottom: r.row1 };
  if (shape.ellipse) {
    const { row, column, half_height: a, half_width: b, turned } = shape.ellipse;
    const [cos, sin] = axes(turned);
    const [down, across] = turned ? [Math.hypot(a * cos, b * sin), Math.hypot(a * sin, b * cos)] : [a, b];
    return { left: column + 0.5 - across, top: row + 0.5 - down, right: column + 0.5 + across, bottom: row + 0.5 + down };
  }
  const corners = cornersOf(shape);
  const [rows, columns] = [corners.map((c) => c[0]), corners.map((c) => c[1])];
  return { left: Math.min(...columns) + 0.5, top: Math.min(...rows) + 0.5, right: Math.max(...columns) + 0.5, bottom: Math.max(...rows) + 0.5 };
}

export const cornersOf = (shape) => (shape.polygon || shape.freehand).corners;
export const size = (shape) => { const b = bounds(shape); return { width: b.right - b.left, height: b.bottom - b.top }; };
const axes = (turned) => [Math.cos((turned * Math.PI) / 180), Math.sin((turned * Math.PI) / 180)];
const EDGE = 1e-9;
const isOn = (shape, image) => { const b = bounds(shape); return b.left >= -EDGE && b.top >= -EDGE && b.right <= image.columns + EDGE && b.bottom <= image.rows + EDGE; };

/** Moved by whole pixels, pushed back inside; the size stays. */
export function moved(shape, dx, dy, image) {
  const b = bounds(shape);
  const right = clamp(Math.round(dx), Math.ceil(-b.left - EDGE), Math.floor(image.columns - b.right + EDGE));
  const down = clamp(Math.round(dy), Math.ceil(-b.top - EDGE), Math.floor(image.rows - b.bottom + EDGE));
  return shifted(shape, right, down);
}

/** Moved by so many columns and rows. */
export function shifted(shape, dx, dy) {
  const out = structuredClone(shape);
  const { rectangle: r, ellipse: e } = out;
  if (r) Object.assign(r, { row0: r.row0 + dy, row1: r.row1 + dy, column0: r.column0 + dx, column1: r.column1 + dx });
  else if (e) Object.assign(e, { row: e.row + dy, column: e.column + dx });
  else out[kindOf(out)].corners = cornersOf(out).map(([row, column]) => [row + dy, column + dx]);
  return out;
}

/** One edge or corner of the shape's box dragged. `edges` holds letters of n, s, w, e. At least one pixel is left. */
export function resized(shape, edges, dx, dy, image) {
  if (shape.ellipse?.turned) return resizedTurned(shape, edges, dx, dy, image);
  const b = bounds(shape);
  const to = { ...b };
  if (edges.includes("w")) to.left = clamp(b.left + Math.round(dx), 0, b.right - 1);
  if (edges.includes("e")) to.right = clamp(b.right + Math.round(dx), b.left + 1, image.columns);
  if (edges.includes("n")) to.top = clamp(b.top + Math.round(dy), 0, b.bottom - 1);
  if (edges.includes("s")) to.bottom = clamp(b.bottom + Math.round(dy), b.top + 1, image.rows);
  if (shape.rectangle) return { ...shape, rectangle: { row0: to.top, column0: to.left, row1: to.bottom, column1: to.right } };
  if (shape.ellipse) return { ...shape, ellipse: inscribed(to) };
  const across = (to.right - to.left) / (b.right - b.left || 1);
  const down = (to.bottom - to.top) / (b.bottom - b.top || 1);
  const scaled = cornersOf(shape).map(([row, column]) => [
    eighths(to.top - 0.5 + (row + 0.5 - b.top) * down), eighths(to.left - 0.5 + (column + 0.5 - b.left) * across)]);
  return { ...shape, [kindOf(shape)]: { corners: scaled } };
}

/** An ellipse that is turned grows along its own axes; where it would leave the image it grows less. */
function resizedTurned(shape, edges, dx, dy, image) {
  const { row, column, half_height: a, half_width: b, turned } = shape.ellipse;
  const [cos, sin] = axes(turned);
  for (const part of [1, 0.75, 0.5, 0.25]) {
    const [x, y] = [dx * part, dy * part];
    const along = ((edges.includes("e") ? 1 : 0) - (edges.includes("w") ? 1 : 0)) * (x * cos - y * sin);
    const down = ((edges.includes("s") ? 1 : 0) - (edges.includes("n") ? 1 : 0)) * (x * sin + y * cos);
    const [wide, high] = [Math.max(0.5, eighths(b + along / 2)), Math.max(0.5, eighths(a + down / 2))];
    const [u, v] = [(high - a) * (edges.includes("n") ? -1 : 1), (wide - b) * (edges.includes("w") ? -1 : 1)];
    const out = { ...shape, ellipse: { row: eighths(row + u * cos - v * sin), column: eighths(column + u * sin + v * cos), half_height: high, half_width: wide, turned } };
    if (isOn(out, image)) return out;
  }
  return shape;
}

/** An ellipse turned to so many degrees, -90 to 90; as it was where it would leave the image. */
export function turnedTo(shape, degrees, image) {
  let turned = Math.round(degrees) % 180;
  if (turned > 90) turned -= 180;
  if (turned <= -90) turned += 180;
  const out = { ...shape, ellipse: { ...shape.ellipse, turned } };
  return isOn(out, image) ? out : shape;
}

/** One corner of a polygon dragged. */
export function cornerMoved(shape, at, dx, dy, image) {
  const out = structuredClone(shape);
  const [row, column] = cornersOf(shape)[at];
  cornersOf(out)[at] = [clamp(eighths(row + dy), -0.5, image.rows - 0.5), clamp(eighths(column + dx), -0.5, image.columns - 0.5)];
  return out;
}

/** A new corner half way to the next one. */
export function cornerAdded(shape, at) {
  const out = structuredClone(shape);
  const corners = cornersOf(out);
  const [[r0, c0], [r1, c1]] = [corners[at], corners[(at + 1) % corners.length]];
  corners.splice(at + 1, 0, [eighths((r0 + r1) / 2), eighths((c0 + c1) / 2)]);
  return out;
}

/** One corner less; three are the fewest. */
export function cornerRemoved(shape, at) {
  const out = structuredClone(shape);
  if (cornersOf(out).length > 3) cornersOf(out).splice(at, 1);
  return out;
}

/** The pixels touched by a drag from point a to point b, as a rectangle or the ellipse within it. */
export function spanned(kind, a, b, image) {
  const box = {
    left: clamp(Math.floor(Math.min(a.x, b.x)), 0, image.columns - 1), top: clamp(Math.floor(Math.min(a.y, b.y)), 0, image.rows - 1),
    right: clamp(Math.ceil(Math.max(a.x, b.x)), 1, image.columns), bottom: clamp(Math.ceil(Math.max(a.y, b.y)), 1, image.rows),
  };
  return within(kind, box);
}

/** A rectangle, ellipse or hexagon that fills a box. */
export function within(kind, box) {
  if (kind === "rectangle") return { rectangle: { row0: box.top, column0: box.left, row1: box.bottom, column1: box.right } };
  if (kind === "ellipse") return { ellipse: inscribed(box) };
  const [high, wide] = [box.bottom - box.top, box.right - box.left];
  const at = [[0.5, 0], [0, 0.25], [0, 0.75], [0.5, 1], [1, 0.75], [1, 0.25]];
  return { polygon: { corners: at.map(([y, x]) => [eighths(box.top - 0.5 + y * high), eighths(box.left - 0.5 + x * wide)]) } };
}

const inscribed = (box) => ({
  row: (box.top + box.bottom) / 2 - 0.5, column: (box.left + box.right) / 2 - 0.5,
  half_height: (box.bottom - box.top) / 2, half_width: (box.right - box.left) / 2, turned: 0,
});

/** A point of the picture as a corner on the image. */
export const cornerAt = ({ x, y }, image) => [clamp(eighths(y - 0.5), -0.5, image.rows - 0.5), clamp(eighths(x - 0.5), -0.5, image.columns - 0.5)];

/** A line with fewer corners that is nowhere farther than `far` px from it (Douglas and Peucker). */
export function simplified(corners, far) {
  if (corners.length < 3) return corners;
  const [[r0, c0], [r1, c1]] = [corners[0], corners.at(-1)];
  const length = Math.hypot(r1 - r0, c1 - c0);
  let [most, at] = [0, 0];
  for (let i = 1; i < corners.length - 1; i += 1) {
    const [r, c] = corners[i];
    const away = length ? Math.abs((r1 - r0) * (c - c0) - (c1 - c0) * (r - r0)) / length : Math.hypot(r - r0, c - c0);
    if (away > most) [most, at] = [away, i];
  }
  if (most <= far) return [corners[0], corners.at(-1)];
  return [...simplified(corners.slice(0, at + 1), far).slice(0, -1), ...simplified(corners.slice(at), far)];
}

/** The outline as an SVG path in edges of pixels. */
export function path(shape) {
  const e = shape.ellipse;
  if (e) {
    const [cos, sin] = axes(e.turned || 0);
    const [x, y, dx, dy] = [e.column + 0.5, e.row + 0.5, e.half_width * cos, -e.half_width * sin];
    const arc = `A ${e.half_width} ${e.half_height} ${-(e.turned || 0)} 1 1`;
    return `M ${x - dx} ${y - dy} ${arc} ${x + dx} ${y + dy} ${arc} ${x - dx} ${y - dy} Z`;
  }
  const r = shape.rectangle;
  const corners = r ? [[r.row0, r.column0], [r.row0, r.column1], [r.row1, r.column1], [r.row1, r.column0]] : cornersOf(shape).map(([row, column]) => [row + 0.5, column + 0.5]);
  return `M ${corners.map(([row, column]) => `${column} ${row}`).join(" L ")} Z`;
}

const short = (value) => String(Number(value.toFixed(2)));

/** Words with numbers, for the screen reader and the log on the screen. */
export function words(shape) {
  const b = bounds(shape);
  const place = `column ${short(b.left)}, row ${short(b.top)}, ${short(b.right - b.left)} by ${short(b.bottom - b.top)} pixels`;
  const kind = kindOf(shape);
  if (kind === "rectangle") return place;
  if (kind === "ellipse") return `ellipse at ${place}${shape.ellipse.turned ? `, turned ${shape.ellipse.turned}°` : ""}`;
  return `${kind === "polygon" ? "polygon" : "freehand shape"} of ${cornersOf(shape).length} corners at ${place}`;
}

/** What differs between two lists of shapes, one line each. */
export function differences(before, after) {
  const lines = [];
  const old = new Map(before.map((s) => [s.shape, s]));
  for (const shape of after) {
    const was = old.get(shape.shape);
    old.delete(shape.shape);
    if (!was) lines.push(`${shape.label} (${shape.shape}) was added at ${words(shape)}`);
    else {
      if (!same(was, shape)) lines.push(`${shape.label} (${shape.shape}) is now at ${words(shape)}; it was at ${words(was)}`);
      if (was.label !== shape.label) lines.push(`${was.label} (${shape.shape}) is now called ${shape.label}`);
    }
  }
  for (const gone of old.values()) lines.push(`${gone.label} (${gone.shape}) was deleted`);
  return lines;
}
