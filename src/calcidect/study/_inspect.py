"""What is in a folder, and what can be made of it: a survey of headers, without reading pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from calcidect.errors import StudyRefusedError
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study import _joined_refusals as joined
from calcidect.study import _refusals as refusals
from calcidect.study._candidates import LOWEST_KEV, SeriesPair, find_candidates
from calcidect.study._input import opened
from calcidect.study._maps import MapPair, choose_maps, find_map, find_map_pairs, map_of, without_partner
from calcidect.study._pair import choose_pair, why_not_chosen
from calcidect.study._raw_objects import remedies_for
from calcidect.study._scan import Scan, scan_files
from calcidect.study._series import Series, group_series, short_hash
from calcidect.study._single import SingleSeries, choose_single, dual_energy_sign_in

Chosen = SeriesPair | MapPair | SingleSeries
"""What of a folder is read."""

_MOST_PAIRS = 200
_ENERGY_IS_MISSING = ("no_energy", "one_energy", "no_pair")


Role = Literal["low", "high", "single", "map", "not used"]


@dataclass(frozen=True)
class SeriesFound:
    """One series, as `inspect_folder` tells it.

    Parameters
    ----------
    study, series : str
        Short hashes that stand for the UIDs.
    images : int
        Number of images.
    size : tuple of int or None
        Columns, rows, slices; None where the geometry can't be used.
    spacing_mm : tuple of float or None
        Along columns, rows, slices.
    energy : str
        ``Sn150 kV``, ``70 keV``, or what a material map shows; empty if unknown.
    energy_source : str
        Where it was read from.
    kernel : str
        Convolution Kernel.
    role : {"low", "high", "single", "map", "not used"}
        What it is used for: one energy of a pair, the only one, or one of two material maps.
    why_not : str
        Why it is not used.
    number : str
        Series Number, by which the scanner's console lists it.
    thickness_mm : float or None
        Slice Thickness.
    part : str
        What told its images from others of the same series; empty where there were none.
    """

    study: str
    series: str
    images: int
    size: tuple[int, int, int] | None
    spacing_mm: tuple[float, float, float] | None
    energy: str
    energy_source: str
    kernel: str
    role: Role
    why_not: str
    number: str = ""
    thickness_mm: float | None = None
    part: str = ""


@dataclass(frozen=True)
class PairFound:
    """Two series that could be meant; the pixels have yet to confirm it.

    Parameters
    ----------
    name : str
        ``80/Sn150``.
    low, high : str
        Short hashes of the series.
    is_chosen : bool
        Whether `read_study` would take it.
    score : float
        0 to 1, of usable pairs; 0 for two series that can't be a pair.
    parts : mapping of str to float
        What the score is made of (docs/dicom.md); empty for two series that can't be a pair.
    why_not : str
        Why it would not be taken; empty if it would.
    """

    name: str
    low: str
    high: str
    is_chosen: bool
    score: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    why_not: str = ""


@dataclass(frozen=True)
class Inspection:
    """What is in a folder.

    Parameters
    ----------
    series : tuple of SeriesFound
        A row for each series of CT images.
    pairs : tuple of PairFound
        Candidate pairs, best first; at most 200.
    patients, studies : int
        How many different ones.
    other_objects : int
        DICOM files that are no CT images.
    skipped : mapping of str to int
        Why a file was left out, and how many were.
    refusal : dict or None
        Why `read_study` would refuse the folder, as far as headers tell: code, found, expected, remedy.
    raw_objects : mapping of str to int
        Vendors' raw spectral objects among the other objects: name and number.
    """

    series: tuple[SeriesFound, ...]
    pairs: tuple[PairFound, ...]
    patients: int
    studies: int
    other_objects: int
    skipped: Mapping[str, int]
    refusal: Mapping[str, str] | None
    raw_objects: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Survey:
    """The headers of a folder, sorted: what both `read_study` and `inspect_folder` begin with."""

    scan: Scan
    series: tuple[Series, ...]
    candidates: tuple[SeriesPair, ...]
    map_pairs: tuple[MapPair, ...] = ()

    @property
    def studies(self) -> int:
        """How many studies the images are of."""
        return len({image.study_uid for image in self.scan.images})


def survey_files(files: Sequence[Path], settings: StudySettings, progress: Progress) -> Survey:
    """Read all headers and sort them into series and candidate pairs."""
    scan = scan_files(files, settings, progress)
    series = group_series(scan.images, settings)
    return Survey(scan, series, find_candidates(series, settings), find_map_pairs(series, settings))


def decide(survey: Survey, settings: StudySettings) -> Chosen:
    """Return what to read: two energies, else two material maps, else, of a single-energy scan, one series.

    Raises
    ------
    StudyRefusedError
        If the folder is not one such scan of one person.
    """
    scan = survey.scan
    cut_off = sum(image.pixels is None for image in scan.images)
    if scan.damaged:
        raise refusals.damaged_files(scan.damaged)
    if not scan.images:
        raise _with_raw_objects(refusals.no_ct_images(scan.other_objects), scan)
    if cut_off:
        raise refusals.truncated_files(cut_off)
    if len(scan.people) > 1:
        raise refusals.several_patients(len(scan.people))
    if survey.studies > 1:
        raise refusals.several_studies(survey.studies)
    try:
        return choose_pair(survey.series, survey.candidates, settings)
    except StudyRefusedError as refusal:
        if survey.candidates:  # two energies were meant: nothing else takes their place unasked
            raise
        chosen = choose_maps(survey.map_pairs) or choose_single(survey.series, scan.raw_objects, settings)
        if chosen is not None:
            return chosen
        if refusal.code in _ENERGY_IS_MISSING:
            raise _with_raw_objects(_with_reasons(refusal, survey), scan) from None
        raise


def _with_reasons(refusal: StudyRefusedError, survey: Survey) -> StudyRefusedError:
    """Return a refusal that tells, too, why maps or one energy alone were not read."""
    if lacking := without_partner(survey.series):
        refusal = joined.with_more(refusal, f"{lacking[0].upper()}{lacking[1:]}.")
    if refusal.code != "one_energy":
        return refusal
    return joined.seemingly_half(refusal, dual_energy_sign_in(survey.series, survey.scan.raw_objects))


def _with_raw_objects(refusal: StudyRefusedError, scan: Scan) -> StudyRefusedError:
    """Return a refusal that tells what to export in the stead of vendors' raw objects, if there are any."""
    if not scan.raw_objects:
        return refusal
    return joined.with_raw_objects(refusal, scan.raw_objects, remedies_for(scan.raw_objects))


