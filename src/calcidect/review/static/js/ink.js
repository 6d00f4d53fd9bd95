/** A transparent sheet over the planes that takes the pointer while a tool is in hand, and shows what it has marked. */
import { byId } from "./dom.js";

/** @param {{down: function, move: function, up: function}} on */
export function laySheet(on) {
  const sheet = byId("ink");
  sheet.hidden = false;
  const box = byId("planes-box").getBoundingClientRect();
  const stage = byId("stage").getBoundingClientRect();
  Object.assign(sheet.style, { left: `${box.left - stage.left}px`, top: `${box.top - stage.top}px` });
  [sheet.width, sheet.height] = [box.width, box.height];
  sheet.onpointerdown = (event) => {
    if (event.button !== 0) return;
    sheet.setPointerCapture(event.pointerId);
    on.down(event);
  };
  sheet.onpointermove = (event) => on.move(event);
  sheet.onpointerup = sheet.onpointercancel = (event) => on.up(event);
  sheet.onwheel = (event) => byId("planes").dispatchEvent(new WheelEvent("wheel", event)); // slices still turn
}

export function clearSheet() {
  const sheet = byId("ink");
  sheet.getContext("2d").clearRect(0, 0, sheet.width, sheet.height);
}

/** A disc of `radius` pixels; `ring` draws its border only. */
export function drawDisc({ x, y }, radius, colour, ring = false) {
  const pen = byId("ink").getContext("2d");
  pen.beginPath();
  pen.arc(x, y, Math.max(radius, 2), 0, 2 * Math.PI);
  pen.strokeStyle = pen.fillStyle = colour;
  if (ring) pen.stroke();
  else pen.fill();
}
