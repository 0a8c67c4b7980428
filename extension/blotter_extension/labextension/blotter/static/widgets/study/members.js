// Members of a study and their roles in it; every change of them is signed.
import { h } from "../dom.js";
import { choice, labelled } from "../version_form.js";
import { SignedForm } from "../signed_form.js";
import { Section, table } from "./section.js";
import { changeButton } from "./samples.js";

const ADD = "study.member.add";
const REMOVE = "study.member.remove";

export function members(page) {
  // The form's id: "" adds somebody, "ACC-…" sets roles, "-ACC-…" takes out.
  const section = new Section({ title: "Members", place: `${page.id}.members`, add: "Add a member…", open: (id) => form(id) });
  const member = (account) => page.view.study.members.find((one) => one.account === account);

  function form(id) {
    const account = id.replace(/^-/, "");
    const known = account ? member(account) : null;
    if (account && !known) return null;
    const isLeaving = id.startsWith("-");
    const inputs = isLeaving ? { el: null, read: () => ({ account }), fill: () => {}, whyNot: () => "" } : memberInputs(page, known);
    return new SignedForm({
      page: page.signing, place: `${page.id}.member.${id}`, reasons: page.view.reasons, reload: page.reload, inputs, action: isLeaving ? REMOVE : ADD,
      title: isLeaving ? `Take ${known.printed_name} out of the study` : known ? `Roles of ${known.printed_name}` : "A new member",
      label: () => `${page.view.labels[isLeaving ? REMOVE : ADD]}: ${inputs.named?.() || known.printed_name}`,
      initial: known && { account, roles: known.roles }, onend: () => section.close(),
    });
  }

  section.update = (view) => {
    const rows = view.study.members;
    const add = page.whyNot(ADD);
    const own = "Somebody else has to change your own membership.";
    const why = (one, action) => page.whyNot(action) || (one.account === view.me ? own : "");
    section.draw({ count: rows.length, why: add, key: [rows, view.me, add, page.whyNot(REMOVE), view.roles], draw: () => table(["Name", "User name", "Roles in the study", "Account", ""], rows.map((one) => h("tr", { "data-record": one.account },
      h("th", { scope: "row" }, one.printed_name, one.account === view.me ? h("span", { class: "bl-soft" }, " (you)") : null), h("td", {}, one.user_name), h("td", { class: "bl-text" }, one.roles.map((role) => view.roles[role] || role).join(", ")),
      h("td", {}, one.is_active ? "active" : h("span", { class: "bl-bad" }, "not active")),
      h("td", { class: "bl-row-tools" }, changeButton(one.printed_name, why(one, ADD), () => section.toggle(one.account), "Roles…"), changeButton(one.printed_name, why(one, REMOVE), () => section.toggle(`-${one.account}`), "Take out…")))), { label: "Members" }) }, view);
  };
  return section;
}

function memberInputs(page, known) {
  const outside = () => page.view.people.filter((one) => !page.view.study.members.some((row) => row.account === one.account));
  const people = () => (known ? page.view.people.filter((one) => one.account === known.account) : outside());
  const pairs = () => [...(known ? [] : [["", people().length ? "choose…" : "everybody is a member"]]), ...people().map((one) => [one.account, `${one.name} (${one.user_name})`])];
  const person = choice(pairs());
  person.disabled = Boolean(known);
  const boxes = h("span", { class: "bl-bar" });
  let given = [];
  const chosen = () => [...boxes.querySelectorAll("input:checked")].map((box) => box.value);
  /** A person can have in the study only roles that he or she holds. */
  const offer = () => {
    const held = people().find((one) => one.account === person.value)?.roles || [];
    const wanted = given.length ? given : held.length === 1 ? held : [];
    boxes.replaceChildren(...held.map((role) => {
      const box = h("input", { type: "checkbox", value: role });
      box.checked = wanted.includes(role);
      return h("label", { class: "bl-check" }, box, page.view.roles[role] || role);
    }), ...(held.length ? [] : [h("span", { class: "bl-hint" }, "Choose the person first.")]));
  };
  person.addEventListener("input", () => { given = []; offer(); });
  return {
    el: h("div", { class: "bl-grid bl-broad-columns" }, labelled("Person", person), h("fieldset", { class: "bl-labelled" }, h("legend", {}, "Roles in the study"), boxes)),
    named: () => people().find((one) => one.account === person.value)?.name || "",
    read: () => ({ account: person.value, roles: chosen() }),
    fill: (values) => { if (values.account) person.value = values.account; given = values.roles || []; offer(); },
    whyNot: () => {
      if (!person.value) return "Choose the person.";
      if (!chosen().length) return "Choose at least one role.";
      return known && known.roles.length === chosen().length && known.roles.every((role) => chosen().includes(role)) ? "These are the roles already." : "";
    },
    refresh: () => { person.set(pairs()); },
  };
}
