/** What lies under the cursor. */
import { byId, make } from "./dom.js";
import { number, words } from "./words.js";

/** Below this HU of the higher energy the quotient is mostly noise. Our choice: soft tissue's 40 to 60 HU is below it. */
const LEAST_HU_FOR_RATIO = 80;

export function showReadout(result, volumes, grid, point) {
  const at = (name) => volumes?.now(name, grid)?.at(point) ?? null;
  const [low, high] = [at("low"), at("high")];
  const ratio = low !== null && high >= LEAST_HU_FOR_RATIO ? low / high : null;
  const bone = result.data.bones.find(({ label }) => label === at("bones"));
  const deposit = at("deposits");
  byId("readout").replaceChildren(
    ...pair("x, y, z (LPS)", point.map((p) => number(p)).join(", ") + " mm"),
    ...pair("Low", `${number(low, 0)} HU`),
    ...pair("High", `${number(high, 0)} HU`),
    ...pair("HA", `${number(at("hydroxyapatite"), 0)} mg/cm\u00b3`),
    ...pair("Low / high", number(ratio, 2)),
    ...pair("Bone", bone ? `${bone.side} ${words(bone.bone)}` : words(null)),
    ...pair("Deposit", deposit ? String(deposit) : words(null)),
  );
}

const pair = (name, value) => [make("dt", {}, name), make("dd", {}, value)];