def inspect_folder(path: Path, settings: StudySettings | None = None, progress: Progress = silent) -> Inspection:
    """Tell what is in a folder, zip archive or file: each series, its energy and geometry, and its use.

    Reads headers only, and the pixels of images that lie at one place, to see whether they are copies. Nothing that
    identifies a person is in the answer.

    Raises
    ------
    StudyRefusedError
        If there is no DICOM file at all: ``path_missing``, ``not_a_folder``, ``empty_folder``, ``no_dicom``; or the
        archive can't be unpacked: ``archive_...``, ``no_room``.
    """
    settings = settings or StudySettings()
    with opened(path, settings) as files:
        survey = survey_files(files, settings, progress)
    chosen, refusal = None, None
    try:
        chosen = decide(survey, settings)
    except StudyRefusedError as error:
        refusal = error.as_dict()
    return Inspection(
        series=tuple(_row(series, chosen, survey.candidates) for series in survey.series),
        pairs=(
            *(_pair_row(pair, chosen) for pair in survey.candidates[:_MOST_PAIRS]),
            *(_maps_row(maps, chosen) for maps in survey.map_pairs),
        ),
        patients=len(survey.scan.people),
        studies=survey.studies,
        other_objects=survey.scan.other_objects,
        skipped=survey.scan.skipped,
        refusal=refusal,
        raw_objects=survey.scan.raw_objects,
    )


def _pair_row(pair: SeriesPair, chosen: Chosen | None) -> PairFound:
    return PairFound(
        name=pair.pair.name,
        low=pair.low.name,
        high=pair.high.name,
        is_chosen=pair is chosen,
        score=pair.score,
        parts={name: round(part, 3) for name, part in pair.parts.items()},
        why_not=why_not_chosen(pair, chosen if isinstance(chosen, SeriesPair) else None),
    )


def _maps_row(maps: MapPair, chosen: Chosen | None) -> PairFound:
    why_not = "" if maps is chosen else _why_no_map(maps.first, chosen)
    return PairFound(maps.name, maps.first.name, maps.second.name, maps is chosen, why_not=why_not)


def _row(series: Series, chosen: Chosen | None, candidates: Sequence[SeriesPair]) -> SeriesFound:
    grid = series.stack.grid if series.stack else None
    role, mapped = _role(series, chosen), map_of(series)
    return SeriesFound(
        study=short_hash(series.images[0].study_uid),
        series=series.name,
        number=series.images[0].series_number,
        images=len(series.images),
        size=grid.size if grid else None,
        spacing_mm=grid.spacing_mm if grid else None,
        energy=str(series.found.energy or (mapped.kind if mapped else "")),
        energy_source=series.found.source,
        kernel=series.kernel,
        thickness_mm=series.images[0].acquisition.thickness_mm,
        part=series.part,
        role=role,
        why_not="" if role != "not used" else _why_not(series, chosen, candidates),
    )


def _role(series: Series, chosen: Chosen | None) -> Role:
    if isinstance(chosen, SingleSeries):
        return "single" if series is chosen.series else "not used"
    if isinstance(chosen, MapPair):
        return "map" if series in (chosen.first, chosen.second) else "not used"
    if chosen is None or series not in (chosen.low, chosen.high):
        return "not used"
    return "low" if series is chosen.low else "high"


def _why_not(series: Series, chosen: Chosen | None, candidates: Sequence[SeriesPair]) -> str:
    energy = series.found.energy
    if energy is None:
        return _why_no_map(series, chosen)
    if series.problem:
        return series.problem.found
    if energy.kind == "kev" and energy.value < LOWEST_KEV:
        return f"below {LOWEST_KEV:g} keV"
    if isinstance(chosen, SingleSeries):
        return "another reconstruction of the same energy was chosen"
    usable = [pair for pair in candidates if not pair.obstacle and (series is pair.low or series is pair.high)]
    if not usable or isinstance(chosen, MapPair):
        return "nothing of another energy fits it"
    return why_not_chosen(usable[0], chosen) if chosen else "part of a pair, but none was chosen"


def _why_no_map(series: Series, chosen: Chosen | None) -> str:
    """Return why an image that is no energy is not used as a map either."""
    found = find_map(series.images[0])
    if isinstance(found, str):
        return found or series.found.why_not
    if series.problem:
        return series.problem.found
    if isinstance(chosen, SeriesPair):
        return "two energies go before material maps: they are nearer to what was measured"
    return "another pair of maps was chosen" if isinstance(chosen, MapPair) else "material map without its partner"
