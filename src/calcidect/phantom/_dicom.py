"""Write a simulated scan as CT Image Storage, as a named vendor's scanner would.

The same volumes, style and seed give the same bytes: UIDs are derived from the seed by a hash, dates and times are
fixed, and nothing is taken from the clock or the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume
from calcidect.phantom._multi_energy import describe_multi_energy, describe_real_world_values
from calcidect.phantom._vendors import VENDOR_STYLES, Companion, VendorStyle
from calcidect.study import Energy, Pair

if TYPE_CHECKING:
    from pydicom import Dataset

_TIME = "120000"
_SECONDS_BETWEEN = 30  # of two acquisitions, one after the other


@dataclass(frozen=True)
class ScanLabels:
    """What the headers of a simulated scan say about the person and the visit, all invented.

    Parameters
    ----------
    patient_id, patient_name : str
        Invented; empty takes a name made from the seed.
    age_years : int
        Written as Patient's Age.
    sex : {"F", "M", "O"}
        Patient's Sex.
    study_date : str
        YYYYMMDD.
    patient_position : str
        HFP is prone with the arms overhead, the usual pose for hands.
    """

    patient_id: str = ""
    patient_name: str = ""
    age_years: int = 57
    sex: str = "F"
    study_date: str = "20250101"
    patient_position: str = "HFP"


def write_pair(
    low: Volume,
    high: Volume,
    pair: Pair,
    folder: Path,
    *,
    vendor: str,
    seed: int,
    thickness_mm: float,
    maximum_hu: float = 3071.0,
    labels: ScanLabels | None = None,
    companions: bool = False,
) -> None:
    """Write both images of a pair, each as one series in its own folder.

    Parameters
    ----------
    low, high : Volume
        HU, any numeric type, on one grid of any direction; slices lie along its third axis.
    pair : Pair
        What X-rays made them.
    folder : Path
        Made if absent; receives ``low/`` and ``high/``.
    vendor : str
        A key of `VENDOR_STYLES`.
    seed : int
        Every UID is derived from it.
    thickness_mm : float
        Slice Thickness; the distance between slices is the grid's.
    maximum_hu : float
        HU above it are clipped, as a scanner with a limited number range does. Above 3071 a style of 12 bits is
        written with 16.
    labels : ScanLabels, optional
        What the headers say about the person.
    companions : bool
        Whether to write what the scanner writes beside the pair, too: a mixed image, maps; a folder each.

    Raises
    ------
    ValueError
        If the two images lie on different grids, or the style does not make such images.
    """
    if not low.grid.is_same_as(high.grid):
        raise ValueError("The two images of a pair must lie on one grid.")
    images = [("low", pair.low, low), ("high", pair.high, high)]
    write_scan(
        images,
        folder,
        vendor=vendor,
        seed=seed,
        thickness_mm=thickness_mm,
        maximum_hu=maximum_hu,
        labels=labels,
    )
    if companions:
        settings = _Writing(VENDOR_STYLES[vendor], seed, thickness_mm, maximum_hu, labels or ScanLabels())
        for number, companion in enumerate(VENDOR_STYLES[vendor].companions, len(images)):
            _write_companion(settings, companion, low, high, folder / companion.name, number)


def write_scan(
    images: Sequence[tuple[str, Energy, Volume]],
    folder: Path,
    *,
    vendor: str,
    seed: int,
    thickness_mm: float,
    maximum_hu: float = 3071.0,
    labels: ScanLabels | None = None,
) -> None:
    """Write any number of series of one study: (folder name, energy, HU); parameters as in `write_pair`."""
    settings = _Writing(VENDOR_STYLES[vendor], seed, thickness_mm, maximum_hu, labels or ScanLabels())
    for number, (name, energy, volume) in enumerate(images):
        if energy.kind != settings.style.kind:
            raise ValueError(f"The style {vendor} does not make images of {energy}.")
        header = settings.header(volume.grid)
        _describe_series(header, settings.style, energy, number)
        _write_slices(header, volume, folder / name, maximum_hu, number if settings.style.one_series else 0)


@dataclass(frozen=True)
class _Writing:
    """What all series of one scan share."""

    style: VendorStyle
    seed: int
    thickness_mm: float
    maximum_hu: float
    labels: ScanLabels

    def header(self, grid: Grid) -> Dataset:
        header = _study_header(self.style, self.seed, self.labels)
        _describe_pixels(header, self.style, grid, self.maximum_hu, self.thickness_mm)
        return header


def _write_companion(
    settings: _Writing, companion: Companion, low: Volume, high: Volume, folder: Path, number: int
) -> None:
    header = settings.header(low.grid)
    header.ImageType, header.SeriesDescription = list(companion.image_type), companion.description
    header.KVP, header.RescaleType = f"{companion.kvp:g}", companion.rescale_type
    _number_series(header, settings.style, number)
    values = companion.weights[0] * low.array.astype(float) + companion.weights[1] * high.array
    _write_slices(header, Volume(values, low.grid), folder, settings.maximum_hu)


def write_series(
    volume: Volume,
    folder: Path,
    *,
    style: VendorStyle,
    number: int,
    description: str,
    scale: tuple[float, float, str],
    seed: int,
    thickness_mm: float,
    labels: ScanLabels,
) -> None:
    """Write one series whose pixels need not be HU.

    Parameters
    ----------
    volume : Volume
        Values in the unit of ``scale``.
    folder : Path
        Made if absent.
    style : VendorStyle
        What stands around the pixels.
    number : int
        Of the series in its study, from 0.
    description : str
        Series Description.
    scale : tuple of (float, float, str)
        Rescale Slope, Intercept and Type.
    seed, thickness_mm, labels
        As in `write_pair`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = _study_header(style, seed, labels)
    _describe_series(header, style, Energy("kv", style.tube_kv or 120.0), number)
    _describe_pixels(header, style, volume.grid, np.inf, thickness_mm)
    header.SeriesDescription = description
    header.RescaleSlope, header.RescaleIntercept, header.RescaleType = scale
    _write_slices(header, volume, folder, np.inf)


