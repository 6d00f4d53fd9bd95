"""``read_study``: from a folder, an archive or a file to a ``Study``, or a refusal."""

from __future__ import annotations

import hashlib
from pathlib import Path

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._input import opened
from calcidect.study._inspect import Survey, decide, survey_files
from calcidect.study._motion import align
from calcidect.study._pair import SeriesPair, bone_ratio, confirm_energies
from calcidect.study._pixels import Pixels, check_expansion, read_pixels, workers_for
from calcidect.study._subject import study_date_of, subject_of
from calcidect.study._types import Pair, Study


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
        Both energies in HU on the low series' grid, aligned where a hand moved, and confirmed by their pixels.

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
    low_stack, _ = chosen.stacks
    # The two grids agree within the tolerance; from here on there is one.
    low_volume, high_volume = Volume(low.hu, low_stack.grid), Volume(high.hu, low_stack.grid)
    # Before any ratio is taken: one voxel of motion changes it at every edge.
    alignment = align(low_volume, high_volume, high.maximum_hu, settings, progress)
    ratio = bone_ratio(low.hu, alignment.high.array, (low.maximum_hu, high.maximum_hu))
    notices = confirm_energies(chosen.pair, ratio, settings)
    return Study(
        low=low_volume,
        high=alignment.high,
        pair=chosen.pair,
        subject=subject_of(survey.scan.people[0]),
        study_date=study_date_of(survey.scan.people[0]),
        study_uid_hash=hashlib.sha256(survey.scan.images[0].study_uid.encode()).hexdigest(),
        input_hash=hashlib.sha256(b"".join(low.file_hashes + high.file_hashes)).hexdigest(),
        maximum_hu=(low.maximum_hu, high.maximum_hu),
        manufacturer=survey.scan.people[0].manufacturer,
        notices=(
            *notices,
            *_reading_notices(survey, chosen.pair, low, high),
            *_lossy_notices(chosen),
            *alignment.notices,
        ),
        motion=alignment.motion,
    )


def _read_pair(chosen: SeriesPair, settings: StudySettings, progress: Progress) -> tuple[Pixels, Pixels]:
    stacks = chosen.stacks
    check_expansion(stacks, settings)
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


def _reading_notices(survey: Survey, pair: Pair, low: Pixels, high: Pixels) -> tuple[Notice, ...]:
    notices = [
        Notice(
            "pixels_clipped",
            f"{pixels.clipped_voxels} voxels of the {energy} series lie at its limit of {pixels.maximum_hu:g} HU.",
            "Density and mass there are too low if taken from this series.",
        )
        for pixels, energy in ((low, pair.low), (high, pair.high))
        if pixels.clipped_voxels
    ]
    skipped = sum(survey.scan.skipped.values())
    if skipped:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(survey.scan.skipped.items()))
        notices.append(Notice("files_skipped", f"{skipped} files were left out ({reasons})."))
    return tuple(notices)


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
