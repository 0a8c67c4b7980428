// The session as a person sees it: who, how long yet, and a clear end. The server decides; this only tells and asks.
import { h, replace, svg } from "./widgets/dom.js";
import { roleWord, utc } from "./widgets/format.js";
import { hubPrefix, routeUrl, xsrf } from "./widgets/person_server.js";

const READ_EVERY_MS = 30_000;
const BEAT_AT_MOST_EVERY_MS = 30_000;
const SOON_S = 120;

export function startSession(app, lumino) {
  const banner = new lumino.Widget();
  banner.id = "blotter-session";
  banner.addClass("bl-banner");
  app.shell.add(banner, "header");
  addLogo(app, lumino);
  const session = new Session(banner.node);
  window.addEventListener("blotter:session-ended", (event) => session.ended(event.detail?.why));
  app.restored.then(() => {
    // With every panel of the right side switched off, JupyterLab would still keep an empty strip for it.
    app.shell.collapseRight?.();
    session.begin();
  });
}

/** Ours where JupyterLab's own would stand: the menu keeps its place. Lanes and bands, as on the hub's pages. */
function addLogo(app, lumino) {
  const bands = [[7, 7, 2], [7, 14, 4], [13.75, 9, 1.6], [13.75, 14.5, 3], [13.75, 21, 4], [20.5, 7, 3.4], [20.5, 15, 2], [20.5, 22.5, 2.4]];
  const logo = new lumino.Widget();
  logo.id = "jp-MainLogo";
  logo.node.append(svg("svg", { viewBox: "0 0 32 32", width: 20, height: 20, class: "bl-mark-svg", role: "img", "aria-label": "Blotter" },
    svg("rect", { x: 2, y: 2, width: 28, height: 28, rx: 6, fill: "#0b6e75" }),
    bands.map(([x, y, height]) => svg("rect", { x, y, width: 4.5, height, rx: height / 2.2, fill: "#fff" }))));
  app.shell.add(logo, "top", { rank: 0 });
}

/** What the person would know of: a sign-in that was somebody else's, or somebody's guesses (11.300(d)). */
function attempts(view) {
  const good = view.last_sign_in_at ? `Last sign-in ${utc(view.last_sign_in_at)}` : "First sign-in";
  const bad = view.last_failed_at ? `last failed ${utc(view.last_failed_at)}` : "none failed";
  const since = view.failed_sign_ins_since ? ` (${view.failed_sign_ins_since} since)` : "";
  return h("span", { class: since ? "bl-soon bl-attempts" : "bl-soft bl-attempts" }, `${good}, ${bad}${since}`);
}

class Session {
  constructor(node) {
    this.node = node;
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", "Session");
    this.lastBeat = 0;
    this.marks = [];
    this.left = h("span");
  }

  begin() {
    this.read();
    setInterval(() => this.read(), READ_EVERY_MS);
    setInterval(() => this.tick(), 1000);
    // Only what a person does counts: isTrusted is false for events that a script makes.
    for (const name of ["keydown", "pointerdown", "wheel"]) {
      window.addEventListener(name, (event) => { if (event.isTrusted) this.input(); }, { capture: true, passive: true });
    }
  }

  async ask(path, method) {
    let response = null;
    try {
      response = await fetch(routeUrl(path), { method, headers: xsrf(), credentials: "same-origin", redirect: "manual" });
    } catch { /* no connection is no end of a session */ }
    this.offline = !response || response.status >= 500;
    if (this.offline && method === "POST") this.lastBeat = 0; // nobody heard of the input: the next one is told at once
    if (!response) return;
    if (response.ok) this.take(await response.json(), response.headers);
    // A redirect is the way to the sign-in page. A 403 where we were let in before: the hub no longer knows the cookie.
    // 424 is the hub's "this person's server is not running": it stops with the session.
    else if ([401, 424].includes(response.status) || response.type === "opaqueredirect" || (response.status === 403 && this.ends)) this.ended();
  }

  read() {
    return this.ask("session", "GET");
  }

  input() {
    const now = Date.now();
    if (this.isOver || now - this.lastBeat < BEAT_AT_MOST_EVERY_MS) return;
    this.lastBeat = now;
    this.ask("heartbeat", "POST");
  }

  /** `view` is the SessionView of the contract; what the installation is comes in two headers beside it. */
  take(view, headers) {
    const date = headers.get("Date");
    // Time left by the server's clock, never by this machine's.
    const skew = date ? Date.parse(date) - Date.now() : 0;
    this.ends = Math.min(Date.parse(view.idle_ends_at), Date.parse(view.ends_at)) - skew;
    const roles = view.roles.map(roleWord).join(", ");
    // An answer to a heartbeat lacks the headers: the marks once shown stay.
    if (headers.has("X-Blotter-Is-Demo")) {
      this.marks = [["X-Blotter-Is-Demo", "DEMO: not for real records"], ["X-Blotter-Is-Evaluation", "EVALUATION"]]
        .filter(([name]) => headers.get(name) === "true").map(([, words]) => words);
    }
    replace(this.node, h("span", { class: "bl-logo" }, "Blotter"), h("strong", {}, view.printed_name), h("span", {}, roles), this.left, attempts(view), this.marks.map((m) => h("span", { class: "bl-mark" }, m)));
    this.tick();
  }

  tick() {
    if (!this.ends || this.isOver) return;
    const s = Math.round((this.ends - Date.now()) / 1000);
    this.left.className = s < SOON_S ? "bl-soon" : "bl-soft";
    this.left.textContent = this.offline ? "server not reachable" : s > SOON_S ? `${Math.ceil(s / 60)} min left` : s > 0 ? `${s} s left: press a key to stay signed in` : "ending…";
    if (s <= 0 && !this.offline && Date.now() - (this.asked || 0) > 2000) {
      this.asked = Date.now();
      this.read();
    }
  }

  /** A page that says what happened. What was typed stays in this tab and is there after signing in again. */
  ended(why) {
    if (this.isOver) return;
    this.isOver = true;
    const next = encodeURIComponent(location.pathname + location.search);
    const link = h("a", { href: `${hubPrefix() || "/hub/"}login?next=${next}` }, "Sign in again");
    const page = h("div", { class: "bl-ended", role: "alertdialog", "aria-modal": "true", "aria-label": "Session ended" }, h("div", {},
      h("h1", {}, "Your session has ended"),
      h("p", {}, `${why && why !== "session ended" ? `${why}. ` : "It was idle for too long, was ended, or you signed out elsewhere. "}Everything that Blotter said was recorded is recorded; drafts are kept in the records.`),
      h("p", {}, "What you had typed and not sent stays in this browser tab and comes back when you sign in here."), link));
    document.body.append(page);
    link.focus();
  }
}
