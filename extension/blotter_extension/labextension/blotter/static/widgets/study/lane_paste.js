// Lanes pasted from a spreadsheet or taken from a CSV file: the kernel reads them, the form shows them, the person saves.
import { h, button, disable, field } from "../dom.js";

const MOST = 200_000; // letters

/** `onlanes(lanes)`: what was read; a text in which something is wrong fills nothing in. */
export function lanePaste({ channel, onlanes }) {
  const text = h("textarea", { rows: 4, spellcheck: "false", maxlength: MOST, placeholder: "Lane\tSample\tAmount (µg)\tReplicate\tNote" });
  const file = h("input", { type: "file", accept: ".csv,.tsv,.txt" });
  const said = h("p", { class: "bl-hint", role: "status" });
  const fill = button("Fill the lanes in", async () => {
    try {
      const lanes = await channel.ask("read_lanes", { text: text.value });
      onlanes(lanes);
      said.className = "bl-hint";
      said.textContent = `${lanes.length} lane${lanes.length === 1 ? " was" : "s were"} filled in, and nothing is saved yet. Lanes between them that were not named are blank.`;
    } catch (error) {
      said.className = "bl-hint bl-refused";
      said.textContent = `${error.problem?.detail || error.message} ${error.problem?.diagnostics || ""}`.trim();
    }
  });
  const check = () => disable(fill, text.value.trim() ? "" : "Paste the lanes, or choose a file.");
  text.addEventListener("input", check);
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > MOST) { said.textContent = `${chosen.name} is larger than lanes can be.`; return; }
    text.value = await chosen.text();
    check();
  });
  check();
  return h("details", { class: "bl-paste" }, h("summary", {}, "Paste lanes from a spreadsheet, or take a CSV file"),
    h("div", { class: "bl-stack" }, h("p", { class: "bl-hint" }, "The first row names the columns: lane, load, sample (name or id), ladder, amount with its unit, group, biological replicate, technical replicate, note. Only lane has to be there."),
      field("Lanes as text", text), h("div", { class: "bl-bar" }, field("CSV file", file), fill), said));
}
