"""Damage DICOM files guided by coverage: ``pip install atheris``, then ``python scripts/fuzz_guided.py --corpus DIR``.

Where ``fuzz_dicom.py`` damages at random, libFuzzer keeps what reaches new code of the reader and of pydicom, and goes
on from there. Given is one file, in every transfer syntax; its header is read and its pixels are decoded. Any exception
but a refusal, a file that takes more than 5 s, or memory beyond 1 GiB above the start ends the run with the input that
did it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

with atheris.instrument_imports(include=["calcidect", "pydicom"]):
    import pydicom  # noqa: F401  the reader imports it when it is first used

    from calcidect.codecs import Workers
    from calcidect.errors import CalcidectError
    from calcidect.geometry import Grid
    from calcidect.progress import silent
    from calcidect.settings import StudySettings
    from calcidect.study._inspect import survey_files
    from calcidect.study._pixels import check_expansion, read_pixels
    from calcidect.study._stack import Stack
from support.mutations import write_studies

PATIENCE_S, MEMORY_MIB = 5, 1024
SETTINGS = StudySettings()


def read_whole(path: Path, workers: Workers) -> None:
    """Read a file's header and decode each of its images, as `read_study` would in a whole scan."""
    for image in survey_files([path], SETTINGS, silent).scan.images:
        if image.pixels is None or not image.rows or not image.columns:
            continue
        stack = Stack((image,), Grid((image.columns, image.rows, 1), (1.0, 1.0, 1.0)))
        check_expansion([stack], SETTINGS)
        read_pixels(stack, SETTINGS, workers, lambda: None)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--corpus", type=Path, required=True, help="folder that keeps what reached new code")
    given = parser.parse_args()
    given.corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Workers(1) as workers:
        for study in write_studies(Path(scratch)):
            (given.corpus / study.name).write_bytes(min(study.rglob("*.dcm")).read_bytes())
        target = Path(scratch, "damaged.dcm")

        def read_damaged(data: bytes) -> None:
            target.write_bytes(data)
            with suppress(CalcidectError):
                read_whole(target, workers)

        limits = [f"-timeout={PATIENCE_S}", f"-rss_limit_mb={_held_mib() + MEMORY_MIB}", "-max_len=40000"]
        atheris.Setup([sys.argv[0], str(given.corpus), f"-max_total_time={given.seconds}", *limits], read_damaged)
        atheris.Fuzz()


def _held_mib() -> int:
    """Return what this process holds before the first file; a library loaded later is no file's fault."""
    import resource

    import SimpleITK  # noqa: F401

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
