// How a new shape is drawn with mouse, pen or finger: dragged (rectangle, ellipse, freehand) or corner by corner (polygon,
// also by keyboard: arrows move a cross hair, Space puts a corner there).
import { svg } from "../dom.js";
import { clamp, cornerAt, simplified, size, spanned } from "./geometry.js";

const SLIP = 4; // screen pixels: less is a click, not a shape
const CATCH = 10; // screen pixels around the first corner that close a polygon
const MOST_CORNERS = 1000;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HAIR = 9; // screen pixels from the middle of the cross hair to its ends

export class Drawing {
  /** `on`: {isOn(): whether shapes are drawn now, ghost(shape or null), add(outline), click(), announce(text)}. */
  constructor(stage, on) {
    this.stage = stage;
    this.on = on;
    this.kind = "rectangle";
    this.corners = null; // of the polygon in hand
    this.hair = null; // where the cross hair is, while a polygon is drawn by keyboard
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
    if (!this.isInHand || !point) return; // that corner was the last one
    this.on.ghost({ polygon: { corners: [...this.corners, cornerAt(point, this.stage.image)] } });
  }

  finish() {
    const corners = this.corners;
    if (!corners || corners.length < 3) {
      this.on.announce("A polygon has at least three corners.");
      return;
    }
    this.giveUp();
    this.on.add({ polygon: { corners } });
  }

  giveUp() {
    this.corners = null;
    this.putHair(null);
    this.on.ghost(null);
  }

  key(event) {
    const isHere = event.target === this.stage.el;
    const isHair = isHere && this.kind === "polygon" && this.on.isOn() && this.hairKey(event);
    if (!isHair && !this.isInHand && !(isHere && this.hair)) return;
    if (isHair) this.show(this.hair);
    else if (event.key === "Enter") this.finish();
    else if (event.key === "Escape") { this.giveUp(); this.on.announce("The polygon was given up."); }
    else if (event.key === "Backspace") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** A key that moves the cross hair or puts a corner at it; the first Space shows it. Tells whether it was one. */
  hairKey(event) {
    const arrow = ARROWS[event.key];
    const { stage } = this;
    if (event.key === " " && !this.hair) {
      const middle = (from, size, most) => Math.floor(clamp(from + size / stage.scale / 2, 0, most - 1)) + 0.5;
      this.putHair({ x: middle(stage.x, stage.width, stage.image.columns), y: middle(stage.y, stage.height, stage.image.rows) });
      this.on.announce("Arrows move the cross hair, with Ctrl by 10 pixels. Space puts a corner there, Enter ends the polygon.");
    } else if (event.key === " ") {
      this.corner(this.hair);
    } else if (arrow && this.hair) {
      const [dx, dy] = arrow.map((one) => one * (event.ctrlKey ? 10 : 1));
      this.putHair({ x: clamp(this.hair.x + dx, 0, stage.image.columns), y: clamp(this.hair.y + dy, 0, stage.image.rows) });
      this.on.announce(`Column ${Math.floor(this.hair.x)}, row ${Math.floor(this.hair.y)}`);
    } else {
      return false;
    }
    return true;
  }

  putHair(hair) {
    this.hair = hair;
    this.cross ||= this.stage.layer.appendChild(svg("path", { class: "bl-hair" }));
    const far = HAIR / this.stage.scale;
    this.cross.setAttribute("d", hair ? `M ${hair.x - far} ${hair.y} h ${2 * far} M ${hair.x} ${hair.y - far} v ${2 * far}` : "");
  }

  back() {
    this.corners = this.corners?.slice(0, -1) || [];
    if (!this.corners.length && !this.hair) this.giveUp();
    else if (!this.corners.length) { this.corners = null; this.on.ghost(null); }
    else this.on.ghost({ polygon: { corners: this.corners } });
  }
}
