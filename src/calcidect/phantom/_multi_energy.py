"""The multi-energy attributes of DICOM, as a photon-counting scanner writes them (Supplement 188, PS3.3 C.8.2.2).

One tube whose photons are counted in two bins: two paths from one source. Every number here is invented and plausible;
a reader needs only the energy of the virtual monoenergetic image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calcidect.study import Energy

if TYPE_CHECKING:
    from pydicom import Dataset

_SOURCE = {"XRaySourceIndex": 1, "XRaySourceID": "A", "MultienergySourceTechnique": "CONSTANT_SOURCE"}
_BINS_KEV = ((1, 20.0, 65.0), (2, 65.0, 120.0))
_EXPOSURE = {
    "ReferencedXRaySourceIndex": 1,
    "ExposureTimeInms": 500.0,
    "XRayTubeCurrentInmA": 100.0,
    "ExposureInmAs": 50.0,
    "ExposureModulationType": "NONE",
}
_X_RAY_DETAILS = {
    "KVP": 120,
    "FocalSpots": [0.8],
    "FilterType": "FLAT",
    "FilterMaterial": "ALUMINUM",
}
_DETAILS = {
    "ReferencedPathIndex": 1,
    "SingleCollimationWidth": 0.4,
    "TotalCollimationWidth": 57.6,
    "TableHeight": 120,
    "GantryDetectorTilt": 0,
    "DataCollectionDiameter": 500,
}
_GEOMETRY = {
    "ReferencedPathIndex": 1,
    "DistanceSourceToDetector": 1113,
    "DistanceSourceToDataCollectionCenter": 610.0,
}


def describe_multi_energy(header: Dataset, energy: Energy) -> None:
    """Add the Multi-energy CT Image module of a virtual monoenergetic image to a header, in place."""
    started = header.AcquisitionDate + header.AcquisitionTime
    detectors = [
        _item(
            XRayDetectorIndex=index,
            XRayDetectorID=f"BIN{index}",
            MultienergyDetectorType="PHOTON_COUNTING",
            NominalMinEnergy=lowest,
            NominalMaxEnergy=highest,
        )
        for index, lowest, highest in _BINS_KEV
    ]
    paths = [
        _item(MultienergyCTPathIndex=index, ReferencedXRaySourceIndex=1, ReferencedXRayDetectorIndex=index)
        for index, _, _ in _BINS_KEV
    ]
    acquisition = _item(
        MultienergyCTXRaySourceSequence=[_item(SourceStartDateTime=started, SourceEndDateTime=started, **_SOURCE)],
        MultienergyCTXRayDetectorSequence=detectors,
        MultienergyCTPathSequence=paths,
        CTExposureSequence=[_item(**_EXPOSURE)],
        CTXRayDetailsSequence=[_item(**_X_RAY_DETAILS)],
        CTAcquisitionDetailsSequence=[_item(**_DETAILS)],
        CTGeometrySequence=[_item(**_GEOMETRY)],
    )
    header.MultienergyCTAcquisition = "YES"
    header.KVP = None  # each source carries its own
    header.MultienergyCTAcquisitionSequence = [acquisition]
    header.MultienergyCTCharacteristicsSequence = [_item(MonoenergeticEnergyEquivalent=energy.value)]


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
