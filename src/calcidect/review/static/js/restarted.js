/** The server was started anew, and what the page shows is not what is there now: say so, and offer to load it anew. */
import { isAnother } from "./api.js";
import { make, tell } from "./dom.js";

export function tellRestarted() {
  const load = make("button", { type: "button", onclick: () => location.reload() }, "Load the page anew");
  tell("The server was started anew with other results, or for another reader. Nothing was changed there.", true, load);
}

/** Why something was not done. */
export function tellError(error) {
  if (isAnother(error)) tellRestarted();
  else tell(error.message, true);
}
