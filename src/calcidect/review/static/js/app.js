/** The page: the work list, or one result (its id after the #). */
import { makeActions } from "./actions.js";
import { askConflict } from "./conflict.js";
import { showDeposit } from "./deposit_panel.js";
import { DepositTable } from "./deposit_table.js";
import { showText } from "./dialogs.js";
import { byId, make, tell } from "./dom.js";
import { showHistory } from "./history.js";
import { Images, startViewer } from "./images.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { PaintTool } from "./paint.js";
import { tellError, tellRestarted } from "./restarted.js";
import { Saving } from "./saving.js";
import { SplitTool } from "./split.js";
import { OpenResult } from "./store.js";
import { closeTool } from "./tool_bar.js";
import { Worklist } from "./worklist.js";

const worklist = new Worklist();
let result = null;
let images = null;
let saving = null;
let viewer = null;
let asked = null; // the viewer is made when the first result is opened
let inHand = null;
const outboxes = new Map(); // one a result, however often it is opened; each goes on sending when its result is closed

/** The viewer, once it shows images of the result that is open. */
const shownBy = () => (images?.shown ? viewer : null);

const table = new DepositTable((row) => result.select(row.deposit_id));
const tools = { table, paint: held(new PaintTool(shownBy)), split: held(new SplitTool(shownBy)), help };
const actions = makeActions(() => result, tools);
listen(
  actions,
  shownBy,
  () => inHand,
  () => result?.data !== undefined,
);

/** A tool that is remembered as the one in hand when it starts. */
function held(tool) {
  const start = tool.start.bind(tool);
  tool.start = (...given) => ((inHand = tool), start(...given));
  return tool;
}

function help(all) {
  const rows = Object.values(all).map(({ key, title, says }) =>
    make("tr", {}, make("td", {}, make("kbd", {}, key)), make("td", {}, title ?? says)),
  );
  const more = [
    ["Arrows, page up, page down", "move the cursor on the planes; with shift by 10 mm"],
    ["Space", "paint, erase or set a point at the cursor"],
    ["Esc", "put the tool away"],
  ];
  rows.push(...more.map(([key, text]) => make("tr", {}, make("td", {}, make("kbd", {}, key)), make("td", {}, text))));
  return showText("Keys", [make("table", {}, make("tbody", {}, ...rows))]);
}

/** @param {{id: string, identity: string}} data of a result; the server may have given it another id since */
function outboxOf({ id, identity }) {
  const outbox = outboxes.get(identity) ?? makeOutbox(identity);
  outbox.result.id = id;
  return outbox;
}

function makeOutbox(identity) {
  const outbox = new Outbox(identity);
  outbox.addEventListener("conflict", ({ detail }) => askConflict(outbox, detail));
  outbox.addEventListener("refused", ({ detail }) => tellError(detail.error));
  outbox.addEventListener("change", showConnection);
  outboxes.set(identity, outbox);
  return outbox;
}

async function openResult(id) {
  const opened = (result = new OpenResult(id, outboxOf));
  opened.addEventListener("change", showAll);
  opened.addEventListener("select", closeTool); // a tool in hand is about the deposit that was selected
  opened.addEventListener("select", showSelected);
  opened.addEventListener("outbox", showOutbox);
  opened.addEventListener("another", () => {
    if (result !== opened) return; // told already, or an answer that comes after another result was opened
    closeResult();
    byId("result-page").hidden = true;
    tellRestarted();
  });
  byId("result-page").hidden = false;
  images = new Images(opened);
  await opened.open();
  if (result !== opened) return; // it was left meanwhile
  if (opened.data.dropped_bytes)
    tell("The server was stopped while it wrote: the last, unfinished line of the record was left out.", true);
  saving = new Saving(opened);
  asked ??= startViewer();
  viewer = await asked;
  if (result === opened) await images.open(viewer);
}

function showAll() {
  const { data } = result;
  byId("result-title").textContent = data.subject || data.id;
  byId("who").textContent = data.read_only ? "Read only" : `Reader: ${data.reader}`;
  table.show(result);
  showSelected();
  showHistory(result);
  saving?.show();
}

function showSelected() {
  table.mark();
  showDeposit(result, actions);
}

function showConnection() {
  const all = [...outboxes.values()];
  const count = all.reduce((sum, { waiting }) => sum + waiting.length, 0);
  const isAway = result?.reached === false || all.some(({ failures }) => failures > 0);
  let text = count ? `Sending ${count} edits ...` : "";
  if (isAway)
    text = `The server is not reached; ${count} edits wait and will be sent. If it was started anew, open its new link.`;
  if (all.some(({ isElsewhere }) => isElsewhere))
    text = `${count} edits wait for a result that the server does not have now.`;
  byId("connection").textContent = text;
  byId("connection").classList.toggle("error", isAway);
}

function showOutbox() {
  showConnection();
  table.show(result);
  showHistory(result);
  saving?.show();
}

function closeResult() {
  closeTool();
  for (const part of [result, images, saving]) part?.close();
  result = images = saving = null;
  showConnection();
}

async function go() {
  closeResult();
  const id = location.hash.slice(1);
  byId("worklist-page").hidden = id !== "";
  byId("result-page").hidden = id === "";
  try {
    await (id ? openResult(id) : worklist.open());
  } catch (error) {
    tell(error.message, true);
  }
}

window.addEventListener("hashchange", go);
window.addEventListener("resize", closeTool); // its sheet lies where the planes were
window.addEventListener("beforeunload", (event) => {
  if ([...outboxes.values()].some(({ waiting }) => waiting.length)) event.preventDefault();
});
go();

/** What is open now; for tests, which import this module and get this very one. */
export const now = () => ({ result, viewer });
