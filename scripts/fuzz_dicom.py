"""Damage DICOM files at random and see that each is read or refused: ``python scripts/fuzz_dicom.py --files 20000``.

The files are those of tests/support/mutations.py. Each is read in a helper process, which is ended if a file takes more
than 5 s, and asked how much memory it took. Ends with exit code 1 if a file caused a fault, a crash, a hang or more
memory than 1 GiB; its number makes the same file again (``--first N --files 1``).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

PATIENCE_S, MEMORY_MIB = 5.0, 1024.0


def outcome(study: Path, number: int, scratch: Path) -> str:
    """Damage one file of a copy of a study, read the copy, and tell what came of it."""
    from calcidect.errors import CalcidectError
    from calcidect.study import inspect_folder, read_study
    from support.mutations import mutated

    random = Random(number)
    names = sorted(path.relative_to(study) for path in study.rglob("*.dcm"))
    damaged = random.choice(names)
    for name in names:
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        content = (study / name).read_bytes()
        target.write_bytes(mutated(content, random) if name == damaged else content)
    try:
        inspect_folder(scratch)
        read_study(scratch)
    except CalcidectError as refusal:
        return refusal.code
    except BaseException as fault:
        return f"FAULT {type(fault).__name__} in {traceback.extract_tb(fault.__traceback__)[-1].name}"
    return "read"


def serve(folder: Path) -> None:
    """Answer file numbers on standard input, one line each: a helper's life."""
    import resource

    import SimpleITK  # noqa: F401  its size is no file's fault

    studies = sorted(folder.iterdir())
    for line in sys.stdin:
        number = int(line)
        with tempfile.TemporaryDirectory() as scratch:
            said = outcome(studies[number % len(studies)], number, Path(scratch))
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"said": said, "mib": mib}), flush=True)


class Helper:
    """A helper process, started anew when a file has ended it."""

    def __init__(self, folder: Path) -> None:
        self._command = [sys.executable, __file__, "--serve", str(folder)]
        self._process: subprocess.Popen[str] | None = None
        self.base_mib = 0.0

    def ask(self, number: int) -> tuple[str, float]:
        """Return what came of a file, and the most memory (MiB) that the helper has taken so far."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            self.base_mib = self._answer(number, patience_s=60)[1]  # the first answer takes the imports, too
        said, mib = self._answer(number, PATIENCE_S)
        if mib - self.base_mib > MEMORY_MIB:
            said = f"MEMORY {mib - self.base_mib:.0f} MiB"
        return said, mib

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answer(self, number: int, patience_s: float) -> tuple[str, float]:
        process = self._process
        if process is None:
            return "CRASH at once", 0.0
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(patience_s, process.kill)
        watch.start()
        start = time.perf_counter()
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        line = process.stdout.readline()
        watch.cancel()
        if line:
            answer = json.loads(line)
            return answer["said"], answer["mib"]
        self.end()
        return ("HANG" if time.perf_counter() - start >= patience_s else "CRASH"), 0.0


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return
    from support.mutations import write_studies

    counts: Counter[str] = Counter()
    peak_mib = slowest_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        write_studies(Path(folder))
        helper = Helper(Path(folder))
        for number in range(given.first, given.first + given.files):
            start = time.perf_counter()
            said, mib = helper.ask(number)
            if helper.base_mib:
                slowest_s = max(slowest_s, time.perf_counter() - start) if number > given.first else 0.0
            peak_mib = max(peak_mib, mib)
            counts[said] += 1
            if said.isupper() or said.split()[0].isupper():
                print(f"file {number}: {said}", flush=True)
            if number % 1000 == 999:
                print(f"{number + 1} files, slowest {slowest_s:.2f} s, peak {peak_mib:.0f} MiB", flush=True)
        helper.end()
    for said, times in counts.most_common():
        print(f"{times:>7} {said}")
    print(f"{given.files} files, slowest {slowest_s:.2f} s, peak {peak_mib:.0f} MiB of the whole process")
    sys.exit(any(said.split()[0].isupper() for said in counts))


if __name__ == "__main__":
    main()