def _uid(*parts: object) -> str:
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["/".join(("calcidect phantom", *map(str, parts)))]))


def _study_header(style: VendorStyle, seed: int, labels: ScanLabels) -> Dataset:
    from pydicom import Dataset

    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    for event in ("Study", "Series", "Acquisition", "Content"):
        setattr(header, f"{event}Date", labels.study_date)
        setattr(header, f"{event}Time", _TIME)
    header.AccessionNumber = ""
    header.Modality = "CT"
    header.Manufacturer, header.ManufacturerModelName = style.manufacturer, style.model
    header.SoftwareVersions, header.DeviceSerialNumber = style.software, f"{seed}"
    header.ReferringPhysicianName = ""
    header.StudyDescription = "Simulated hands, research use only"
    header.PatientName = labels.patient_name or f"PHANTOM^SEED{seed}"
    header.PatientID = labels.patient_id or f"PHANTOM{seed}"
    header.PatientBirthDate, header.PatientSex = f"{int(labels.study_date[:4]) - labels.age_years}0101", labels.sex
    header.PatientAge = f"{labels.age_years:03d}Y"
    header.BodyPartExamined, header.Laterality = "HAND", ""  # both hands lie in one scan
    header.PatientPosition = labels.patient_position
    key = seed, style.model, header.PatientID, labels.study_date  # another visit is another study
    header.StudyInstanceUID, header.FrameOfReferenceUID = _uid("study", *key), _uid("frame", *key)
    header.StudyID, header.PositionReferenceIndicator = f"{seed % 10**12}", ""
    return header


