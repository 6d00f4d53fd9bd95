/** The record of edits: who did what to what, when, and why; and what still waits to be sent. */
import { byId, make } from "./dom.js";
import { KINDS, time, words } from "./words.js";

export function showHistory(result) {
  const sent = result.events.map((event) => line(event)).reverse();
  const waiting = result.outbox.waiting
    .map((event) => make("li", { class: "waits" }, `${said(event)}: waits to be sent`))
    .reverse();
  byId("history").replaceChildren(...waiting, ...sent);
}

function line(event) {
  const why = event.why ? ` \u2013 ${event.why}` : "";
  const when = make("time", { datetime: event.when }, time(event.when));
  return make("li", { value: event.seq }, when, ` ${event.who}: ${said(event)}${why}`);
}

/** 'relabelled deposit 3 (digit: 2)'. */
export function said({ kind, target, after }) {
  const changed =
    kind === "relabel" ? Object.entries(after ?? {}).map(([name, value]) => `${name}: ${words(value)}`) : [];
  return `${KINDS[kind] ?? kind} ${named(kind, target)}${changed.length ? ` (${changed.join(", ")})` : ""}`;
}

function named(kind, target) {
  if (kind === "undo" || kind === "redo") return `edit ${target}`;
  if (kind === "bone_paint") return `label ${target}`;
  if (target === null || target === undefined) return "";
  return `deposit ${[target].flat().join(" and ")}`;
}
