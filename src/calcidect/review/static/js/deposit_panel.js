/** The selected deposit: its pictures, its numbers, what can be done with it. */
import { byId, keepFocus, make } from "./dom.js";
import { digitName, number, site, words } from "./words.js";

const VALUES = [
  ["Site", site],
  ["Material", (row) => words(row.material)],
  ["Pattern", (row) => words(row.pattern)],
  ["Digit", (row) => digitName(row.digit)],
  ["HA", (row) => `${number(row.ha_mass_mg)} \u00b1 ${number(row.ha_mass_sd_mg)} mg`],
  ["Volume", (row) => `${number(row.volume_mm3)} mm\u00b3`],
  ["Mean HA", (row) => `${number(row.mean_ha_mg_per_cm3, 0)} mg/cm\u00b3`],
  ["Ratio", (row) => number(row.dual_energy_ratio, 2)],
  ["Nearest bone", (row) => `${words(row.nearest_bone)}, ${number(row.distance_to_bone_mm)} mm`],
  ["Flags", (row) => words([row.flags].flat().join(", "))],
];

/** @param {object} actions by name: `{title, key, needsScan, run}`; see actions.js */
export function showDeposit(result, actions) {
  keepFocus(byId("deposit"), () => fill(byId("deposit"), result, actions));
}

function fill(box, result, actions) {
  const row = result.row(result.selected);
  if (!row) {
    const none = make("h3", { id: "deposit-title" }, "No deposit is selected");
    box.replaceChildren(
      none,
      buttons(result, actions, (action) => !action.ofDeposit),
    );
    return;
  }
  const unmeasured = row.review.measured === false ? ", measured when it is saved" : "";
  const title = make("h3", { id: "deposit-title" }, `Deposit ${row.deposit_id}: ${row.review.state}${unmeasured}`);
  const values = make("dl", { class: "values" });
  for (const [name, of] of VALUES) values.append(make("div", {}, make("dt", {}, name), make("dd", {}, of(row))));
  box.replaceChildren(
    title,
    make("div", { class: "beside" }, pictures(result, row), values),
    buttons(result, actions, () => true),
  );
}

function pictures(result, row) {
  const box = make("div", { class: "pictures" });
  for (const view of ["axial", "coronal"]) {
    const src = `/api/results/${result.id}/thumbnails/${row.deposit_id}.png?view=${view}&overlay=1&drawn=${result.drawn}`; // anew once labels were drawn
    const image = make("img", {
      src,
      alt: `Deposit ${row.deposit_id}, ${view}`,
      class: "thumbnail",
      onerror: () => image.remove(),
    });
    box.append(image);
  }
  return box;
}

function buttons(result, actions, wanted) {
  const box = make("div", { class: "bar", role: "group", "aria-label": "What to do" });
  for (const action of Object.values(actions).filter((a) => a.title && wanted(a))) {
    const why = whyNot(result, action);
    const given = {
      type: "button",
      onclick: action.run,
      disabled: Boolean(why),
      title: why,
      dataset: { focus: action.title },
      "aria-keyshortcuts": action.key,
    };
    box.append(make("button", given, action.title, make("kbd", {}, action.key)));
  }
  return box;
}

/** Why an action can't be done now, empty where it can. */
export function whyNot(result, action) {
  if (action.changes && result.data.read_only) return "This review is open for reading only.";
  if (action.needsScan && !result.data.has_scan) return "Needs the scan: start calcidect review with --scan.";
  if (action.needsScan && result.data.scan_state !== "ready")
    return result.data.scan_message || "The scan is not read yet.";
  if (action.ofDeposit && !result.row(result.selected)) return "Choose a deposit first.";
  return "";
}
