// A group of entries of one record by one action: why it is flagged, what it changed, pictures before and after, a tick.
import { h, button, disable, redrawn, replace } from "../dom.js";
import { count, entryWord, roleWord, utc } from "../format.js";
import { forget, keepTyped } from "../drafts.js";
import { get } from "../person_server.js";

const ICONS = { invalidation: "✕", override: "✎", exclusion: "⊖", flag_reason: "⚑", refused: "⛔", failed: "✕", many_versions: "⟲", no_reason: "?", after_hours: "☾" };
const GRAVE = new Set(["invalidation", "override", "exclusion", "refused", "failed"]);

/** Of a value that is shown; the whole of it is in its title. */
const LONG = 240;

export class TrailGroup {
  /** `ontick(group, comment, isTicked)`, `onentries(after)` and `onfailed(error)`. */
  constructor(group, handlers) {
    Object.assign(this, handlers, { name: group.group, entries: [] });
    this.head = h("div");
    this.pictures = h("div", { class: "bl-crops" });
    this.changes = h("div");
    this.list = h("div");
    this.comment = h("textarea", { maxlength: "2000", rows: 2 });
    this.tools = h("div", { class: "bl-bar" });
    this.label = h("label", { class: "bl-hint" });
    this.comment.id = `trail-${Math.random().toString(36).slice(2)}`;
    this.label.htmlFor = this.comment.id;
    this.comment.addEventListener("input", () => this.check());
    this.el = h("article", { class: "bl-card bl-trail-group", role: "listitem", "data-group": group.group }, this.head, this.pictures, this.changes, this.list,
      h("div", { class: "bl-field bl-stacked" }, this.label, this.comment), this.tools);
  }

  show(group, whyNot, result) {
    const isNew = this.group?.sha256 !== group.sha256;
    Object.assign(this, { group, whyNot });
    if (!this.key) {
      this.key = `trail.comment.${result}.${group.group}`;
      keepTyped(this.comment, this.key);
    }
    if (group.comment && (!this.comment.value || group.is_ticked)) this.comment.value = group.comment;
    this.comment.readOnly = group.is_ticked || Boolean(whyNot);
    this.el.classList.toggle("bl-flagged", group.is_flagged);
    this.el.classList.toggle("bl-grave", group.risks.some((one) => GRAVE.has(one.risk)));
    this.el.classList.toggle("bl-ticked", group.is_ticked);
    this.el.setAttribute("aria-label", `${group.label} on ${group.record}`);
    redrawn(this.head, [group.sha256, group.is_ticked, group.risks], () => this.heading());
    redrawn(this.changes, [group.sha256], () => this.table());
    if (isNew) {
      this.entries = group.lines;
      this.drawEntries();
      this.load();
    }
    this.label.textContent = group.is_flagged ? "Comment (required: this group is flagged)" : "Comment (optional)";
    this.label.parentElement.hidden = (group.is_ticked || Boolean(whyNot)) && !this.comment.value.trim();
    this.drawTools();
  }

  heading() {
    const { group } = this;
    const people = group.people.join(", ");
    const when = group.entries === 1 ? utc(group.first_at) : `${utc(group.first_at)} to ${utc(group.last_at)}`;
    return [h("h3", {}, group.outcome === "done" ? group.label : `${group.outcome === "refused" ? "Refused" : "Failed"}: ${group.label}`,
      h("code", {}, group.record), h("span", { class: "bl-soft" }, `${count(group.entries)} ${group.entries === 1 ? "entry" : "entries"}`),
      group.is_ticked && h("span", { class: "bl-chip bl-status-reviewed" }, "✓ Looked through")),
    group.risks.length ? h("ul", { class: "bl-risks" }, group.risks.map((one) => h("li", { class: GRAVE.has(one.risk) ? "bl-bad" : "bl-warned", "data-risk": one.risk },
      h("span", { "aria-hidden": "true" }, ICONS[one.risk] || "•"), ` ${one.text}`, one.count > 1 ? ` (${count(one.count)})` : ""))) : null,
    h("p", { class: "bl-hint" }, `${people} · ${when}`)];
  }

