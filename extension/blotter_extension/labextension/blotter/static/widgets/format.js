// Numbers, times and words as people read them.

/** Six significant digits; the stored value belongs in the title beside it. */
export function six(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return Number(value.toPrecision(6)).toLocaleString("en-US", { maximumSignificantDigits: 6, useGrouping: false });
}

/** A count: grouped where it is whole, never rounded. */
export const count = (value) => (Number.isInteger(value) ? value.toLocaleString("en-US").replaceAll(",", "\u202f") : String(value));

/** Of which kind an image's file is, and which of its channels the image. */
export const imageFormat = (image) => {
  const channels = image.file_images.length;
  return channels > 1 ? `${image.format}, channel ${image.channel_index + 1} of ${channels}${image.file_channel ? ` (${image.file_channel})` : ""}` : image.format;
};

export function bytes(value) {
  const units = ["B", "kB", "MB", "GB"];
  let power = 0;
  while (value >= 1000 && power < units.length - 1) { value /= 1000; power += 1; }
  return `${power ? value.toPrecision(3) : value} ${units[power]}`;
}

/** UTC to the second, as in the log and the PDF. */
export const utc = (iso) => (iso ? `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC` : "–");

const STATUS = {
  acquiring: ["Acquiring", "◌"], acquired: ["Acquired", "○"], in_analysis: ["In analysis", "◐"],
  submitted: ["Submitted", "➜"], in_review: ["In review", "◉"], reviewed: ["Reviewed", "✓"],
  approved: ["Approved", "✔"], returned: ["Returned", "↩"], invalidated: ["Invalidated", "✕"],
  superseded: ["Superseded", "⇢"], archived: ["Archived", "▣"], aborted: ["Aborted", "■"],
  integrity_hold: ["Integrity hold", "⚠"], draft: ["Draft, not saved", "✎"], saved: ["Saved", "✓"],
  sealed: ["Sealed", "✓"],
};

/** [word, icon] of a status: never colour alone. */
export const statusWords = (status) => STATUS[status] || [String(status).replaceAll("_", " "), "·"];

const MEANING = {
  authorship: "authorship", review: "review", approval: "approval", responsibility: "responsibility",
  rejection: "rejection", invalidation: "invalidation",
};
export const meaningWord = (meaning) => MEANING[meaning] || String(meaning);

const ROLES = {
  analyst: "Analyst", supervisor: "Supervisor", reviewer: "Reviewer", approver: "Approver", auditor: "Auditor",
  instrument_manager: "Instrument manager", records_manager: "Records manager", system_manager: "System manager",
};
export const roleWord = (role) => ROLES[role] || String(role).replaceAll("_", " ");

/** "entry 123", or "entry pending" until the sequencer has numbered it. */
export const entryWord = (entry) => {
  if (!entry) return "";
  return entry.number === null || entry.number === undefined ? "entry pending" : `entry ${entry.number}`;
};

/** The command that a cell holds to open something. */
export const command = (name, key, value) => `${name}(${key}="${value}")`;
