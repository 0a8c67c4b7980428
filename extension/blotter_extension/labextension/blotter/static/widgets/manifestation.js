// A signature as 11.50 wants it shown: printed name, date and time with zone, meaning; and whether it still holds.
import { h } from "./dom.js";
import { entryWord, meaningWord, roleWord, utc } from "./format.js";

const STATES = { valid: "✓ valid", outdated: "⚠ outdated: the record has a newer version", invalid: "✕ invalid: the record does not match what was signed" };

export function manifestation(s) {
  return h("div", { class: `bl-manifest bl-${s.state}`, "data-signature": s.signature },
    h("div", {}, h("strong", {}, s.printed_name), ` (${s.user_name}, ${roleWord(s.role)})`),
    h("div", {}, "Meaning: ", h("strong", {}, meaningWord(s.meaning)), ` – ${s.action_description}`),
    h("div", {}, h("time", { datetime: s.signed_at }, utc(s.signed_at)), s.zone && s.zone !== "UTC" ? `, ${localTime(s)} ${s.zone}` : ""),
    s.reason && h("div", {}, `Reason: ${s.reason}`), s.comment && h("div", {}, `Comment: ${s.comment}`),
    h("div", { class: "bl-hint" }, `${STATES[s.state]} · ${s.seal === "sealed" ? "sealed" : "seal pending"} · ${s.signature}, of version ${s.version} · ${entryWord(s.entry)} · digest `,
      h("code", { title: s.digest }, s.digest.slice(0, 12))));
}

function localTime(s) {
  try {
    return new Intl.DateTimeFormat("sv-SE", { timeZone: s.zone, dateStyle: "short", timeStyle: "medium" }).format(new Date(s.signed_at));
  } catch {
    return ""; // a zone that this browser does not know: UTC stands beside it
  }
}

export const signedLine = (result) => {
  const valid = result.signatures.filter((s) => s.state === "valid");
  if (valid.length) return `signed by ${valid.map((s) => `${s.printed_name} (${meaningWord(s.meaning)})`).join(", ")}`;
  return `unsigned since ${result.created_at.slice(0, 10)}`;
};
