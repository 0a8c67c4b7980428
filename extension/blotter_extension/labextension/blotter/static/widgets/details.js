// What a signed step needs besides the record: texts, or one of what may be chosen. Kept until the step was signed.
import { h, field } from "./dom.js";
import { forget, keepTyped } from "./drafts.js";

export class Details {
  /** `asks`: [{name, label, hint}]. `choices`: by name [{value, label}], where the value is one of some. `key`: where typed values are kept. */
  constructor(asks, choices, key) {
    this.inputs = asks.map((ask) => ({ ask, key: `${ask.name}.${key}`, node: input(ask, choices[ask.name], `${ask.name}.${key}`) }));
    this.el = h("div", { class: "bl-bar" }, this.inputs.map(({ ask, node }) => field(ask.label, node, ask.hint)));
  }

  get value() {
    return Object.fromEntries(this.inputs.map(({ ask, node }) => [ask.name, node.value.trim()]));
  }

  whyNot() {
    const empty = this.inputs.find(({ node }) => !node.value.trim());
    return empty ? `${empty.node.tagName === "SELECT" ? "Choose" : "Type"} “${empty.ask.label}” first.` : "";
  }

  clear() {
    for (const { node, key } of this.inputs) { forget(key); node.value = ""; }
  }
}

function input(ask, choices, key) {
  if (!choices) return keepTyped(h("input", { type: "text", maxlength: "200", autocomplete: "off" }), key);
  return keepTyped(h("select", {}, h("option", { value: "" }, choices.length ? "choose…" : "nothing to choose"), choices.map((one) => h("option", { value: one.value }, one.label))), key);
}
