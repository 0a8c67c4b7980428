// Copies the command that a cell has to hold.
import { button } from "./dom.js";

/** Copies a command; where the clipboard is closed, selects it so that the person can. */
export function copyButton(frame, text, label = "Copy") {
  return button(label, async (event) => {
    try {
      await navigator.clipboard.writeText(text);
      frame.did(`Copied: ${text}`);
    } catch {
      const node = event.target.parentElement?.querySelector(".bl-command");
      if (node) getSelection().selectAllChildren(node);
      frame.did(`Put this into a cell: ${text}`);
    }
  });
}
