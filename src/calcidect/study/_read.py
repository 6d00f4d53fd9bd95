"""``read_study``: from a folder, an archive or a file to a ``Study``, or a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._input import opened
from calcidect.study._inspect import Chosen, Survey, decide, survey_files
from calcidect.study._map_images import COMPUTED_PAIR, confirm_maps, map_notice, monoenergetic_images
from calcidect.study._maps import MapPair
from calcidect.study._pair import bone_ratio, confirm_energies
from calcidect.study._pixels import Pixels, check_expansion, read_pixels, workers_for
from calcidect.study._single import SingleSeries, single_energy_notice
from calcidect.study._stack import Stack
from calcidect.study._subject import study_date_of, subject_of
from calcidect.study._types import Energy, Pair, Study


def read_study(path: Path, settings: StudySettings | None = None, progress: Progress = silent) -> Study:
    """Read a scan of two energies, of two material maps, or of one energy.

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
        Both energies in HU on the low series' grid, confirmed by their pixels; of material maps the two images computed
        from them; of a single-energy scan its one image.

    Raises
    ------
    StudyRefusedError
        If it does not hold exactly one usable scan of one study of one person. docs/dicom.md lists the codes.
    """
    settings = settings or StudySettings()
    with opened(Path(path), settings) as files:
        survey = survey_files(files, settings, progress)
        chosen = decide(survey, settings)
        pixels = _read_stacks(chosen.stacks, settings, progress)
    images = _images(chosen, pixels, settings)
    grid = chosen.stacks[0].grid  # the two grids agree within the tolerance; from here on there is one
    return Study(
        low=Volume(images.low, grid),
        high=None if images.high is None else Volume(images.high, grid),
        pair=images.pair,
        single_energy=images.single_energy,
        subject=subject_of(survey.scan.people[0]),
        study_date=study_date_of(survey.scan.people[0]),
        study_uid_hash=hashlib.sha256(survey.scan.images[0].study_uid.encode()).hexdigest(),
        input_hash=hashlib.sha256(b"".join(digest for one in pixels for digest in one.file_hashes)).hexdigest(),
        maximum_hu=images.maximum_hu,
        manufacturer=survey.scan.people[0].manufacturer,
        notices=(
            *images.notices,
            *_clipping_notices(chosen, pixels),
            *_skipping_notices(survey),
            *_lossy_notices(chosen),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Images:
    """The images of a study, and their energies."""

    low: NDArray[Any]
    high: NDArray[Any] | None
    pair: Pair | None
    single_energy: Energy | None
    maximum_hu: tuple[float, ...]
    notices: tuple[Notice, ...]


def _images(chosen: Chosen, pixels: Sequence[Pixels], settings: StudySettings) -> _Images:
    """Return the images in HU, after a look at their pixels."""
    first = pixels[0]
    if isinstance(chosen, SingleSeries):
        notice = single_energy_notice(chosen.energy, chosen.says_dual)
        return _Images(first.hu, None, None, chosen.energy, (first.maximum_hu,), (notice,))
    second = pixels[1]
    if isinstance(chosen, MapPair):
        low, high = monoenergetic_images(chosen, first.hu, second.hu, settings)
        unlimited = float("inf"), float("inf")
        confirm_maps(chosen, bone_ratio(low, high, unlimited), settings)
        return _Images(low, high, COMPUTED_PAIR, None, unlimited, (map_notice(chosen.kinds),))
    maximum_hu = first.maximum_hu, second.maximum_hu
    notices = confirm_energies(chosen.pair, bone_ratio(first.hu, second.hu, maximum_hu), settings)
    return _Images(first.hu, second.hu, chosen.pair, None, maximum_hu, notices)


def _read_stacks(stacks: Sequence[Stack], settings: StudySettings, progress: Progress) -> tuple[Pixels, ...]:
    check_expansion(stacks, settings)
    total = sum(len(stack.images) for stack in stacks)
    done = 0

    def slice_done() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("reading images", done / total)

    with workers_for(stacks) as workers:
        return tuple(read_pixels(stack, settings, workers, slice_done) for stack in stacks)


def _names(chosen: Chosen) -> tuple[str, ...]:
    """Return what each image that is read is called in a notice."""
    if isinstance(chosen, SingleSeries):
        return (f"{chosen.energy} series",)
    if isinstance(chosen, MapPair):
        return tuple(f"map of {kind}" for kind in chosen.kinds)
    return f"{chosen.pair.low} series", f"{chosen.pair.high} series"


def _clipping_notices(chosen: Chosen, pixels: Sequence[Pixels]) -> list[Notice]:
    unit = "" if isinstance(chosen, MapPair) else " HU"
    return [
        Notice(
            "pixels_clipped",
            f"{one.clipped_voxels} voxels of the {name} lie at its limit of {one.maximum_hu:g}{unit}.",
            "Density and mass there are too low if taken from this series.",
        )
        for one, name in zip(pixels, _names(chosen), strict=True)
        if one.clipped_voxels
    ]


def _skipping_notices(survey: Survey) -> list[Notice]:
    skipped = sum(survey.scan.skipped.values())
    if not skipped:
        return []
    reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(survey.scan.skipped.items()))
    return [Notice("files_skipped", f"{skipped} files were left out ({reasons}).")]


def _lossy_notices(chosen: Chosen) -> list[Notice]:
    """Tell of pixels that a lossy compression changed."""
    stacks = zip(_names(chosen), chosen.stacks, strict=True)
    lossy = [name for name, stack in stacks if any(i.pixels and i.pixels.is_lossy for i in stack.images)]
    if not lossy:
        return []
    return [
        Notice(
            "lossy_compression",
            f"The images of the {' and the '.join(lossy)} were compressed with loss: HU are not those of the scanner.",
            "Volume of small deposits, their HU and dual-energy ratio, hence material and mass: noise is smoothed "
            "away and edges ring, in each energy differently. The stated uncertainties do not include it.",
        )
    ]
