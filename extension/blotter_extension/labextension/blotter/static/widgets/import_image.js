// ImportImage: a file and a reason go straight to the records service; the kernel never sees a byte.
import { h, button, disable, field, replace } from "./dom.js";
import { copyButton } from "./copy_button.js";
import { mountPage } from "./frame.js";
import { bytes, command, count, imageFormat } from "./format.js";
import { forget, keyFor, recall, remember } from "./drafts.js";
import { upload } from "./person_server.js";
import { isUnanswered } from "./channel.js";
import { ReasonControl } from "./reason.js";
import { choice } from "./version_form.js";
import { placeInputs } from "./study/place.js";

const ACTION = "image.import";
const REQUEST = "import.request"; // where the key of the import is kept until it was answered
const NEWEST_WITHIN_MS = 10_000;
const NOWHERE = { membranes: [], probings: [] };

export const mount = (where) => mountPage(where, "Import image", ImportForm, (page) => page.cancel());

class ImportForm {
  constructor(frame, channel, view) {
    this.frame = frame;
    this.channel = channel;
    this.view = view;
    this.file = h("input", { type: "file", accept: view.endings.join(",") });
    this.study = choice([]);
    this.place = placeInputs(NOWHERE);
    this.why = new ReasonControl(view.reasons, "reason.import");
    this.study.addEventListener("input", () => { remember("study.import", this.study.value); this.offerPlaces(); });
    this.send = button("Import", () => this.start(), { kind: "bl-primary" });
    this.progress = h("div", { class: "bl-progress", hidden: true });
    this.done = h("div");
    const drop = h("div", { class: "bl-drop" },
      h("div", { class: "bl-bar" }, field("Image file", this.file), h("span", { class: "bl-hint" }, hint(view.formats))),
      h("div", { class: "bl-bar" }, field("Study", this.study), field("Membrane", this.place.membrane), field("Probing round", this.place.probing)),
      h("div", { class: "bl-bar" }, this.why.el, this.send), this.progress);
    for (const kind of ["input", "change"]) drop.addEventListener(kind, () => this.check());
    drop.addEventListener("dragover", (e) => { e.preventDefault(); drop.classList.add("bl-over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("bl-over"));
    drop.addEventListener("drop", (e) => {
      e.preventDefault();
      e.stopPropagation(); // JupyterLab would upload it as a notebook file
      drop.classList.remove("bl-over");
      if (e.dataTransfer.files.length) { this.file.files = e.dataTransfer.files; this.check(); }
    });
    frame.describe({ version: "a new image" });
    replace(frame.body, drop, this.done);
    this.why.show(ACTION);
  }

  update(view) {
    this.view = view;
    const before = this.study.value || recall("study.import");
    this.study.set([["", "choose…"], ...view.studies.map((s) => [s.study, `${s.study} ${s.title}${s.kind === "development" ? " (development)" : ""}`])]);
    if (view.studies.some((s) => s.study === before)) this.study.value = before;
    else if (view.studies.length === 1) this.study.value = view.studies[0].study;
    this.offerPlaces();
  }

  /** What the image can be of is what the chosen study holds. */
  async offerPlaces() {
    const study = this.study.value;
    this.check();
    const places = study ? await this.channel.ask("places", { study }).catch((error) => { this.frame.failed(error, { retry: () => this.offerPlaces(), unknown: "Nothing was changed." }); return NOWHERE; }) : NOWHERE;
    if (this.study.value !== study) return;
    this.place.set(places);
    this.place.membrane.disabled = !places.membranes.length;
    this.place.probing.disabled = !places.probings.length;
    this.place.membrane.title = study && !places.membranes.length ? `No membrane in ${study} yet: Study(study="${study}") adds one.` : "";
  }

  check() {
    let why = this.view.why_not;
    if (!why && this.running) why = "Sending…";
    if (!why && !this.file.files.length) why = "Choose a file first.";
    if (!why && !this.study.value) why = "Choose the study that the image belongs to.";
    if (!why) why = this.why.whyNot(ACTION, 1, "Say why this image is imported.");
    disable(this.send, why);
  }

  async start() {
    const file = this.file.files[0];
    const { reason, reason_code } = this.why.value;
    const { membrane, probing } = this.place.read();
    const began = performance.now();
    this.frame.clearNotice();
    replace(this.done);
    const bar = h("progress", { max: file.size || 1, value: 0, "aria-label": "Sent" });
    const text = h("span", {}, "Sending…");
    replace(this.progress, bar, text, button("Cancel", () => this.cancel()));
    this.progress.hidden = false;
    const study = this.study.value;
    const asked = { file_name: file.name, study, membrane, probing, reason, reason_code };
    const idempotency_key = keyFor(REQUEST, { ...asked, size: file.size, changed: file.lastModified });
    const query = new URLSearchParams(Object.entries({ ...asked, idempotency_key }).filter(([, value]) => value));
    let isGivenUp = false;
    this.running = { cancel: () => { isGivenUp = true; } };
    this.check();
    const after = await this.newest();
    if (isGivenUp) {
      this.cancelled(file);
      return this.ended();
    }
    this.running = upload(`images?${query}`, file, this.channel.comm, (sent, total) => {
      bar.value = sent;
      const left = ((performance.now() - began) / 1000) * ((total - sent) / Math.max(sent, 1));
      text.textContent = sent < total ? `${bytes(sent)} of ${bytes(total)}, about ${Math.ceil(left)} s left` : "Sealing and reading the image…";
    });
    try {
      this.imported(await this.running.promise);
    } catch (error) {
      if (error.name === "AbortError") this.cancelled(file);
      else if (isUnanswered(error)) await this.lost(file, study, after, error);
      else this.frame.failed(error);
    }
    return this.ended();
  }

  cancelled(file) {
    this.frame.say("info", "Cancelled.", `${file.name} was not imported. Your reason is kept.`);
  }

  /** Nothing is being sent any more. */
  ended() {
    this.running = null;
    this.progress.hidden = true;
    this.check();
  }

  /** The number of the newest image before a file is sent; null: nobody could say. */
  newest() {
    return this.channel.ask("newest", {}, { within: NEWEST_WITHIN_MS }).catch(() => null);
  }

  /** The answer was lost: the file's image has its digest, is in its study, and was not there before. */
  async lost(file, study, after, error) {
    const unknown = "Whether it was saved can't be said now. Look into ImageBrowser() before you import the file again. Your file and reason are kept.";
    const file_sha256 = await digest(file);
    try {
      if (!file_sha256 || after === null) throw new Error("not known");
      const image = await this.channel.ask("find_file", { study, after, file_sha256 });
      if (image) return this.imported(image);
      this.frame.say("offline", error.problem.detail, "Nothing was saved: no new image with this file's digest is in the study. Your file and reason are kept; press Import again.");
    } catch {
      this.frame.say("offline", error.problem.detail, unknown);
    }
    return null;
  }

  imported(image) {
    forget(REQUEST);
    this.why.clear();
    this.file.value = "";
    const open = command("ImageViewer", "image", image.image);
    this.frame.describe({ record: image.image, status: image.status, signed: "unsigned" });
    this.frame.did(`${image.image} was imported and sealed`, image.entry, { record: image.image });
    const rows = [
      ["Image", image.image], ["Study", image.study], ["Is of", [image.membrane, image.probing].filter(Boolean).join(", ") || "no membrane said"], ["File", `${image.file_name}, ${bytes(image.file_bytes)}`], ["SHA-256 of the file", image.file_sha256],
      ["Format", imageFormat(image)], ...(image.is_picture ? [["Use", "a picture, not for quantification"]] : []),
      ...image.seen_before.map((one) => ["⚠ Seen before", one.words]),
      ...(image.file_images.length > 1 ? [["Channels", `${image.file_images.length}, sealed together as ${image.acquisition}: ${image.file_images.join(", ")}`]] : []),
      ["Size", `${image.columns} × ${image.rows} px, ${image.bits}-bit, ${image.compression || "no"} compression`],
      ["Counts", `${count(image.minimum)} to ${count(image.maximum)}; saturated from ${count(image.saturation_level)}`],
      ["WhiteIsZero", image.white_is_zero ? "yes: the file asks to show 0 as white; counts are the values as stored" : "no"],
      ...image.notes.map((note) => ["Note", note]),
      ["Provenance", "imported, instrument not verified"], ["Imported by", image.imported_by], ["Reason", image.reason],
    ];
    replace(this.done, h("div", { class: "bl-card" }, h("h3", {}, `✓ ${image.image} is in the records`),
      h("dl", { class: "bl-facts-list" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      h("div", { class: "bl-bar" }, h("span", {}, "Open it with"), h("code", { class: "bl-command" }, open), copyButton(this.frame, open))));
    return null;
  }

  cancel() {
    this.running?.cancel();
  }
}

/** Which files can be chosen, the pictures apart. */
function hint(formats) {
  const labels = (isPicture) => formats.filter((one) => one.is_picture === isPicture).map((one) => one.label).join("; ");
  return `${labels(false)}. Not for quantification: ${labels(true)}. The file is sealed with its SHA-256 and never changed.`;
}

async function digest(file) {
  if (!crypto.subtle) return ""; // plain http on another host: then we say that we don't know
  const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join("");
}
