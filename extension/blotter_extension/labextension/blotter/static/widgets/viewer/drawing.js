// How a new shape is drawn with mouse, pen or finger: dragged (rectangle, ellipse, freehand) or corner by corner (polygon).
import { cornerAt, simplified, size, spanned } from "./geometry.js";

const SLIP = 4; // screen pixels: less is a click, not a shape
const CATCH = 10; // screen pixels around the first corner that close a polygon
const MOST_CORNERS = 1000;

export class Drawing {
  /** `on`: {ghost(shape or null), add(outline), click(), announce(text)}. */
  constructor(stage, on) {
    this.stage = stage;
    this.on = on;
    this.kind = "rectangle";
    this.corners = null; // of the polygon in hand
    stage.el.addEventListener("keydown", (event) => this.key(event), true);
  }

  get isInHand() {
    return this.corners !== null;
  }

  /** A pointer went down at a point: what follows as a drag, or null where it was a corner. */
  down(start) {
    if (this.kind === "polygon") {
      this.corner(start);
      return null;
    }
    return this.kind === "freehand" ? this.line(start) : this.box(start);
  }

  box(start) {
    let ghost = null;
    return {
      isShape: true,
      undo: () => this.on.ghost(null),
      move: (p) => { ghost = spanned(this.kind, start, p, this.stage.image); this.on.ghost(ghost); },
      drop: () => this.drop(ghost),
    };
  }

  line(start) {
    const corners = [cornerAt(start, this.stage.image)];
    return {
      isShape: true,
      undo: () => this.on.ghost(null),
      move: (p) => {
        const corner = cornerAt(p, this.stage.image);
        if (corner[0] !== corners.at(-1)[0] || corner[1] !== corners.at(-1)[1]) corners.push(corner);
        this.on.ghost({ freehand: { corners } });
      },
      drop: () => {
        // A quarter of a pixel is less than a hand can tell; more only where there would be too many corners.
        let [few, far] = [corners, 0.25];
        do { few = simplified(corners, far); far *= 2; } while (few.length > MOST_CORNERS);
        this.drop(few.length > 2 ? { freehand: { corners: few } } : null);
      },
    };
  }

  drop(outline) {
    this.on.ghost(null);
    const { width, height } = outline ? size(outline) : { width: 0, height: 0 };
    if (outline && Math.min(width, height) * this.stage.scale >= SLIP) this.on.add(outline);
    else this.on.click();
  }

  corner(point) {
    const near = (corner, far) => Math.hypot(corner[1] + 0.5 - point.x, corner[0] + 0.5 - point.y) * this.stage.scale <= far;
    if (this.corners?.length > 2 && (near(this.corners[0], CATCH) || near(this.corners.at(-1), SLIP))) {
      this.finish();
      return;
    }
    if (this.corners && near(this.corners.at(-1), SLIP)) return;
    if (this.corners?.length === MOST_CORNERS) return;
    this.corners = [...(this.corners || []), cornerAt(point, this.stage.image)];
    this.on.announce(`Corner ${this.corners.length}. Enter ends the polygon, Backspace takes the corner back, Escape gives it up.`);
    this.show(point);
  }

  /** The pointer is at a point: the line goes on to it. */
  hover(point) {
    if (this.isInHand) this.show(point);
  }

  show(point) {
    this.on.ghost({ polygon: { corners: [...this.corners, cornerAt(point, this.stage.image)] } });
  }

  finish() {
    const corners = this.corners;
    if (corners.length < 3) {
      this.on.announce("A polygon has at least three corners.");
      return;
    }
    this.giveUp();
    this.on.add({ polygon: { corners } });
  }

  giveUp() {
    this.corners = null;
    this.on.ghost(null);
  }

  key(event) {
    if (!this.isInHand) return;
    if (event.key === "Enter") this.finish();
    else if (event.key === "Escape") { this.giveUp(); this.on.announce("The polygon was given up."); }
    else if (event.key === "Backspace") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  back() {
    this.corners = this.corners.slice(0, -1);
    if (!this.corners.length) this.giveUp();
    else this.on.ghost({ polygon: { corners: this.corners } });
  }
}
