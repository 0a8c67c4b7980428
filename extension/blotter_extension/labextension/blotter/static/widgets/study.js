// Study: what a study is, who works in it, and what its images are of.
import { h, replace } from "./dom.js";
import { mountPage } from "./frame.js";
import { SigningFrame } from "./signing_frame.js";
import { acquisitions } from "./study/acquisitions.js";
import { members } from "./study/members.js";
import { membranes } from "./study/membranes.js";
import { overview } from "./study/overview.js";
import { probings } from "./study/probings.js";
import { samples } from "./study/samples.js";
import { word } from "./study/words.js";

export const mount = (where) => mountPage(where, "Study", Page, (page) => page.signing.stop());

class Page {
  constructor(frame, channel, view, reload) {
    Object.assign(this, { frame, channel, view, reload, id: view.study.study, common: { frame, channel, reload } });
    this.place = h("div");
    this.signing = new SigningFrame({ frame, channel, place: this.place, origin: () => this.view.signing_origin, onsigned: (seen) => this.signed(seen), 
      // While something is signed nothing else is shown: what is signed is on the page of the records service.
      onchange: () => { this.stack.hidden = this.signing.isOpen; } });
    this.sections = [overview, members, samples, membranes, probings, acquisitions].map((make) => make(this));
    this.stack = h("div", { class: "bl-stack bl-sections" }, this.sections.map((section) => section.el));
    replace(frame.body, this.place, this.stack);
  }

  /** Why the person can't do an action in the study, or "". */
  whyNot(action) {
    return this.view.study.actions.includes(action) ? "" : "None of your roles in this study allows it.";
  }

  update(view) {
    this.view = view;
    const { study } = view;
    this.frame.describe({ record: study.study, statuses: [], version: `${word(study.kind)}, version ${study.version}`, signed: study.title });
    for (const section of this.sections) section.update(view);
  }

  signed(seen) {
    for (const section of this.sections) {
      if (!section.form?.asked || section.form.action !== seen.action) continue;
      section.form.done();
      section.close({ focus: false });
    }
    this.frame.did(`Signed (${seen.signature}): ${this.view.labels[seen.action]}`, seen.proposal ? null : this.view.study.entry, { record: this.id });
  }
}
