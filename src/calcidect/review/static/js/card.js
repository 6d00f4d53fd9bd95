/** When NiiVue puts volumes on the graphics card, and what it leaves out: without one the processor does all of it. */

const [GRADIENT, BLURRED] = [33990, 33992]; // the texture units (WebGL's TEXTURE0 + n) that NiiVue uses for gradients
const LOOK_AGAIN_MS = 5; // our choice: far below the 50 ms from which the W3C calls a task long

/**
 * Have NiiVue put one volume after another on the graphics card; the page answers meanwhile. Until all are there it shows
 * what was there before: where that lies elsewhere it draws nothing (`isBusy`), else it draws with the old overlay. An image
 * that is there in the same window already is left there. `niivue.drawn` resolves when all is that was asked for last.
 */
export function inTurns(niivue) {
  let turn = null;
  let under = []; // the image that is there, and its window

  async function update(mine) {
    const { gl, volumes, overlayTexture: before } = niivue;
    niivue.isBusy ||= !isSamePlace(under[0], volumes[0]);
    let over = before;
    for (const [layer, volume] of volumes.entries()) {
      if (layer === 0) {
        const wanted = [volume, volume.cal_min, volume.cal_max];
        if (wanted.every((part, n) => part === under[n])) continue;
        under = wanted;
      }
      gl.activeTexture(gl.TEXTURE2); // NiiVue's unit of the overlay, on which the next layer is laid
      gl.bindTexture(gl.TEXTURE_3D, (niivue.overlayTexture = over));
      niivue.refreshLayers(volume, layer);
      over = niivue.overlayTexture;
      niivue.overlayTexture = before; // what is drawn meanwhile
      await settled(gl);
      if (turn !== mine) {
        if (over !== before) gl.deleteTexture(over);
        return niivue.drawn;
      }
    }
    niivue.overlayTexture = over;
    if (over !== before) gl.deleteTexture(before);
    niivue.furthestVertexFromOrigin = niivue.volumeObject3D?.furthestVertexFromOrigin ?? 0;
    niivue.isBusy = false;
    niivue.drawScene();
  }
  niivue.updateGLVolume = () => (niivue.drawn = update((turn = {})));
}

/** Whether two images lie on the same grid. */
function isSamePlace(one, other) {
  const place = ({ hdr }) => JSON.stringify([hdr.dims, hdr.affine]);
  return one !== undefined && other !== undefined && place(one) === place(other);
}

/** Wait without standing still until the graphics card has done all that it was told. */
async function settled(gl) {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  do await new Promise((resume) => setTimeout(resume, LOOK_AGAIN_MS));
  while (gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED);
  gl.deleteSync(fence);
}

/**
 * Keep NiiVue from drawing the gradients by which a picture in three dimensions is lit wherever only planes are shown:
 * of a hand in full they take seconds. It draws each slice of them; here a slice is one pixel.
 */
export function leaveGradients(planes) {
  const make = planes.rgbaTex.bind(planes);
  planes.rgbaTex = (texture, unit, dims, isInit) =>
    make(texture, unit, unit === GRADIENT || (unit === BLURRED && isInit) ? [3, 1, 1, dims[3]] : dims, isInit);
}

/** Keep NiiVue from asking after each slice of them whether it can be drawn: it waits for all that was drawn before. */
export function leaveQuestions({ gl }) {
  gl.checkFramebufferStatus = () => gl.FRAMEBUFFER_COMPLETE;
}
