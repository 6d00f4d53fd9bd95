"""How fast the review page is in Chromium that draws in software, and how long it stands still at most.

    PYTHONPATH=tests python -m benchmarks.review_page RESULT [--scan DICOM]

Needs Chromium and the test dependencies. RESULT is copied first; the server runs beside the browser, on the same cores.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from support.browser import WEBGL_IN_SOFTWARE, find_browser

CLICKS = 40
WATCH = """() => {
  window.took = [];
  let pressed = 0;
  document.querySelector("#planes").addEventListener("mousedown", (event) => (pressed = event.timeStamp), true);
  new MutationObserver(() => { if (pressed) window.took.push(performance.now() - pressed); pressed = 0; })
    .observe(document.querySelector("#readout"), { childList: true });
}"""

TASKS = """
  window.tasks = [];
  const watch = new PerformanceObserver((list) => window.tasks.push(...list.getEntries()));
  watch.observe({ type: "longtask", buffered: true });
"""
"""What keeps the page from answering for 50 ms or more (W3C, Long Tasks API)."""

DRAWN = """async () => {
  const { viewer } = (await import("/static/js/app.js")).now();
  const pixel = new Uint8Array(4);
  for (const { gl } of [viewer.planes, viewer.render]) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
}"""
"""Wait until all that was drawn before is drawn: a pixel can't be read earlier."""

WITHIN = "([a, b]) => window.tasks.filter((t) => t.startTime >= a && t.startTime < b).map((t) => t.duration)"

SIZE = "async () => (await import('/static/js/app.js')).now().viewer.planes.volumes[0].hdr.dims.slice(1, 4)"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("result", type=Path)
    parser.add_argument("--scan", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = shutil.copytree(given.result, Path(folder, "result"))
        command = [sys.executable, "-m", "calcidect", "review", str(result), "--no-browser"]
        command += ["--scan", str(given.scan)] if given.scan else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                link = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
                measure(link)
            finally:
                server.kill()


def measure(link: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=WEBGL_IN_SOFTWARE)
        page = browser.new_page(viewport={"width": 1500, "height": 900})
        page.set_default_timeout(300_000)
        page.add_init_script(TASKS)
        page.goto(link)
        page.wait_for_selector("#worklist tbody a")
        print(f"load, 1 minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for turn in ("first time", "again"):
            start = time.perf_counter()
            page.click("#worklist tbody a")
            wait_for_pictures(page)
            print(f"list and pictures, {turn}: {time.perf_counter() - start:.2f} s")
            page.wait_for_selector("#images[data-shown]")
            print(f"coarse images shown, {turn}: {time.perf_counter() - start:.2f} s")
            page.select_option("#view-grid", "coarse")  # stay with it: the full grid is not part of these figures
            page.wait_for_selector("#images[data-loaded=coarse]")
            if turn == "first time":
                page.click("#to-worklist")
                page.wait_for_selector("#worklist tbody a")
        took = clicks(page)
        print(f"read-out after {len(took)} clicks: median {statistics.median(took):.1f}, largest {max(took):.1f} ms")
        show_full_grid(page)
        browser.close()


def wait_for_pictures(page: Page) -> None:
    page.wait_for_selector("#deposits tbody tr")
    page.locator("#deposit .pictures img").first.evaluate("image => image.decode()")


def show_full_grid(page: Page) -> None:
    """Have every voxel of a hand shown; tell how long it took until all were drawn, and what kept the page busy."""
    hand = page.locator("#view-grid option").nth(1).get_attribute("value")
    page.evaluate(DRAWN)
    start, before = time.perf_counter(), page.evaluate("performance.now()")
    page.select_option("#view-grid", hand)
    page.wait_for_selector(f"#images[data-loaded={hand}]")
    after = page.evaluate("performance.now()")
    page.evaluate(DRAWN)
    took = time.perf_counter() - start
    page.wait_for_timeout(500)  # tasks are told after they end
    tasks = page.evaluate(WITHIN, [before, after])
    size = page.evaluate(SIZE)
    longest = ", ".join(f"{ms:.0f}" for ms in sorted(tasks, reverse=True)[:3]) or "none of 50"
    print(f"full grid, {' x '.join(map(str, size))} voxels: {took:.1f} s; longest tasks of the page: {longest} ms")


def clicks(page: Page) -> list[float]:
    page.evaluate(WATCH)
    box = page.locator("#planes").bounding_box()
    for n in range(CLICKS):
        page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * (0.3 + 0.4 * n / CLICKS))
    return page.evaluate("window.took")


if __name__ == "__main__":
    main()
