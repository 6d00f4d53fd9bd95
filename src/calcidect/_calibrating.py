"""Which calibration a scan is analysed with; the files of calibrations and inserts are read and written here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from calcidect.errors import InputRefusedError, Notice, OutputError, UsageError
from calcidect.materials import (
    MODEL,
    Calibration,
    calibrate,
    calibration_of,
    calibration_text,
    confirm_pair,
    for_site,
    inserts_of,
    without_phantom,
)
from calcidect.progress import Progress, silent
from calcidect.result import write_whole_file
from calcidect.settings import Settings
from calcidect.study import Study, read_study


def calibrated(study: Study, settings: Settings) -> tuple[Study, Calibration]:
    """Return the study to be measured and its calibration.

    By inserts in the scan itself if ``materials.inserts_file`` is given, whose phantom is then taken out of the images;
    else that of ``materials.calibration_file``; else the model. One energy has none.

    Raises
    ------
    InputRefusedError
        If a file can't be used, the inserts can't be measured, or the calibration is of another pair.
    """
    files = settings.materials
    if study.pair is None or not (files.inserts_file or files.calibration_file):
        return study, MODEL
    if files.inserts_file:
        measured = calibrate(study, inserts_of(_text(Path(files.inserts_file), "inserts")), settings)
        free = without_phantom(study, measured.rods, settings.anatomy.body_threshold_hu)
        return free, measured.calibration
    calibration = calibration_of(_text(Path(files.calibration_file), "calibration"))
    confirm_pair(calibration, study.pair.name)
    notices = (*study.notices, *_notices(calibration, study, files.calibration_months))
    return replace(study, notices=notices), calibration


def calibrate_folder(
    source: Path,
    inserts: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> Calibration:
    """Read a scan of a phantom, measure its inserts, and write the site's calibration, whole or not at all.

    Parameters
    ----------
    source : Path
        Folder, zip archive or enhanced CT file with one study.
    inserts : Path
        TOML list of the phantom's inserts.
    out : Path
        JSON file to make.
    settings : Settings, optional
        The defaults if not given.
    force : bool
        Replace an existing file.
    progress : callable
        Told the name of each step and the fraction of it that is done.

    Raises
    ------
    UsageError
        If ``out`` exists and ``force`` is false, or is a folder.
    InputRefusedError
        If the scan or the inserts can't be used.
    OutputError
        If the file could not be written.
    """
    settings = settings or Settings()
    _check_file(out, force)
    wanted = inserts_of(_text(inserts, "inserts"))
    study = read_study(source, settings.study, progress)
    progress("measuring inserts", 0.0)
    calibration = for_site(calibrate(study, wanted, settings).calibration)
    progress("measuring inserts", 1.0)
    _write(out, calibration_text(calibration))
    return calibration


def _notices(calibration: Calibration, study: Study, most_months: int) -> list[Notice]:
    """Tell of a calibration that is old, or of another maker's scanner."""
    notices = []
    months = _months_between(calibration.measured_month, study.study_date or "")
    if months is not None and months > most_months:
        notices.append(
            Notice(
                "calibration_old",
                f"The site's calibration was measured {months} months before or after the scan.",
                "Masses, by as much as the scanner has changed since; the stated uncertainty holds 1 % of it.",
            )
        )
    makers = {name.strip().lower() for name in (calibration.manufacturer, study.manufacturer) if name.strip()}
    if len(makers) == 2:
        notices.append(
            Notice(
                "calibration_of_another_scanner",
                "The site's calibration was measured on a scanner of another manufacturer.",
                "Masses: tubes, filters and detectors differ between scanners, in HU per mg/cm3 by several percent.",
            )
        )
    return notices


def _months_between(one: str, other: str) -> int | None:
    """Return the months between two dates that begin with YYYY-MM; None where one is not known."""
    try:
        (first_year, first_month), (year, month) = (map(int, date[:7].split("-")) for date in (one, other))
    except ValueError:
        return None
    return abs(12 * (year - first_year) + month - first_month)


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"  # an OSError's text holds the path
        raise InputRefusedError(
            f"{what}_unreadable",
            found=f"The file of {'inserts' if what == 'inserts' else 'the calibration'} can't be read: {reason}.",
            expected="A TOML file of inserts." if what == "inserts" else "A file that `calcidect calibrate` wrote.",
            remedy="Check its place; a path in the settings is taken from the current folder.",
        ) from error


def _check_file(out: Path, force: bool) -> None:
    if out.is_dir() or (out.exists() and not force):
        raise UsageError(
            "output_exists",
            found="There is a folder of that name." if out.is_dir() else "The file to write exists.",
            expected="A new file.",
            remedy="Choose another name, or add --force to replace a file.",
        )


def _write(out: Path, text: str) -> None:
    try:
        write_whole_file(out, text.encode())
    except OSError as error:
        raise OutputError(
            "calibration_not_written",
            found=f"The calibration could not be written: {error.strerror}.",
            expected="A place with room where files may be made.",
            remedy="Choose another place for --out.",
        ) from error
