/** The state of the review, and saving it as a new version of the result. */
import { getJson, post, Refused, Unreachable } from "./api.js";
import { byId, fillSelect, make } from "./dom.js";
import { tellError } from "./restarted.js";
import { STATES } from "./words.js";

const ASK_MS = 500;

export class Saving {
  constructor(result) {
    this.result = result;
    this.says = make("p", { role: "status" });
    this.bar = make("progress", { max: "1", value: "0", "aria-label": "Saving", hidden: true });
    this.button = make("button", { type: "button", onclick: () => this.save() }, "Save a reviewed version");
    this.reports = make("p", { class: "bar" });
    this.state = make("select", { "aria-label": "State of the review", onchange: () => this._setState() });
    fillSelect(this.state, Object.entries(STATES));
    const bar = make("div", { class: "bar" }, make("label", {}, "State ", this.state), this.button);
    byId("saving").replaceChildren(bar, this.bar, this.says, this.reports);
    this.show();
    this._follow();
  }

  close() {
    this.closed = true;
  }

  show() {
    const { data, outbox } = this.result;
    this.reports.replaceChildren(...[null, ...data.versions].map((version) => reportLink(this.result, version)));
    this.state.value = data.state;
    this.state.disabled = data.read_only;
    this.button.disabled = data.read_only || outbox.waiting.length > 0 || !this.bar.hidden;
    this.button.title = outbox.waiting.length ? "Edits are still on their way." : "";
  }

  async save() {
    try {
      await post(this.result.data, "save");
      this.was = "running";
      this._follow();
    } catch (error) {
      tellError(error);
    }
  }

  async _setState() {
    try {
      await post(this.result.data, "state", { state: this.state.value, why: "" });
      await this.result.refresh();
    } catch (error) {
      tellError(error);
      this.show();
    }
  }

  async _follow() {
    let job;
    try {
      job = await getJson(`/api/results/${this.result.id}/save`);
    } catch (error) {
      if (error instanceof Refused) return;
      if (!(error instanceof Unreachable)) throw error;
      job = { state: "running", step: "the server is not reached", fraction: null };
    }
    if (this.closed) return;
    this.bar.hidden = job.state !== "running";
    if (job.fraction !== null) this.bar.value = job.fraction;
    this.says.textContent =
      { running: `Saving: ${job.step}`, done: `Saved as version ${job.version}.`, failed: `Not saved: ${job.message}` }[
        job.state
      ] ?? "";
    if (job.state === "running") setTimeout(() => this._follow(), ASK_MS);
    if (job.state === "done" && this.was === "running") this.result.poll(true); // what was drawn is measured now
    this.was = job.state;
    this.show();
  }
}

function reportLink(result, version) {
  const end = version === null ? "" : `?version=${version}`;
  const text = version === null ? "Report of the analysis" : `Report of version ${version}`;
  return make("a", { href: `/api/results/${result.id}/report.html${end}`, target: "_blank", rel: "noopener" }, text);
}
