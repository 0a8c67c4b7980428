// Marks of the annotation layer: {mark, kind, row, column, row1, column1, text}. Places are edges of pixels: pixel 0 begins
// at 0. A text has one place; an arrow points to its end, a bracket's feet lie to the right of the way to its end.
import { clamp, eighths } from "./geometry.js";

export const KINDS = ["text", "arrow", "line", "bracket"];
export const MOST_MARKS = 500;
const FIELDS = ["mark", "kind", "row", "column", "row1", "column1", "text"];
const HEAD = 11; // screen pixels of an arrow's head, and of a bracket's feet
const SLIP = 4; // screen pixels: a shorter line is a click

export const isLong = (mark) => mark.kind !== "text";
export const same = (a, b) => FIELDS.every((name) => (a[name] ?? null) === (b[name] ?? null));
export const sameAll = (a, b) => a.length === b.length && a.every((mark, at) => same(mark, b[at]));

/** The first free id. */
export const nextMark = (marks) => `M${Math.max(0, ...marks.map((one) => Number(one.mark.slice(1)))) + 1}`;

/** A mark of a kind from one point to another of the image; the second is nothing to a text. */
export function made(kind, from, to, marks, image) {
  const on = (point) => [clamp(eighths(point.y), 0, image.rows), clamp(eighths(point.x), 0, image.columns)];
  const [[row, column], [row1, column1]] = [on(from), on(to)];
  return { mark: nextMark(marks), kind, row, column, row1: kind === "text" ? null : row1, column1: kind === "text" ? null : column1, text: "" };
}

/** In the middle of what is seen, a sixth of it long: for who has no mouse. */
export function inMiddle(kind, { x, y, width, height }, marks, image) {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const [right, bottom] = [Math.min(image.columns, x + width), Math.min(image.rows, y + height)];
  const middle = { x: Math.round((left + right) / 2), y: Math.round((top + bottom) / 2) };
  return made(kind, middle, { x: middle.x + Math.max(1, Math.round((right - left) / 6)), y: middle.y }, marks, image);
}

/** Moved by so much, pushed back onto the image; its length stays. */
export function shifted(mark, dx, dy, image) {
  const rows = isLong(mark) ? [mark.row, mark.row1] : [mark.row];
  const columns = isLong(mark) ? [mark.column, mark.column1] : [mark.column];
  const down = clamp(eighths(dy), -Math.min(...rows), image.rows - Math.max(...rows));
  const right = clamp(eighths(dx), -Math.min(...columns), image.columns - Math.max(...columns));
  const out = { ...mark, row: mark.row + down, column: mark.column + right };
  return isLong(mark) ? { ...out, row1: mark.row1 + down, column1: mark.column1 + right } : out;
}

/** One end of a line moved: `begin` or `end`. */
export function endMoved(mark, end, dx, dy, image) {
  const [row, column] = end === "end" ? ["row1", "column1"] : ["row", "column"];
  return { ...mark, [row]: clamp(eighths(mark[row] + dy), 0, image.rows), [column]: clamp(eighths(mark[column] + dx), 0, image.columns) };
}

/** Whether a line is too short to have been meant. */
export const isSlip = (mark, scale) => isLong(mark) && Math.hypot(mark.row1 - mark.row, mark.column1 - mark.column) * scale < SLIP;

/** The lines of a mark as an SVG path; heads and feet have the same size on the screen at any zoom. */
export function path(mark, scale) {
  if (!isLong(mark)) return "";
  const { row, column, row1, column1 } = mark;
  if (mark.kind === "rectangle") return `M ${column} ${row} H ${column1} V ${row1} H ${column} Z`;
  const length = Math.hypot(row1 - row, column1 - column) || 1;
  const [along, down] = [(column1 - column) / length, (row1 - row) / length]; // of the way to its end
  const size = HEAD / scale;
  const line = `M ${column} ${row} L ${column1} ${row1}`;
  if (mark.kind === "arrow") {
    const wing = (side) => `L ${column1 - size * (along + side * 0.45 * down)} ${row1 - size * (down - side * 0.45 * along)}`;
    return `${line} M ${column1} ${row1} ${wing(1)} M ${column1} ${row1} ${wing(-1)}`;
  }
  const foot = (x, y) => `M ${x} ${y} L ${x - size * down} ${y + size * along}`;
  return mark.kind === "bracket" ? `${line} ${foot(column, row)} ${foot(column1, row1)}` : line;
}

/** Where a mark's text stands: {x, y, anchor}; over the middle of a bracket, else at its begin. */
export function textPlace(mark, scale) {
  if (mark.kind === "bracket") return { x: (mark.column + mark.column1) / 2, y: (mark.row + mark.row1) / 2 - 5 / scale, anchor: "middle" };
  return { x: mark.column, y: mark.row - (isLong(mark) ? 5 / scale : 0), anchor: "start" };
}

const short = (value) => String(Number(value.toFixed(1)));

/** Words with numbers, for the screen reader and the log on the screen. */
export function words(mark) {
  const to = isLong(mark) ? ` to column ${short(mark.column1)}, row ${short(mark.row1)}` : "";
  return `${mark.kind}${mark.text ? ` “${mark.text}”` : ""} at column ${short(mark.column)}, row ${short(mark.row)}${to}`;
}

/** What I made of `base`, done again on top of what a colleague made of it. */
export function merged(base, mine, theirs) {
  if (sameAll(mine, theirs)) return theirs;
  const [was, now] = [new Map(base.map((one) => [one.mark, one])), new Map(mine.map((one) => [one.mark, one]))];
  let out = theirs.filter((one) => !was.has(one.mark) || now.has(one.mark));
  for (const one of mine) {
    const before = was.get(one.mark);
    if (before && same(before, one)) continue;
    const at = before ? out.findIndex((other) => other.mark === one.mark) : -1;
    if (at >= 0) out = out.map((other, place) => (place === at ? one : other));
    else out = [...out, { ...one, mark: nextMark([...out, ...mine]) }];
  }
  return out;
}
