"""``read_study``: from a folder, an archive or a file to a ``Study``, or a refusal."""

from __future__ import annotations

import hashlib
from pathlib import Path

from calcidect.errors import Notice
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._candidates import SeriesPair
from calcidect.study._input import opened
from calcidect.study._inspect import Survey, decide, survey_files
from calcidect.study._one_grid import onto_one_grid
from calcidect.study._pixels import Pixels, check_expansion, read_pixels, workers_for
from calcidect.study._quality import SeriesRead, study_quality
from calcidect.study._ratio import bone_ratio, confirm_energies
from calcidect.study._same_place import confirm_same_place
from calcidect.study._subject import study_date_of, subject_of
from calcidect.study._types import Study


def read_study(path: Path, settings: StudySettings | None = None, progress: Progress = silent) -> Study:
    """Read a dual-energy scan.

    Parameters
    ----------
    path : Path
        The DICOM files of one study: a folder, in any order and depth, a zip archive of one, or a single enhanced CT
        file. Other files are counted and left out.
    settings : StudySettings, optional
        Tolerances.
    progress : Progress, optional
        Called with the step's name and the fraction done.

    Returns
    -------
    Study
        Both energies in HU on the low series' grid (cropped to what both cover, upright), confirmed by their pixels.

    Raises
    ------
    StudyRefusedError
        If it does not hold exactly one usable pair of one study of one person. docs/dicom.md lists the codes.
    """
    settings = settings or StudySettings()
    with opened(Path(path), settings) as files:
        survey = survey_files(files, settings, progress)
        chosen = decide(survey, settings)
        low, high = _read_pair(chosen, settings, progress)
    names = str(chosen.pair.low), str(chosen.pair.high)
    placed = onto_one_grid(chosen.stacks, (low, high), names, settings)
    frame_notices = [confirm_same_place(placed.low.array, placed.high.array)] if chosen.frames_differ else []
    maximum_hu = low.clipping.maximum_hu, high.clipping.maximum_hu
    ratio = bone_ratio(placed.low.array, placed.high.array, maximum_hu)
    pair, notices = confirm_energies(chosen.pair, ratio, settings)
    low_stack, high_stack = chosen.stacks
    progress("checking quality", 0.0)
    quality = study_quality(
        SeriesRead(names[0], placed.low, low_stack.images, low.clipping),
        SeriesRead(names[1], placed.high, high_stack.images, high.clipping),
        settings,
    )
    progress("checking quality", 1.0)
    return Study(
        low=placed.low,
        high=placed.high,
        pair=pair,
        subject=subject_of(survey.scan.people[0]),
        study_date=study_date_of(survey.scan.people[0]),
        study_uid_hash=hashlib.sha256(survey.scan.images[0].study_uid.encode()).hexdigest(),
        input_hash=hashlib.sha256(b"".join(low.file_hashes + high.file_hashes)).hexdigest(),
        maximum_hu=maximum_hu,
        manufacturer=survey.scan.people[0].manufacturer,
        notices=(
            *notices,
            *frame_notices,
            *placed.notices,
            *_reading_notices(survey, chosen),
            *_lossy_notices(chosen),
        ),
        quality=quality,
    )


def _read_pair(chosen: SeriesPair, settings: StudySettings, progress: Progress) -> tuple[Pixels, Pixels]:
    stacks = chosen.stacks
    check_expansion([image for stack in stacks for image in stack.images], settings)
    total = sum(len(stack.images) for stack in stacks)
    done = 0

    def slice_done() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("reading images", done / total)

    with workers_for(stacks) as workers:
        low, high = (read_pixels(stack, settings, workers, slice_done) for stack in stacks)
    return low, high


def _reading_notices(survey: Survey, chosen: SeriesPair) -> list[Notice]:
    notices = [
        Notice(
            "copies_skipped", f"{series.copies} images of {energy} repeat another pixel for pixel and were left out."
        )
        for series, energy in ((chosen.low, chosen.pair.low), (chosen.high, chosen.pair.high))
        if series.copies
    ]
    skipped = sum(survey.scan.skipped.values())
    if skipped:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(survey.scan.skipped.items()))
        notices.append(Notice("files_skipped", f"{skipped} files were left out ({reasons})."))
    return notices


def _lossy_notices(chosen: SeriesPair) -> list[Notice]:
    """Tell of pixels that a lossy compression changed."""
    stacks = zip((chosen.pair.low, chosen.pair.high), chosen.stacks, strict=True)
    lossy = [str(energy) for energy, stack in stacks if any(i.pixels and i.pixels.is_lossy for i in stack.images)]
    if not lossy:
        return []
    return [
        Notice(
            "lossy_compression",
            f"The images of {' and '.join(lossy)} were compressed with loss: HU are not those of the scanner.",
            "Volume of small deposits, their HU and dual-energy ratio, hence material and mass: noise is smoothed "
            "away and edges ring, in each energy differently. The stated uncertainties do not include it.",
        )
    ]
