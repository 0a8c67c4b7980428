// Wells of a plate as lines that come from a spreadsheet: well, what it is taken for, group, why it is left out.
const USES = ["sample", "control", "background", "positive", "negative"];
const LINE = /[\t;,]/;

/** The stored wells as lines, by the labels of their shapes. */
export function wellLines(plate, shapes) {
  const labels = new Map(shapes.map((one) => [one.shape, one.label]));
  const line = (well) => [labels.get(well.shape) || well.shape, well.use, well.group, well.left_out].join("\t").trimEnd();
  return (plate?.wells || []).map(line).join("\n");
}

/** The wells that lines say, or what is wrong with the first line that says none. */
export function readWells(lines, shapes) {
  const known = new Map(shapes.map((one) => [one.label.toUpperCase(), one.shape]));
  const wells = [];
  for (const line of lines) {
    const [label, use, group, ...reason] = line.split(LINE).map((one) => one.trim());
    const shape = known.get(label.toUpperCase());
    const taken = (use || "sample").toLowerCase();
    if (!shape) return { problem: `“${label}” is no well here.` };
    if (!USES.includes(taken)) return { problem: `${label}: “${use}” is none of ${USES.join(", ")}.` };
    wells.push({ shape, use: taken, group: group || "", left_out: reason.join(", ") });
  }
  return { wells };
}
