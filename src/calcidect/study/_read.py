"""``read_study``: from a folder to a ``Study``, or a refusal."""

from __future__ import annotations

import hashlib
from pathlib import Path

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._inspect import Survey, decide, survey_folder
from calcidect.study._pair import bone_ratio, confirm_energies
from calcidect.study._pixels import Pixels, read_pixels
from calcidect.study._subject import study_date_of, subject_of
from calcidect.study._types import Pair, Study


def read_study(path: Path, settings: StudySettings | None = None, progress: Progress = silent) -> Study:
    """Read the dual-energy scan in a folder.

    Parameters
    ----------
    path : Path
        A folder with the DICOM files of one study, in any order and depth; other files are counted and left out.
    settings : StudySettings, optional
        Tolerances.
    progress : Progress, optional
        Called with the step's name and the fraction done.

    Returns
    -------
    Study
        Both energies in HU on the low series' grid, confirmed by their pixels.

    Raises
    ------
    StudyRefusedError
        If the folder does not hold exactly one usable pair of one study of one person. docs/dicom.md lists the codes.
    """
    settings = settings or StudySettings()
    survey = survey_folder(Path(path), settings, progress)
    chosen = decide(survey, settings)
    low_stack, high_stack = chosen.stacks
    total = len(low_stack.images) + len(high_stack.images)
    done = 0

    def slice_done() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("reading images", done / total)

    low, high = read_pixels(low_stack, slice_done), read_pixels(high_stack, slice_done)
    ratio = bone_ratio(low.hu, high.hu, (low.maximum_hu, high.maximum_hu))
    notices = confirm_energies(chosen.pair, ratio, settings)
    return Study(
        # The two grids agree within the tolerance; from here on there is one.
        low=Volume(low.hu, low_stack.grid),
        high=Volume(high.hu, low_stack.grid),
        pair=chosen.pair,
        subject=subject_of(survey.scan.people[0]),
        study_date=study_date_of(survey.scan.people[0]),
        study_uid_hash=hashlib.sha256(survey.scan.images[0].study_uid.encode()).hexdigest(),
        input_hash=hashlib.sha256(b"".join(low.file_hashes + high.file_hashes)).hexdigest(),
        maximum_hu=(low.maximum_hu, high.maximum_hu),
        manufacturer=survey.scan.people[0].manufacturer,
        notices=(*notices, *_reading_notices(survey, chosen.pair, low, high)),
    )


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
