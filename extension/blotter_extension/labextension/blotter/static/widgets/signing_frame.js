// Shows the signing page of the records service in a frame, and finds out how it ended. The password is typed in that
// page, which is another origin: nothing in this file, in JupyterLab or in the kernel can read it.
import { h, button, replace } from "./dom.js";

const LOOK_EVERY_MS = 5000;

export class SigningFrame {
  /**
   * `place`: element that is filled while a page is open. `origin()`: the records service's. `onsigned(seen)`: signed,
   * and the view was read again. `onchange()`: a page was opened or closed, however it ended.
   */
  constructor({ frame, channel, place, origin, onsigned, onchange }) {
    Object.assign(this, { frame, channel, place, origin, onsigned, onchange });
    this.onmessage = (event) => this.heard(event);
    window.addEventListener("message", this.onmessage);
  }

  get isOpen() { return Boolean(this.intent); }

  /** Ask for a page (`command` of the Python half, with `asked`) and show it. `label`: what is signed, in words. */
  async open(label, command, asked, { reload } = {}) {
    this.frame.clearNotice();
    try {
      this.show(await this.channel.ask(command, asked), label);
    } catch (error) {
      this.frame.failed(error, { reload, unknown: "Nothing was signed." });
    }
  }

  show(intent, label) {
    const url = new URL(intent.url);
    // The page must be the records service's own: a kernel might name any address.
    if (url.origin !== this.origin() || url.origin === location.origin) {
      this.frame.say("refused", "This signing page is not the records service's.", `It is at ${url.origin}. Don't type a password; tell the System Manager.`);
      return;
    }
    this.intent = intent;
    this.iframe = h("iframe", { src: intent.url, title: "Signing page of the records service", sandbox: "allow-scripts allow-forms allow-same-origin", referrerpolicy: "origin" });
    replace(this.place, h("div", { class: "bl-signing" },
      h("strong", {}, `Sign: ${label}`), h("span", { class: "bl-hint" }, `The page below comes from ${url.origin}, the records service itself. It shows what you sign; type user name and password only there. It closes by itself when there is no input.`),
      this.iframe, h("div", { class: "bl-bar" }, button("Close without signing", () => this.close("Nothing was signed")))));
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.onchange();
    this.iframe.scrollIntoView({ block: "nearest" });
  }

  /** The page says only "done, read again"; whatever else it or others say is not listened to. */
  heard(event) {
    if (!this.iframe || event.source !== this.iframe.contentWindow || event.origin !== new URL(this.intent.url).origin) return;
    if (event.data?.intent && event.data.intent !== this.intent.intent) return;
    this.look(true);
  }

  async look(wasTold = false) {
    if (this.isLooking || !this.intent) return;
    this.isLooking = true;
    try {
      const seen = await this.channel.ask("outcome", { intent: this.intent.intent });
      if (seen.state === "signed") this.finished(seen);
      else if (seen.state === "ended") this.close("The signing page has ended; nothing was signed");
    } catch (error) {
      if (wasTold) this.frame.failed(error, { retry: () => this.look(true), unknown: "Whether it was signed is read from the records when they answer." });
    } finally {
      this.isLooking = false;
    }
  }

  finished(seen) {
    this.close("");
    this.onsigned(seen);
    if (seen.proposal) {
      this.frame.say("info", `Signed. It takes effect when a second person has signed ${seen.proposal}, too.`,
        "Whoever may confirm it finds it on the home page of Blotter, and here.");
    }
  }

  close(words) {
    clearInterval(this.timer);
    this.intent = null;
    this.iframe = null;
    replace(this.place);
    if (words) this.frame.did(words);
    this.onchange();
  }

  stop() {
    clearInterval(this.timer);
    window.removeEventListener("message", this.onmessage);
  }
}
