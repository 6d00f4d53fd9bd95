/** A worker that unpacks gzip: a browser does that on the thread that asks, and a hand in full keeps it for a while. */
self.addEventListener("message", async ({ data: { id, packed } }) => {
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = await new Response(stream).arrayBuffer();
    self.postMessage({ id, bytes }, [bytes]);
  } catch (error) {
    self.postMessage({ id, message: error.message });
  }
});
