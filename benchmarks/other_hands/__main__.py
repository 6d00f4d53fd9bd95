"""Make, analyse, score and log: ``python -m benchmarks.other_hands --kinds healthy mixed --seeds 100-103 --cache DIR``.

Cases lie in ``DIR/cases`` and are made once; results and figures lie in ``DIR/results/COMMIT``, so that a run that was
cut off goes on, and another state of the program is measured anew. Each run adds a row per kind to log.csv; ``--table``
prints that file. ``DIR/cases`` must be emptied by hand when this package changes.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import shutil
import subprocess
from pathlib import Path

from calcidect.api import analyze_folder
from calcidect.errors import CalcidectError

from .make import make_case
from .score import Figures, figures_of, load, refused, save, summary

HERE = Path(__file__).parent
LOG = HERE / "log.csv"


def seeds_of(text: str) -> list[int]:
    """Return seeds of ``100-103`` or ``104``."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def set_of(seeds: list[int]) -> str:
    """Return which committed range the seeds belong to.

    Raises
    ------
    ValueError
        If they are in neither, or in both.
    """
    ranges = json.loads((HERE / "seeds.json").read_text())
    for name in ("development", "held_back"):
        if all(ranges[name]["first"] <= seed <= ranges[name]["last"] for seed in seeds):
            return name
    raise ValueError(f"Seeds {seeds} do not all lie in one range of seeds.json.")


def commit() -> str:
    """Return the commit that is measured, with + where analysing code differs from it."""
    code = HERE.parents[1] / "src"
    name = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True)
    changed = subprocess.run(
        ["git", "status", "--porcelain", code], capture_output=True, text=True, check=True, cwd=HERE
    )
    return name.stdout.strip() + ("+" if changed.stdout.strip() else "")


def measured(kind: str, seed: int, cache: Path, state: str) -> Figures:
    """Return the figures of one case, from the cache where they are there."""
    name = f"{kind}_{seed}"
    case, result = cache / "cases" / name, cache / "results" / state / name
    kept = result.with_suffix(".json")
    if kept.exists() and not state.endswith("+"):
        return load(kept)
    if not (case / "truth/vessels.nii.gz").exists():  # the last file written
        shutil.rmtree(case, ignore_errors=True)
        make_case(kind, seed, case)
    result.parent.mkdir(parents=True, exist_ok=True)
    try:
        analyze_folder(case / "dicom", result, force=True)
        figures = figures_of(kind, seed, case, result)
    except CalcidectError as error:
        print(f"{name}: {error}")
        figures = refused(kind, seed, case)
    save(figures, kept)
    return figures


def log(kind: str, seeds: list[int], cases: list[Figures], state: str) -> None:
    """Add one row to the log."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M")
    row = {"date": now, "commit": state, "set": set_of(seeds), "kind": kind, "seeds": f"{seeds[0]}-{seeds[-1]}"}
    row |= {"hands": str(len(cases))} | summary(cases)
    is_new = not LOG.exists()
    with LOG.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def print_table() -> None:
    """Print the log, a row a use."""
    with LOG.open(newline="") as file:
        rows = list(csv.reader(file))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def main() -> None:
    kinds = json.loads((HERE / "seeds.json").read_text())["kinds"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--seeds", type=seeds_of, help="such as 100-103")
    parser.add_argument("--cache", type=Path, help="folder for cases and results")
    parser.add_argument("--table", action="store_true", help="print the log and do nothing else")
    given = parser.parse_args()
    if not given.table:
        if not (given.seeds and given.cache):
            parser.error("--seeds and --cache are needed")
        set_of(given.seeds)
        state = commit()
        for kind in given.kinds:
            cases = []
            for seed in given.seeds:
                cases.append(measured(kind, seed, given.cache, state))
                one = summary(cases[-1:])
                print(kind, seed, *(f"{k} {v}" for k, v in one.items()), *cases[-1].missed, sep="  ", flush=True)
            log(kind, given.seeds, cases, state)
    print_table()


if __name__ == "__main__":
    main()
