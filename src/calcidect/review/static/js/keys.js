/** Keys: one for each action, arrows for the cursor. */
import { isOpen } from "./dialogs.js";
import { byId } from "./dom.js";
import { closeTool, toolIsOpen } from "./tool_bar.js";

const STEP_MM = 1; // our choice: about a voxel; with shift ten
/** LPS: the left of the picture is the right of the person. Keys move as they point in the coronal plane. */
const STEPS = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 0, 1],
  ArrowDown: [0, 0, -1],
  PageUp: [0, -1, 0],
  PageDown: [0, 1, 0],
};

const isTyping = (target) => target.matches("input:not([type=checkbox], [type=range]), select, textarea");

/** @param {object} actions see actions.js @param {() => import("./viewer.js").Viewer|null} viewer @param {() => object|null} tool in hand, with `dab` */
export function listen(actions, viewer, tool, isResultOpen) {
  const byKey = new Map(Object.values(actions).map((action) => [action.key.toLowerCase(), action]));
  const listener = (event) => {
    if (!isResultOpen() || isOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === byId("planes") || event.target === byId("render")) event.stopPropagation(); // NiiVue has keys of its own
    if (isTyping(event.target)) return;
    if (event.key === "Escape" && toolIsOpen()) closeTool();
    else if (event.target === byId("planes") && onCanvas(event, viewer(), tool())) event.preventDefault();
    else {
      const name =
        event.shiftKey && event.key.length === 1 && /[a-z]/i.test(event.key) ? `shift+${event.key}` : event.key;
      const action = byKey.get(name.toLowerCase());
      if (!action) return;
      event.preventDefault();
      action.run();
    }
  };
  document.addEventListener("keydown", listener, { capture: true });
}

function onCanvas(event, viewer, tool) {
  const step = STEPS[event.key];
  if (step && viewer) viewer.step(step.map((n) => n * STEP_MM * (event.shiftKey ? 10 : 1)));
  else if (event.key === " " && toolIsOpen() && tool) tool.dab();
  else return false;
  return true;
}
