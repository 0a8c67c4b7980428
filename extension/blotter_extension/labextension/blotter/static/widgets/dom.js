// Elements from data. Text goes in as text nodes only: nothing from a record is ever parsed as HTML.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/**
 * Redraw a place only when what it shows has changed. A button that is replaced between press and release would
 * swallow the click.
 */
export function redrawn(node, key, draw) {
  const stamp = JSON.stringify(key);
  if (node.blStamp === stamp) return;
  node.blStamp = stamp;
  replace(node, draw());
}

let counter = 0;
export const uniqueId = (stem) => `blotter-${stem}-${++counter}`;

/** A button that is a verb; one that can't be pressed says why (and stays focusable so that it can be read). */
export function button(label, onclick, { why = "", kind = "", title = "" } = {}) {
  const node = h("button", { type: "button", class: `bl-button ${kind}`, title: why || title || null }, label);
  node.addEventListener("click", (event) => {
    if (node.getAttribute("aria-disabled") === "true") return;
    onclick(event);
  });
  disable(node, why);
  return node;
}

/** Disable with a reason, or enable with "". */
export function disable(node, why) {
  if (why) {
    node.setAttribute("aria-disabled", "true");
    node.title = why;
    node.setAttribute("aria-description", why);
  } else {
    node.removeAttribute("aria-disabled");
    node.removeAttribute("aria-description");
    node.removeAttribute("title");
  }
}

export function field(label, input, hint = "") {
  if (!input.id) input.id = uniqueId("field");
  return h("div", { class: "bl-field" }, h("label", { for: input.id }, label), input,
    hint && h("span", { class: "bl-hint" }, hint));
}
