/**
 * Edits on their way to the server, in order, none lost.
 *
 * Each has an id of its own, so that one that is sent again after a broken connection is done once. What waits is kept
 * for the tab (sessionStorage) and survives a reload; nothing of it stays when the tab is closed.
 */
import { isAnother, newId, post, Refused, Unreachable } from "./api.js";

const WAIT_MS = [1000, 2000, 4000, 8000]; // our choice: soon after a hiccup, not busy while the server is away

export class Outbox extends EventTarget {
  /** @param {string} identity of a result and its reader; `result.id` is given by who opens it */
  constructor(identity) {
    super();
    this.result = { id: null, identity };
    this.isElsewhere = false; // its id is that of another result now
    this.place = `outbox ${identity}`;
    this.waiting = JSON.parse(sessionStorage.getItem(this.place) ?? "[]");
    this.failures = 0;
    this.sending = false;
  }

  /** Queue an edit, and send it as soon as those before it are there. */
  add(event) {
    this.waiting.push({ id: newId(), ...event });
    this._keep();
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.waiting.length && (await this._sendFirst()));
    } finally {
      this.sending = false;
    }
  }

  /** Whether to go on at once with the next one. */
  async _sendFirst() {
    const event = this.waiting[0];
    try {
      const answer = await post(this.result, "events", event);
      this._drop("sent", { event, answer });
    } catch (error) {
      this.isElsewhere = isAnother(error);
      if (this.isElsewhere) this.dispatchEvent(new Event("another"));
      if (error instanceof Unreachable || this.isElsewhere) return this._later();
      if (!(error instanceof Refused)) throw error;
      this._drop(error.status === 409 && error.body.events?.length ? "conflict" : "refused", { event, error });
    }
    return true;
  }

  _drop(kind, detail) {
    this.waiting.shift();
    this.failures = 0;
    this.isElsewhere = false;
    this._keep();
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  _later() {
    const wait = WAIT_MS[Math.min(this.failures++, WAIT_MS.length - 1)];
    setTimeout(() => this.send(), wait);
    this.dispatchEvent(new CustomEvent("change"));
    return false;
  }

  _keep() {
    try {
      sessionStorage.setItem(this.place, JSON.stringify(this.waiting));
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error; // too much for a reload; it is sent all the same
    }
    this.dispatchEvent(new CustomEvent("change"));
  }
}
