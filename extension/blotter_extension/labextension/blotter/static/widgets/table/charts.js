// Charts as the service draws them: the same picture as in files and in the report. Shown as pictures, in which nothing runs.
import { h, button, field, redrawn, replace } from "../dom.js";
import { get } from "../person_server.js";

const TITLES = { groups: "Groups", ladder: "Ladder", standards: "Standards", plate: "Plate", profile: "Lane profile" };

export class ChartRow {
  /** `onfile(request)`: a file is asked for. `onfailed(error)`. */
  constructor({ onfile, onfailed }) {
    Object.assign(this, { onfile, onfailed, lane: "" });
    this.el = h("div", { class: "bl-charts" });
  }

  show(given) {
    Object.assign(this, given);
    redrawn(this.el, [given.analysis, given.rev, given.version, given.table.charts, given.whyNotFile], () => given.table.charts.map((kind) => this.card(kind)));
  }

  card(kind) {
    const place = h("div", { class: "bl-chart", role: "status" }, "Drawing…");
    const lanes = kind === "profile" ? h("select", {}, h("option", { value: "" }, "All lanes"), this.table.lanes.map((lane) => h("option", { value: lane }, `Lane ${lane}`))) : null;
    if (lanes) {
      if (!this.lane) this.lane = String(this.table.lanes[0] ?? "");
      lanes.value = this.lane;
      lanes.addEventListener("change", () => { this.lane = lanes.value; this.load(kind, place); });
    }
    const file = (form) => button(`Make ${form.toUpperCase()}`, () => this.onfile({ form, chart: kind, lane: lanes?.value ? Number(lanes.value) : null }), { why: this.whyNotFile });
    this.load(kind, place);
    return h("div", { class: "bl-card", "data-chart": kind }, h("h3", {}, TITLES[kind]), lanes && field("Lane", lanes), place, h("div", { class: "bl-bar" }, file("svg"), file("png")));
  }

  async load(kind, place) {
    const lane = kind === "profile" && this.lane ? this.lane : "all";
    const asked = `charts/${this.analysis}/${this.version || "draft"}/${kind}/${lane}`;
    place.dataset.asked = asked;
    try {
      const picture = URL.createObjectURL(await (await get(asked)).blob());
      if (place.dataset.asked !== asked) return; // another lane was chosen meanwhile
      const image = h("img", { alt: `${TITLES[kind]} of ${this.analysis}; its numbers are in the table`, src: picture });
      image.addEventListener("load", () => {
        URL.revokeObjectURL(picture);
        // One that would have to shrink has a row of its own, so that its words can be read.
        place.parentElement?.classList.toggle("bl-broad", image.naturalWidth > 420);
      });
      replace(place, image);
    } catch (error) {
      replace(place, h("span", { class: "bl-hint" }, "The chart could not be shown."));
      this.onfailed(error);
    }
  }
}
