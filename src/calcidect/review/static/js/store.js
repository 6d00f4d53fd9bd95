/** The result that is open: what the server says of it, what is selected, and edits sent to it. */
import { getJson, isAnother, Refused, Unreachable } from "./api.js";

const POLL_MS = 2000; // our choice: another reader's work shows while one still looks at the same deposit
const CHANGES_VOXELS = new Set(["split", "merge", "paint", "erase", "bone_paint"]);
const JUDGES = new Set(["accept", "reject", "unreview"]);

/**
 * Whether an event changes the drawn labels; undo and redo do if what they undo does. A deposit that a reader drew covers
 * bone, which is there again when it is rejected.
 * @param {(deposit: number) => boolean} wasDrawn whether a reader drew on a deposit
 */
function changesVoxels(event, events, wasDrawn) {
  const { kind, target, before } = event;
  if (JUDGES.has(kind)) return wasDrawn(target) && (kind === "reject") !== (before === "rejected");
  if (kind !== "undo" && kind !== "redo") return CHANGES_VOXELS.has(kind);
  const undone = events.find(({ seq }) => seq === target);
  return undone === undefined || changesVoxels(undone, events, wasDrawn);
}

export class OpenResult extends EventTarget {
  /** @param {string} id @param {(data: object) => import("./outbox.js").Outbox} outboxOf */
  constructor(id, outboxOf) {
    super();
    Object.assign(this, { id, outboxOf });
    this.ended = new AbortController();
    this.events = [];
    this.drawn = 0; // how often labels were drawn since this page knows
    this.reached = true;
    this.selected = null;
    this.checked = new Set();
  }

  async open() {
    await this.refresh();
    if (this.ended.signal.aborted) return;
    this.selected = this.rows[0]?.deposit_id ?? null;
    this.outbox.send();
    this.timer = setInterval(() => this.poll(), POLL_MS);
    this._say("select");
  }

  /** Nothing is heard of it any more; what waits in its outbox is sent all the same. */
  close() {
    this.ended.abort();
    clearInterval(this.timer);
  }

  _takeOutbox() {
    this.outbox = this.outboxOf(this.data);
    const { signal } = this.ended;
    this.outbox.addEventListener("another", () => this._say("another"), { signal });
    for (const end of ["sent", "refused", "conflict"]) this.outbox.addEventListener(end, () => this.poll(true), { signal });
    this.outbox.addEventListener("change", () => this._say("outbox"), { signal });
  }

  get rows() {
    return this.data.deposits;
  }

  row(id) {
    return this.rows.find(({ deposit_id }) => deposit_id === id);
  }

  /** Last event that this page knows of. */
  get seq() {
    return this.events.at(-1)?.seq ?? 0;
  }

  /** Ask for the events since the last, and if there are any for the state that they make. */
  async refresh() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const [events, data] = await Promise.all([this._newEvents(), getJson(`/api/results/${this.id}`)]);
    if (turn !== this.turn || this.ended.signal.aborted) return; // a later question was asked meanwhile; its answer counts
    if (this.data && data.identity !== this.data.identity) return this._say("another"); // ids are given anew
    this.data = data;
    if (!this.outbox) this._takeOutbox();
    this._take(events);
    if (!this.row(this.selected)) this.selected = this.rows[0]?.deposit_id ?? null;
    for (const id of this.checked) if (!this.row(id)) this.checked.delete(id);
    this._say("change");
  }

  /** Look whether something happened; `surely` asks for the state in any case. */
  async poll(surely = false) {
    if (this.polling && !surely) return; // a slow server is not asked faster than it answers
    this.polling = true;
    const before = this.reached;
    try {
      const happened = surely || this.data.scan_state === "loading" || (await this._newEvents()).length > 0;
      if (happened) await this.refresh();
      this.reached = true;
    } catch (error) {
      if (!(error instanceof Unreachable) && !(error instanceof Refused)) throw error;
      this.reached = !(error instanceof Unreachable);
      if (isAnother(error)) this._say("another");
    } finally {
      this.polling = false;
    }
    if (this.reached !== before) this._say("outbox");
  }

  async _newEvents() {
    return getJson(`/api/results/${this.id}/events?after=${this.seq}`, this.data?.identity);
  }

  _take(events) {
    const fresh = events.filter(({ seq }) => seq > this.seq);
    this.events.push(...fresh);
    const wasDrawn = (id) => this.row(id)?.review.changed.includes("shape") ?? true;
    if (fresh.some((event) => changesVoxels(event, this.events, wasDrawn))) {
      this.drawn++;
      this._say("voxels");
    }
  }

  /** Queue an edit. */
  edit(kind, target, after = null, why = "", voxels = null) {
    if (this.data.read_only) return;
    const event = { base_seq: this.seq, kind, target, after, why };
    this.outbox.add(voxels ? { ...event, voxels } : event);
  }

  select(id) {
    if (this.selected === id || !this.row(id)) return;
    this.selected = id;
    this._say("select");
  }

  _say(what) {
    this.dispatchEvent(new Event(what));
  }
}
