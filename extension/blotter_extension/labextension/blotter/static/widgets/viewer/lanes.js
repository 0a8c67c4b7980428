// The lanes that were found, as centre lines under the shapes; they are looked at, never moved.
import { svg, redrawn } from "../dom.js";

export class LaneLines {
  constructor(stage, rows) {
    this.rows = rows;
    this.el = svg("g", { class: "bl-lanes", "aria-hidden": "true" });
    stage.layer.prepend(this.el);
  }

  show(finding) {
    const lanes = finding?.lanes || [];
    redrawn(this.el, lanes, () => lanes.map((lane) => this.line(lane)));
  }

  line({ column, lean }) {
    const at = (row) => column + lean * (row - (this.rows - 1) / 2) + 0.5;
    return svg("line", { x1: at(0), y1: 0, x2: at(this.rows), y2: this.rows });
  }
}