  table() {
    const { changes, is_cut: isCut } = this.group;
    if (!changes.length) return null;
    return h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": `What changed in ${this.group.record}` },
      h("table", { class: "bl-table" }, h("thead", {}, h("tr", {}, ["Where", "Before", "After"].map((one) => h("th", { scope: "col" }, one)))),
        h("tbody", {}, changes.map((one) => h("tr", {}, h("th", { scope: "row", class: "bl-text" }, h("code", {}, one.path)), cell(one.before, one.change === "added"), cell(one.after, one.change === "removed"))),
          isCut && h("tr", {}, h("td", { colspan: 3, class: "bl-hint" }, "More has changed than fits here: compare the versions.")))));
  }

  drawEntries() {
    const { entries, group } = this;
    const left = group.entries - entries.length;
    const more = left > 0 ? button(`Show ${count(Math.min(left, 50))} more`, async () => {
      disable(more, "Reading…");
      try {
        const page = await this.onentries(entries.at(-1)?.id ?? null);
        const known = new Set(this.entries.map((one) => one.id));
        this.entries = [...this.entries, ...page.entries.filter((one) => !known.has(one.id))];
        this.drawEntries();
      } catch (error) {
        disable(more, "");
        this.onfailed(error);
      }
    }) : null;
    const wasOpen = this.list.firstElementChild?.open ?? entries.length <= 3;
    replace(this.list, h("details", { open: wasOpen }, h("summary", {}, `Entries (${count(entries.length)} of ${count(group.entries)})`), h("ol", { class: "bl-entries" }, entries.map(line)), more));
  }

  async load() {
    const { pictures } = this.group;
    replace(this.pictures);
    if (!pictures) return;
    const path = `crops/${pictures.analysis}/${pictures.before}/${pictures.after}`;
    await Promise.all(["before", "after"].map((side) => this.picture(`${path}/${side}`, side)));
  }

  async picture(path, side) {
    const words = side === "before" ? "Before" : "After";
    const place = h("figure", {}, h("figcaption", {}, words), h("span", { class: "bl-hint" }, "Drawing…"));
    this.pictures.append(place);
    try {
      const source = URL.createObjectURL(await (await get(path)).blob());
      const image = h("img", { src: source, alt: `${words}: the part of the image where ${this.group.record} changed, with its shapes` });
      image.addEventListener("load", () => URL.revokeObjectURL(source));
      replace(place, h("figcaption", {}, words), image);
    } catch {
      place.remove(); // an analysis without a shape has nothing to show; everything else is in the table
    }
  }

  drawTools() {
    const { group } = this;
    this.act = group.is_ticked
      ? button("Take the tick back", () => this.ontick(group, this.comment.value.trim(), false), { why: this.whyNot, kind: "bl-quiet" })
      : button("✓ Looked through", () => this.tick(), { kind: "bl-primary" });
    replace(this.tools, this.act, this.hint = h("span", { class: "bl-hint" }));
    this.check();
  }

  check() {
    const { group } = this;
    if (group.is_ticked) return;
    const why = this.whyNot || (group.is_flagged && !this.comment.value.trim() ? "Write what you found: this group is flagged." : "");
    disable(this.act, why);
    this.hint.textContent = this.whyNot ? "" : why;
  }

  async tick() {
    if (await this.ontick(this.group, this.comment.value.trim(), true)) forget(this.key);
  }
}

function line(entry) {
  const who = entry.printed_name || entry.service || "nobody signed in";
  return h("li", { "data-entry": entry.id }, h("span", { class: "bl-soft" }, `${entryWord(entry)} · ${utc(entry.at)} · ${who}${entry.role ? `, ${roleWord(entry.role)}` : ""}`), h("div", {}, entry.summary), entry.reason && h("div", { class: "bl-hint" }, `Reason: ${entry.reason}`));
}

function cell(value, isAbsent) {
  if (isAbsent) return h("td", { class: "bl-text" }, h("span", { class: "bl-hint" }, "not there"));
  const text = words(value);
  return h("td", { class: "bl-text", title: text.length > LONG ? text : null }, text.length > LONG ? `${text.slice(0, LONG)}…` : text);
}

function words(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.length ? value.map(words).join(", ") : "none";
  return Object.entries(value).filter(([, one]) => one !== null && one !== "").map(([name, one]) => `${name.replaceAll("_", " ")} ${words(one)}`).join(", ");
}
