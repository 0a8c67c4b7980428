// The plugins that JupyterLab starts: widgets, session banner, templates, run-on-open.
import { widgetExports } from "./widget_classes.js";
import { startSession } from "./session.js";
import { startRunOnOpen } from "./run_on_open.js";
import { startTemplates } from "./templates.js";

const PROTOCOL = "1.0.0"; // equals PROTOCOL_VERSION of blotter_guard.widgets.base

export function plugins({ base, notebook, lumino, root }) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = root + "blotter.css";
  document.head.append(link);
  keepKeysInWidgets();
  return [
    {
      id: "blotter:widgets",
      autoStart: true,
      requires: [base.IJupyterWidgetRegistry],
      activate: (_app, registry) => {
        registry.registerWidget({ name: "blotter", version: PROTOCOL, exports: widgetExports(base, root, PROTOCOL) });
      },
    },
    {
      id: "blotter:session",
      autoStart: true,
      activate: (app) => startSession(app, lumino),
    },
    {
      id: "blotter:templates",
      autoStart: true,
      requires: [notebook.INotebookTracker],
      activate: (app, tracker) => startTemplates(app, tracker, lumino),
    },
    {
      id: "blotter:run-on-open",
      autoStart: true,
      requires: [notebook.INotebookTracker],
      activate: (_app, tracker) => startRunOnOpen(tracker, notebook.NotebookActions),
    },
  ];
}

/**
 * JupyterLab listens for keys on the document before any widget: "x" typed over an image would cut the cell, "0 0"
 * restart the kernel. It leaves out an event whose target carries this attribute (looking at the target itself first,
 * so it can't sit on the widget's root). Saving the notebook still works from within a widget.
 */
function keepKeysInWidgets() {
  window.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!(target instanceof Element) || !target.closest(".blotter")) return;
    const isSave = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    target.toggleAttribute("data-lm-suppress-shortcuts", !isSave);
  }, { capture: true });
}
