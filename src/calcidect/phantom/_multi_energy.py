"""The multi-energy attributes of DICOM (Supplement 188, PS3.3 C.8.2.2), of two scanners.

Photon counting has one tube whose photons are counted in two bins: two paths from one source. Dual source has two
tubes, each with a detector. Every number here is invented and plausible; a reader needs only the energy of a virtual
image, or the tube voltage and the filter of a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calcidect.study import Energy

if TYPE_CHECKING:
    from pydicom import Dataset

_BINS_KEV = ((20.0, 65.0), (65.0, 120.0))
_EXPOSURE = {
    "ExposureTimeInms": 500.0,
    "XRayTubeCurrentInmA": 100.0,
    "ExposureInmAs": 50.0,
    "ExposureModulationType": "NONE",
}
_DETAILS = {
    "SingleCollimationWidth": 0.4,
    "TotalCollimationWidth": 57.6,
    "TableHeight": 120,
    "GantryDetectorTilt": 0,
    "DataCollectionDiameter": 500,
}
_GEOMETRY = {"DistanceSourceToDetector": 1113, "DistanceSourceToDataCollectionCenter": 610.0}
_MATERIALS = {"": "ALUMINUM", "Sn": "TIN", "Au": "GOLD"}


@dataclass(frozen=True)
class _Path:
    """One way of X-rays from a source to a detector, or to one bin of it."""

    source: int
    beam: Energy
    detector: Mapping[str, object]


def describe_multi_energy(header: Dataset, energy: Energy, technique: str) -> None:
    """Add the Multi-energy CT Image module to a header, in place.

    A virtual image was made of both paths. That of a tube voltage was made by one tube: both paths are its own, seen by
    the two halves of its detector, for the standard asks for two.

    Parameters
    ----------
    header : Dataset
        With the date and time of acquisition.
    energy : Energy
        Of the image.
    technique : {"dual source", "photon counting"}
        How the energies were told apart.
    """
    header.MultienergyCTAcquisition = "YES"
    header.KVP = None  # each source carries its own
    header.MultienergyCTAcquisitionSequence = [_acquisition(header, _paths(energy, technique))]
    if energy.kind == "kev":
        header.MultienergyCTCharacteristicsSequence = [_item(MonoenergeticEnergyEquivalent=energy.value)]


def _paths(energy: Energy, technique: str) -> list[_Path]:
    integrating = {"MultienergyDetectorType": "INTEGRATING"}
    if energy.kind == "kv":
        return [_Path(1, energy, integrating), _Path(1, energy, integrating)]
    if technique == "dual source":
        return [_Path(1, Energy("kv", 80), integrating), _Path(2, Energy("kv", 150, "Sn"), integrating)]
    counting = "PHOTON_COUNTING"
    return [
        _Path(1, Energy("kv", 120), _bin(counting, lowest_kev, highest_kev)) for lowest_kev, highest_kev in _BINS_KEV
    ]


def _bin(detector: str, lowest_kev: float, highest_kev: float) -> dict[str, object]:
    return {"MultienergyDetectorType": detector, "NominalMinEnergy": lowest_kev, "NominalMaxEnergy": highest_kev}


def _acquisition(header: Dataset, paths: Sequence[_Path]) -> Dataset:
    started = header.AcquisitionDate + header.AcquisitionTime
    sources = sorted({path.source for path in paths})
    numbered = list(enumerate(paths, 1))
    of_sources = {
        "MultienergySourceTechnique": "CONSTANT_SOURCE",
        "SourceStartDateTime": started,
        "SourceEndDateTime": started,
    }
    return _item(
        MultienergyCTXRaySourceSequence=[
            _item(XRaySourceIndex=source, XRaySourceID="AB"[source - 1], **of_sources) for source in sources
        ],
        MultienergyCTXRayDetectorSequence=[
            _item(XRayDetectorIndex=n, XRayDetectorID=f"D{n}", **path.detector) for n, path in numbered
        ],
        MultienergyCTPathSequence=[
            _item(MultienergyCTPathIndex=n, ReferencedXRaySourceIndex=path.source, ReferencedXRayDetectorIndex=n)
            for n, path in numbered
        ],
        CTExposureSequence=[_item(ReferencedXRaySourceIndex=source, **_EXPOSURE) for source in sources],
        CTXRayDetailsSequence=[_tube(n, path) for n, path in numbered],
        CTAcquisitionDetailsSequence=[_item(ReferencedPathIndex=n, **_DETAILS) for n, _ in numbered],
        CTGeometrySequence=[_item(ReferencedPathIndex=n, **_GEOMETRY) for n, _ in numbered],
    )


def _tube(path_index: int, path: _Path) -> Dataset:
    return _item(
        ReferencedPathIndex=path_index,
        KVP=path.beam.value,
        FocalSpots=[0.8],
        FilterType="FLAT",
        FilterMaterial=_MATERIALS[path.beam.filter],
    )


def describe_real_world_values(header: Dataset) -> None:
    """Say, in the terms that multi-energy images need, that stored values map to HU; in place."""
    hu = _item(CodeValue="[hnsf'U]", CodingSchemeDesignator="UCUM", CodeMeaning="Hounsfield unit")
    mapping = _item(LUTLabel="HU", LUTExplanation="Hounsfield unit", MeasurementUnitsCodeSequence=[hu])
    mapping.add_new("RealWorldValueFirstValueMapped", "US", 0)
    mapping.add_new("RealWorldValueLastValueMapped", "US", 2**header.BitsStored - 1)
    mapping.RealWorldValueIntercept = float(header.RescaleIntercept)
    mapping.RealWorldValueSlope = float(header.RescaleSlope)
    header.RealWorldValueMappingSequence = [mapping]


def _item(**values: Any) -> Dataset:
    from pydicom import Dataset

    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset
