// Outputs are never stored, so an opened notebook is empty until its commands run. They are cheap and change nothing by
// themselves: each only shows a record. So we run them when a notebook opens, and again when its kernel was replaced.
export function startRunOnOpen(tracker, NotebookActions) {
  tracker.widgetAdded.connect((_tracker, panel) => {
    runWhenReady(panel, NotebookActions).catch((error) => console.warn("Blotter: the commands were not run", error));
    let wasRestarted = false;
    panel.sessionContext.statusChanged.connect((_context, status) => {
      if (status === "restarting" || status === "autorestarting") wasRestarted = true;
      if (status === "idle" && wasRestarted) {
        wasRestarted = false;
        run(panel, NotebookActions, panel.context.model.dirty ? null : written(panel));
      }
    });
  });
}

/** Cells that are sent until the returned function is called say that nobody pressed anything for them. */
function markAutomatic(kernel) {
  if (!kernel) return () => {};
  const { requestExecute } = kernel;
  kernel.requestExecute = (content, disposeOnDone, metadata) =>
    requestExecute.call(kernel, content, disposeOnDone, { ...metadata, automatic: true });
  return () => {
    delete kernel.requestExecute;
  };
}

/** What a person wrote: the only part of a notebook that is stored. */
function written(panel) {
  return JSON.stringify(Array.from(panel.context.model.cells, (cell) => [cell.type, cell.sharedModel.getSource()]));
}

async function runWhenReady(panel, NotebookActions) {
  await panel.context.ready;
  const asStored = written(panel);
  await panel.sessionContext.ready;
  await panel.sessionContext.session?.kernel?.info;
  await run(panel, NotebookActions, asStored);
}

/** `asStored`: what stood there when it was clean, or null where it was not. */
async function run(panel, NotebookActions, asStored) {
  if (panel.isDisposed) return;
  const { activeCellIndex } = panel.content;
  const unmark = markAutomatic(panel.sessionContext.session?.kernel);
  try {
    await NotebookActions.runAll(panel.content, panel.sessionContext);
  } finally {
    unmark();
  }
  if (panel.isDisposed) return;
  panel.content.activeCellIndex = activeCellIndex;
  // Outputs, counts and the kernel's description are not stored: running them is no unsaved change.
  if (written(panel) === asStored) panel.context.model.dirty = false;
}
