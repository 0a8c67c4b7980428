// The handles of the selected shape: eight on a box, eight and one to turn on an ellipse, one on each corner of a polygon.
import { svg } from "../dom.js";
import { bounds, cornersOf } from "./geometry.js";

const BOX = { nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5] };
const FAR = 22; // screen pixels from an ellipse to the handle that turns it

/** Name and place {x, y} of each handle, in edges of pixels. */
function places(shape, scale) {
  if (shape.polygon) return cornersOf(shape).map(([row, column], at) => [`corner-${at}`, { x: column + 0.5, y: row + 0.5 }]);
  if (!shape.ellipse) {
    const b = bounds(shape);
    return Object.entries(BOX).map(([name, [fx, fy]]) => [name, { x: b.left + fx * (b.right - b.left), y: b.top + fy * (b.bottom - b.top) }]);
  }
  const { row, column, half_height: a, half_width: b, turned } = shape.ellipse;
  const angle = ((turned || 0) * Math.PI) / 180;
  const place = (v, u) => ({ x: column + 0.5 + u * Math.sin(angle) + v * Math.cos(angle), y: row + 0.5 + u * Math.cos(angle) - v * Math.sin(angle) });
  const ends = Object.entries(BOX).map(([name, [fx, fy]]) => [name, place((2 * fx - 1) * b, (2 * fy - 1) * a)]);
  return [...ends, ["turn", place(0, -a - FAR / scale)]];
}

/** Put the handles where the shape is; nodes that stay are kept, since one may have the focus. */
export function putHandles(group, shape, isShown, scale) {
  const wanted = new Map(isShown ? places(shape, scale) : []);
  const there = new Map([...group.querySelectorAll("[data-handle]")].map((node) => [node.dataset.handle, node]));
  for (const [name, node] of there) {
    if (wanted.has(name)) continue;
    if (node === document.activeElement) group.focus({ preventScroll: true });
    node.remove();
  }
  const side = 8 / scale;
  for (const [name, { x, y }] of wanted) {
    const node = there.get(name) || group.appendChild(made(name));
    for (const [key, value] of Object.entries({ x: x - side / 2, y: y - side / 2, width: side, height: side })) node.setAttribute(key, value);
    if (name.startsWith("corner-")) node.setAttribute("aria-label", `Corner ${Number(name.slice(7)) + 1} of ${wanted.size}: column ${x - 0.5}, row ${y - 0.5}`);
  }
}

function made(name) {
  const isCorner = name.startsWith("corner-");
  return svg("rect", { class: `bl-handle bl-${isCorner ? "corner" : name}`, "data-handle": name, tabindex: isCorner ? 0 : null, role: isCorner ? "img" : null });
}

/** Which corner a handle is of, or null. */
export const cornerOf = (node) => (node?.dataset?.handle?.startsWith("corner-") ? Number(node.dataset.handle.slice(7)) : null);
