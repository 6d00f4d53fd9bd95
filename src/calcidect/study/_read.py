"""``read_study``: from a folder, an archive or a file to a ``Study``, or a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._candidates import SeriesPair
from calcidect.study._clipping import Clipping
from calcidect.study._input import opened
from calcidect.study._inspect import Chosen, Survey, decide, survey_files
from calcidect.study._map_images import COMPUTED_PAIR, confirm_maps, map_notice, monoenergetic_images
from calcidect.study._maps import MapPair
from calcidect.study._motion import align
from calcidect.study._one_grid import onto_one_grid, upright
from calcidect.study._pixels import Pixels, check_expansion, read_pixels, workers_for
from calcidect.study._quality import SeriesRead, study_quality
from calcidect.study._ratio import bone_ratio, confirm_energies
from calcidect.study._same_place import confirm_same_place
from calcidect.study._series import Series
from calcidect.study._single import SingleSeries, single_energy_notice
from calcidect.study._stack import Stack
from calcidect.study._subject import study_date_of, subject_of
from calcidect.study._types import Energy, Motion, Pair, Study


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
        Both energies in HU on the low series' grid (cropped to what both cover, upright), aligned where a hand moved,
        confirmed by their pixels; of material maps the two images computed from them; of a single-energy scan its one
        image.

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
    images = _images(chosen, pixels, settings, progress)
    progress("checking quality", 0.0)
    quality = study_quality(*_as_read(chosen, images), settings)
    progress("checking quality", 1.0)
    return Study(
        low=images.low,
        high=images.high,
        pair=images.pair,
        single_energy=images.single_energy,
        subject=subject_of(survey.scan.people[0], survey.scan.images[0].study_uid),
        study_date=study_date_of(survey.scan.people[0]),
        study_uid_hash=hashlib.sha256(survey.scan.images[0].study_uid.encode()).hexdigest(),
        input_hash=hashlib.sha256(b"".join(digest for one in pixels for digest in one.file_hashes)).hexdigest(),
        maximum_hu=tuple(clipping.maximum_hu for clipping in images.clipping),
        manufacturer=survey.scan.people[0].manufacturer,
        notices=(
            *images.notices,
            *_skipping_notices(survey, chosen),
            *_broken_notices(survey, chosen),
            *_lossy_notices(chosen),
        ),
        quality=quality,
        motion=images.motion,
    )


@dataclass(frozen=True, eq=False)
class _Images:
    """The images of a study on one grid, their energies, and where their values are cut off."""

    low: Volume
    high: Volume | None
    pair: Pair | None
    single_energy: Energy | None
    clipping: tuple[Clipping, ...]
    notices: tuple[Notice, ...]
    motion: tuple[Motion, ...] = ()


def _images(chosen: Chosen, pixels: Sequence[Pixels], settings: StudySettings, progress: Progress) -> _Images:
    """Return the images in HU, on one grid and aligned, after a look at their pixels."""
    if isinstance(chosen, SingleSeries):
        return _single_image(chosen, pixels[0])
    if isinstance(chosen, MapPair):
        return _images_of_maps(chosen, pixels, settings)
    names = str(chosen.pair.low), str(chosen.pair.high)
    placed = onto_one_grid(chosen.stacks, (pixels[0], pixels[1]), names, settings)
    frame_notices = [confirm_same_place(placed.low.array, placed.high.array)] if chosen.frames_differ else []
    clipping = pixels[0].clipping, pixels[1].clipping
    # Before any ratio is taken: one voxel of motion changes it at every edge.
    aligned = align(placed.low, placed.high, clipping[1].maximum_hu, settings, progress)
    ratio = bone_ratio(placed.low.array, aligned.high.array, (clipping[0].maximum_hu, clipping[1].maximum_hu))
    pair, notices = confirm_energies(chosen.pair, ratio, settings)
    told = (*notices, *frame_notices, *placed.notices, *aligned.notices)
    return _Images(placed.low, aligned.high, pair, None, clipping, told, aligned.motion)


def _single_image(chosen: SingleSeries, pixels: Pixels) -> _Images:
    (stack,) = chosen.stacks
    image, tilt_notices = upright(stack, pixels)
    notice = single_energy_notice(chosen.energy, chosen.says_dual)
    return _Images(image, None, None, chosen.energy, (pixels.clipping,), (notice, *tilt_notices))


def _images_of_maps(chosen: MapPair, pixels: Sequence[Pixels], settings: StudySettings) -> _Images:
    first, second = pixels
    computed = monoenergetic_images(chosen, first.hu, second.hu, settings)
    unlimited = Clipping(float("inf"))
    low, high = (Pixels(hu, one.file_hashes, unlimited) for hu, one in zip(computed, pixels, strict=True))
    confirm_maps(chosen, bone_ratio(low.hu, high.hu, (float("inf"), float("inf"))), settings)
    names = str(COMPUTED_PAIR.low), str(COMPUTED_PAIR.high)
    placed = onto_one_grid(chosen.stacks, (low, high), names, settings)
    notices = (map_notice(chosen.kinds), *placed.notices)
    return _Images(placed.low, placed.high, COMPUTED_PAIR, None, (unlimited, unlimited), notices)


def _as_read(chosen: Chosen, images: _Images) -> tuple[SeriesRead, SeriesRead | None]:
    """Return each image with its name and headers, for its quality."""
    names = [str(images.single_energy)] if images.pair is None else [str(images.pair.low), str(images.pair.high)]
    volumes = [images.low] if images.high is None else [images.low, images.high]
    read = [
        SeriesRead(name, volume, stack.images, clipping)
        for name, volume, stack, clipping in zip(names, volumes, chosen.stacks, images.clipping, strict=True)
    ]
    return read[0], read[1] if len(read) > 1 else None


def _read_stacks(stacks: Sequence[Stack], settings: StudySettings, progress: Progress) -> tuple[Pixels, ...]:
    check_expansion([image for stack in stacks for image in stack.images], settings)
    total = sum(len(stack.images) for stack in stacks)
    done = 0

    def slice_done() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("reading images", min(done / total, 1.0))  # what int16 does not hold is read twice

    with workers_for(stacks) as workers:
        return tuple(read_pixels(stack, settings, workers, slice_done) for stack in stacks)


def _names(chosen: Chosen) -> tuple[str, ...]:
    """Return what each image that is read is called in a notice."""
    if isinstance(chosen, SingleSeries):
        return (f"{chosen.energy} series",)
    if isinstance(chosen, MapPair):
        return tuple(f"map of {kind}" for kind in chosen.kinds)
    return f"{chosen.pair.low} series", f"{chosen.pair.high} series"


def _skipping_notices(survey: Survey, chosen: Chosen) -> list[Notice]:
    """Tell of files and images that were left out."""
    notices = [
        Notice(
            "copies_skipped", f"{series.copies} images of the {name} repeat another pixel for pixel and were left out."
        )
        for series, name in zip(_series_of(chosen), _names(chosen), strict=True)
        if series.copies
    ]
    skipped = sum(survey.scan.skipped.values())
    if skipped:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(survey.scan.skipped.items()))
        notices.append(Notice("files_skipped", f"{skipped} files were left out ({reasons})."))
    return notices


def _broken_notices(survey: Survey, chosen: Chosen) -> list[Notice]:
    """Tell of series as large as the ones in use whose slices make no stack: one of them may have been meant."""
    images = min(len(series.images) for series in _series_of(chosen))
    broken = [
        one.problem for one in survey.series if one.problem and one.found.energy and 2 * len(one.images) >= images
    ]
    if not broken:
        return []
    return [
        Notice(
            "series_passed_over",
            f"{len(broken)} series of the folder could not be used. {broken[0].found}",
            "Which reconstruction, or which hand, was measured. If another was meant, export that one whole.",
        )
    ]


def _series_of(chosen: Chosen) -> tuple[Series, ...]:
    if isinstance(chosen, SingleSeries):
        return (chosen.series,)
    return (chosen.low, chosen.high) if isinstance(chosen, SeriesPair) else (chosen.first, chosen.second)


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
