// The words of the vocabulary as a person reads them.
const WORDS = {
  gxp: "GxP", development: "Development", copy: "Copy",
  gel: "Gel", membrane: "Membrane", plate: "Plate",
  probe: "Probe", strip_and_probe: "Strip and probe", stain: "Stain",
};

export const word = (value) => WORDS[value] || String(value).replaceAll("_", " ");
export const choices = (values) => values.map((value) => [value, word(value)]);

/** A probing round on a line: “Round 2 (strip and probe): Actin, GAPDH”. */
export const probingWords = (probing) => {
  const targets = (probing.targets || probing.reagents.map((one) => one.target)).join(", ");
  return `Round ${probing.round} (${word(probing.kind).toLowerCase()})${targets ? `: ${targets}` : ""}`;
};
