/** The bar above the images that shows while a tool is in hand; Escape puts it away. */
import { byId, make } from "./dom.js";

let leaveNow = null;

/** @param {string} title @param {Node[]} parts @param {() => void} onLeave */
export function openTool(title, parts, onLeave) {
  closeTool();
  leaveNow = onLeave;
  byId("tool").replaceChildren(
    make("strong", {}, title),
    ...parts,
    make("button", { type: "button", onclick: closeTool }, "Done ", make("kbd", {}, "Esc")),
  );
  byId("tool").hidden = false;
  byId("planes").focus();
}

export function closeTool() {
  const leave = leaveNow;
  leaveNow = null;
  byId("tool").hidden = true;
  byId("ink").hidden = true;
  leave?.();
}

export const toolIsOpen = () => leaveNow !== null;