def _describe_series(header: Dataset, style: VendorStyle, energy: Energy, number: int) -> None:
    energy_text = str(energy).replace(" ", "")
    header.ImageType = list(style.image_type)
    header.SeriesDescription = style.descriptions[min(number, 1)].format(energy=energy_text)
    _number_series(header, style, 0 if style.one_series else number)
    if style.sequential:
        header.AcquisitionNumber = number + 1
        header.AcquisitionTime = f"{int(_TIME) + number * _SECONDS_BETWEEN:06d}"
    header.KVP = f"{style.tube_kv or energy.value:g}"
    if energy.filter in style.filters:
        header.FilterType = style.filters[energy.filter]
    if style.private_label:
        header.private_block(0x00E1, "ELSCINT1", create=True).add_new(0x40, "SH", header.SeriesDescription)
    if style.multi_energy:
        describe_multi_energy(header, energy, style.multi_energy)
        describe_real_world_values(header)


def _number_series(header: Dataset, style: VendorStyle, number: int) -> None:
    header.SeriesInstanceUID = _uid(header.StudyInstanceUID, number)
    header.SeriesNumber, header.AcquisitionNumber = number + 2, 1
    header.ConvolutionKernel = style.kernel


def _describe_pixels(header: Dataset, style: VendorStyle, grid: Grid, maximum_hu: float, thickness_mm: float) -> None:
    bits = 16 if maximum_hu > _largest_hu(style.bits_stored, style) else style.bits_stored
    columns, rows, _ = grid.size
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows, header.Columns = rows, columns
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, bits, bits - 1
    header.PixelRepresentation = int(style.signed)
    header.RescaleIntercept, header.RescaleSlope, header.RescaleType = style.intercept, 1, "HU"
    header.PixelSpacing = [_ds(grid.spacing_mm[1]), _ds(grid.spacing_mm[0])]
    header.SliceThickness = _ds(thickness_mm)
    header.ImageOrientationPatient = [_ds(value) for value in grid.direction[:, :2].T.ravel()]


def _largest_hu(bits: int, style: VendorStyle) -> int:
    return int(2 ** (bits - int(style.signed)) - 1 + style.intercept)


def _ds(value: float) -> Any:
    """Return a decimal string of at most 16 characters, the most that DICOM can hold."""
    from pydicom.valuerep import DSfloat

    return DSfloat(float(value) + 0.0, auto_format=True)  # + 0.0 turns -0.0 into 0.0


def _write_slices(header: Dataset, volume: Volume, folder: Path, maximum_hu: float, acquisition: int = 0) -> None:
    """Write one file a slice; the images of a further acquisition in one series go on counting."""
    from pydicom import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    folder.mkdir(parents=True, exist_ok=True)
    for k in range(volume.grid.size[2]):
        instance = acquisition * volume.grid.size[2] + k
        header.SOPInstanceUID = _uid(header.SeriesInstanceUID, instance)
        header.InstanceNumber = instance + 1
        header.ImagePositionPatient = [_ds(value) for value in volume.grid.point_of((0, 0, k))]
        header.PixelData = _stored(volume.array[k], header, maximum_hu).tobytes()
        header["PixelData"].VR = "OW"
        header.file_meta = meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.ImplementationClassUID = UID(_uid("implementation"))
        meta.ImplementationVersionName = "CALCIDECT"
        header.save_as(folder / f"{k + 1:05d}.dcm", enforce_file_format=True)


def _stored(hu: NDArray[Any], header: Dataset, maximum_hu: float) -> NDArray[Any]:
    """Return stored values, shape (rows, columns): rounded, and clipped to what the scanner can hold."""
    signed, bits, intercept = (
        header.PixelRepresentation,
        header.BitsStored,
        float(header.RescaleIntercept),
    )
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    values = np.rint((np.minimum(hu.astype(np.float64), maximum_hu) - intercept) / float(header.RescaleSlope))
    return np.clip(values, lowest, highest).astype("<i2" if signed else "<u2")
