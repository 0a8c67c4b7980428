// New notebooks come from templates: a panel at the left lists them, and every notebook says which one it is of.
// The server decides: who may make one, and what may be run in it.
import { button, h, replace } from "./widgets/dom.js";
import { baseUrl, get, problemOf, xsrf } from "./widgets/person_server.js";

const PANEL = "blotter-templates";

export function startTemplates(app, tracker, lumino) {
  const panel = new lumino.Widget();
  panel.id = PANEL;
  panel.addClass("blotter");
  panel.addClass("bl-templates");
  panel.title.caption = "New notebook from a template";
  panel.title.iconClass = "bl-templates-icon jp-SideBar-tabIcon";
  panel.node.setAttribute("role", "region");
  panel.node.setAttribute("aria-label", "New notebook from a template");
  // What is effective may have changed since it was last looked at.
  panel.onAfterShow = () => list(app, panel.node);
  app.shell.add(panel, "left", { rank: 150 });
  tracker.widgetAdded.connect((_tracker, opened) => sayTemplate(opened, lumino));
}

async function list(app, node) {
  const head = h("h2", {}, "New notebook from a template");
  try {
    const templates = (await (await get("templates")).json()).filter((one) => one.is_mine);
    const rows = templates.map((one) => row(app, node, one));
    replace(node, head, rows.length ? h("ul", { class: "bl-template-list" }, rows) : h("p", {}, "No template is for your roles."));
  } catch (error) {
    replace(node, head, said(error.message), button("Try again", () => list(app, node)));
  }
}

function row(app, node, template) {
  const { purpose, version } = template.effective;
  return h("li", { "data-template": template.template },
    h("strong", {}, template.name), h("span", { class: "bl-soft" }, purpose), h("span", { class: "bl-soft" }, `${template.template}.${version}`),
    button("Make a notebook", (event) => make(app, event.currentTarget, template), { kind: "bl-primary", title: `Make a notebook from ${template.name}` }));
}

const said = (text) => h("p", { class: "bl-problem", role: "alert" }, text);

async function make(app, pressed, template) {
  const place = pressed.parentElement;
  place.querySelector(".bl-problem")?.remove();
  pressed.disabled = true;
  try {
    const response = await fetch(`${baseUrl()}api/contents`, { method: "POST", credentials: "same-origin",
      headers: { ...xsrf(), "Content-Type": "application/json" }, body: JSON.stringify({ copy_from: template.template }) });
    if (!response.ok) place.append(said((await problemOf(response)).detail));
    else await app.commands.execute("docmanager:open", { path: (await response.json()).path });
  } catch {
    place.append(said("Your Blotter server did not answer; no notebook was made."));
  } finally {
    pressed.disabled = false;
  }
}

/** What the server told with the notebook; what stands in it here is never sent back as a claim. */
async function sayTemplate(panel, lumino) {
  await panel.context.ready;
  const told = panel.context.model.getMetadata("blotter");
  if (panel.isDisposed || !told) return;
  const { template } = told;
  const item = new lumino.Widget();
  item.addClass("bl-made-from");
  item.node.title = template ? `This notebook runs: ${told.widgets.join(", ")}` : "Reviewers see that it was made from no template.";
  item.node.append(template ? `Template: ${template.name} (${template.template}.${template.version})` : "● Ad hoc: made from no template");
  item.toggleClass("bl-ad-hoc", !template);
  panel.toolbar.addItem("blotter-template", item);
  const mark = () => markLocked(panel, told.locked);
  mark();
  panel.context.model.cells.changed.connect(mark);
}

/** Show which cells the template locks; JupyterLab keeps them from being edited, the server from being saved otherwise. */
function markLocked(panel, locked) {
  for (const cell of panel.content.widgets) {
    if (!locked.includes(cell.model.id)) continue;
    cell.addClass("bl-locked");
    cell.node.title = "The template locks this cell: it can be run, not changed or removed.";
  }
}
