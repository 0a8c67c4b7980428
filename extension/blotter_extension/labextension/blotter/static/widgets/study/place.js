// Of which membrane and probing round an exposure is: two selects, the rounds being those of the membrane that is chosen.
import { choice } from "../version_form.js";
import { probingWords } from "./words.js";

/** `places`: {membranes, probings} of a study. */
export function placeInputs(places) {
  const membrane = choice([]);
  const probing = choice([]);
  let now = places;
  const fit = () => probing.set([["", "no probing round"], ...now.probings.filter((one) => one.membrane === membrane.value).map((one) => [one.probing, `${probingWords(one)} · ${one.probing}`])]);
  const set = (given) => {
    now = given;
    membrane.set([["", "no membrane"], ...now.membranes.map((one) => [one.membrane, `${one.name} · ${one.membrane}`])]);
    fit();
  };
  membrane.addEventListener("input", fit);
  set(places);
  const read = () => ({ membrane: membrane.value || null, probing: probing.value || null });
  return { membrane, probing, set, read, fill: (given) => { membrane.value = given.membrane || ""; fit(); probing.value = given.probing || ""; } };
}
