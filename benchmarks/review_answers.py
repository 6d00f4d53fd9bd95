"""How fast the review server answers for a result of 200 deposits: list, state and thumbnails.

``PYTHONPATH=tests python -m benchmarks.review_answers``; hands of 0.4 mm voxels, no scan, one request at a time. Beside
the seconds on the clock, which other work on the machine prolongs, stand those that the server itself worked (Linux).
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np

from support.results import Blob, hand_grid, make_scene
from support.review import real_server, write_small_result

DEPOSITS, SPACING_MM = 200, 0.4


def blobs() -> tuple[Blob, ...]:
    """Return 200 small deposits between and beside the bones of both hands."""
    chance = np.random.default_rng(7)
    made = []
    for n in range(DEPOSITS):
        place = (float(chance.uniform(-22, 22)), float(np.where(n % 2, -9, 9)), -70 + 150 * n / DEPOSITS)
        side = "left" if n % 4 < 2 else "right"
        made.append(
            Blob(side, "hydroxyapatite", place, (0.5, 0.9, 0.5), 400, None, "carpus", "subcutaneous", "punctate")
        )
    return tuple(made)


def seconds_of(client: httpx2.Client, paths: list[str], pid: int) -> tuple[float, float]:
    """Return the seconds that several requests take, one after another: on the clock, and of the server's process."""
    start, worked = time.perf_counter(), worked_s(pid)
    for path in paths:
        assert client.get(path).status_code == 200, path
    return time.perf_counter() - start, worked_s(pid) - worked


def worked_s(pid: int) -> float:
    """Return the processor time of a process so far (proc(5), fields 14 and 15)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print a line for each kind of answer."""
    with tempfile.TemporaryDirectory() as place:
        result = make_scene(hand_grid(SPACING_MM), blobs=blobs()).result()
        labels = result.deposit_map.array
        kept = [d for d in result.findings.deposits if (labels == d.deposit_id).any()]
        result = replace(result, findings=replace(result.findings, deposits=tuple(kept)))
        folder = write_small_result(Path(place) / "result", result)
        print(f"{len(kept)} deposits, grid {result.deposit_map.grid.size}")
        with real_server(folder) as (process, link), httpx2.Client(timeout=60) as client:
            client.base_url = link.partition("/open")[0]
            client.get(link)
            pictures = [f"/api/results/r1/thumbnails/{d.deposit_id}.png" for d in kept]
            for name, paths in (
                ("work list", ["/api/worklist"]),
                ("result, first", ["/api/results/r1"]),
                ("result", ["/api/results/r1"]),
                ("overview", ["/api/results/r1/overview.png"]),
                ("one thumbnail", pictures[:1]),
                ("20 thumbnails", pictures[:20]),
                ("all thumbnails", pictures),
                ("coarse deposits", ["/api/results/r1/volumes/deposits"]),
                ("one hand's bones", ["/api/results/r1/volumes/bones?level=full&hand=left"]),
            ):
                clock, worked = seconds_of(client, paths, process.pid)
                print(f"{name}: {clock:.2f} s on the clock, {worked:.2f} s of work")


if __name__ == "__main__":
    main()
