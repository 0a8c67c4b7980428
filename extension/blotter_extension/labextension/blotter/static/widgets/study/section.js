// A part of the study's page: a heading with a button, what there is, and at most one form below it.
import { h, button, disable, redrawn, replace } from "../dom.js";
import { forget, recall, remember } from "../drafts.js";

export class Section {
  /** `place`: under which it is kept which form is open. `add`: label of the button that opens a new form. `open(id)`: makes the form. */
  constructor({ title, place, add, open }) {
    this.place = place;
    this.make = open;
    this.count = h("span", { class: "bl-soft" });
    this.button = add ? button(add, () => this.toggle("")) : null;
    this.list = h("div", { class: "bl-stack" });
    this.slot = h("div");
    this.el = h("section", { class: "bl-section", "aria-label": title }, h("h3", {}, title, this.count, this.button), this.list, this.slot);
  }

  /** `key`: what is shown, as data; `draw()`: nodes. Redrawn only when it changed. */
  draw({ count = "", key, draw, why = "" }, view) {
    this.count.textContent = count;
    if (this.button) disable(this.button, why);
    redrawn(this.list, key, draw);
    if (!this.wasShown) {
      this.wasShown = true;
      const before = recall(`open.${this.place}`); // typed before the page was loaded again
      if (before !== null && !why) this.show(before);
    }
    this.form?.refresh?.(view);
  }

  get isOpen() { return Boolean(this.form); }

  toggle(id) {
    if (this.isOpen && this.id === id) this.form.focus();
    else { this.show(id); this.form?.focus(); }
  }

  /** Open the form of a record ("": a new one), in the place of any other. */
  show(id) {
    const form = this.make(id);
    if (!form) { forget(`open.${this.place}`); return; }
    this.id = id;
    this.form = form;
    remember(`open.${this.place}`, id);
    replace(this.slot, form.el);
    form.el.scrollIntoView({ block: "nearest" });
  }

  close({ focus = true } = {}) {
    forget(`open.${this.place}`);
    this.form = null;
    replace(this.slot);
    if (focus) this.button?.focus({ preventScroll: true });
  }
}

/** Rows as a table; a cell is a node, a text, or [class, child...]. */
export function table(titles, rows, { empty = "", label = "" } = {}) {
  if (!rows.length) return empty ? h("p", { class: "bl-hint" }, empty) : null;
  return h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": label }, h("table", { class: "bl-table" },
    h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, rows)));
}
