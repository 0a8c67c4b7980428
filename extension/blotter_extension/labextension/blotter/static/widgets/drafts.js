// What a person typed outlives a refusal, a lost connection, a re-run cell and a reload of the page.
// It stays in this tab (sessionStorage) and is forgotten once the service has it. Never used for passwords.
// The key holds the person's own address (/user/ana/): whoever signs in next in this tab never sees what another typed.
import { baseUrl } from "./person_server.js";

const PREFIX = `blotter.draft.${baseUrl()}.`;

export function recall(key) {
  try { return JSON.parse(sessionStorage.getItem(PREFIX + key)); } catch { return null; }
}

export function remember(key, value) {
  try { sessionStorage.setItem(PREFIX + key, JSON.stringify(value)); } catch { /* full or forbidden: typing goes on */ }
}

export function forget(key) {
  try { sessionStorage.removeItem(PREFIX + key); } catch { /* as above */ }
}

/** Keep an input's text under `key`, and put back what was there. */
export function keepTyped(input, key) {
  const before = recall(key);
  if (before) input.value = before;
  input.addEventListener("input", () => remember(key, input.value));
  return input;
}

/** The key of a request: the same one as long as the same is asked and no answer came (then `forget(place)`). */
export function keyFor(place, asked) {
  const text = JSON.stringify(asked);
  const before = recall(place);
  if (before?.text === text) return before.key;
  const key = idempotencyKey();
  remember(place, { text, key });
  return key;
}

/** A key that makes a repeated request the same request. */
export function idempotencyKey() {
  // Not crypto.randomUUID: that exists only in secure contexts, and a laboratory may try Blotter on plain http.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
