// Makes an image from this one: flipped, turned, cropped, less noisy. The service makes it from the sealed pixels, as a
// record of its own; this one stays as it is.
import { h, button, disable, replace } from "../dom.js";
import { isUnanswered } from "../channel.js";
import { command } from "../format.js";
import { copyButton } from "../copy_button.js";
import { forget, keyFor } from "../drafts.js";
import { ReasonControl } from "../reason.js";
import { choice } from "../version_form.js";
import { words } from "./geometry.js";

const ACTIONS = { flip: "image.transform.flip", rotate: "image.transform.rotate", crop: "image.transform.crop", denoise: "image.transform.denoise" };

export class Derive {
  /** `selected()`: the shape that is selected, or null. */
  constructor({ frame, channel, image, view, selected }) {
    Object.assign(this, { frame, channel, image, view, selected });
    this.why = new ReasonControl(view.reasons, `reason.derive.${image}`);
    this.size = choice([["3", "3 × 3 px"], ["5", "5 × 5 px"], ["7", "7 × 7 px"]], { "aria-label": "Median of" });
    const make = (kind, label, how, title = "") => ({ kind, how, title, node: button(label, () => this.make(kind, label, how())) });
    this.ways = [
      make("flip", "Flip left to right", () => ({ axis: "columns" })), make("flip", "Flip top to bottom", () => ({ axis: "rows" })),
      make("rotate", "Turn left", () => ({ degrees: 90 }), "by 90°, counter-clockwise"), make("rotate", "Turn right", () => ({ degrees: 270 }), "by 90°, clockwise"), make("rotate", "Turn over", () => ({ degrees: 180 }), "by 180°"),
      make("crop", "Crop to the selected rectangle", () => this.selected().rectangle), make("denoise", "Remove noise", () => ({ size: Number(this.size.value) }), "median of the pixels around"),
    ];
    this.crop = h("span", { class: "bl-hint" });
    this.done = h("div");
    this.el = h("details", { class: "bl-derive" }, h("summary", {}, "Make another image from this one"), h("div", { class: "bl-card" },
      h("p", { class: "bl-hint" }, "The new image is sealed as a record of its own, with this one as its parent. Counts of flipped, turned and cropped images are exactly those of this one; removing noise changes them."),
      this.why.el, h("div", { class: "bl-bar" }, this.ways.slice(0, 6).map(({ node }) => node), this.crop), h("div", { class: "bl-bar" }, this.ways[6].node, this.size), this.done));
    for (const kind of ["input", "change"]) this.why.el.addEventListener(kind, () => this.check());
    this.check();
  }

  update(view) {
    this.view = view;
    this.check();
  }

  check() {
    const shape = this.selected();
    this.crop.textContent = shape?.rectangle ? words(shape) : "";
    this.why.show(this.why.strictest(Object.values(ACTIONS)));
    for (const { kind, node, title } of this.ways) {
      const action = ACTIONS[kind];
      const may = this.view.actions.includes(action) ? "" : "None of your roles allows making images from this one.";
      const why = may || (this.isBusy ? "An image is being made…" : kind === "crop" && !shape?.rectangle ? "Select a rectangle first." : this.why.whyNot(action, 1, "Say why first."));
      disable(node, why);
      if (!why && title) node.title = title;
    }
  }

  async make(kind, label, how) {
    const asked = { ...how, ...this.why.value };
    const place = `request.derive.${this.image}`;
    this.isBusy = true;
    this.check();
    try {
      const made = await this.channel.ask("derive", { request: { ...asked, idempotency_key: keyFor(place, asked) } });
      forget(place);
      this.why.clear();
      this.frame.clearNotice();
      const open = command("ImageViewer", "image", made.image);
      this.frame.did(`${made.image} was made from ${this.image} (${label.toLowerCase()})`, made.entry, { record: made.image });
      replace(this.done, h("div", { class: "bl-bar" }, h("strong", {}, `✓ ${made.image}`), `${made.columns} × ${made.rows} px. Open it with`, h("code", { class: "bl-command" }, open), copyButton(this.frame, open)));
    } catch (error) {
      this.frame.failed(error, { retry: isUnanswered(error) ? () => this.make(kind, label, how) : null, unknown: "Your reason is kept. Try again asks for the same image: it is made once, however often it is asked for." });
    } finally {
      this.isBusy = false;
      this.check();
    }
  }
}
