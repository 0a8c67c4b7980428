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
        run(panel, NotebookActions);
      }
    });
  });
}

async function runWhenReady(panel, NotebookActions) {
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session?.kernel?.info;
  await run(panel, NotebookActions);
}

async function run(panel, NotebookActions) {
  const { model } = panel.context;
  if (panel.isDisposed || !model) return;
  const wasClean = !model.dirty;
  const { activeCellIndex } = panel.content;
  await NotebookActions.runAll(panel.content, panel.sessionContext);
  if (panel.isDisposed) return;
  panel.content.activeCellIndex = activeCellIndex;
  // Outputs are not part of what is saved: running changed nothing.
  if (wasClean) model.dirty = false;
}
