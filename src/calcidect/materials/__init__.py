"""A ``Study`` becomes ``MaterialMaps``."""

from calcidect.materials._calibrate import PhantomMeasured, calibrate
from calcidect.materials._calibration import (
    MODEL,
    MODEL_SD_FRACTION,
    Calibration,
    MeasuredInsert,
    confirm_pair,
    for_site,
)
from calcidect.materials._calibration_text import Insert, Inserts, calibration_of, calibration_text, inserts_of
from calcidect.materials._classify import Classification, classify
from calcidect.materials._concentrations import QUANTITIES, Concentrations
from calcidect.materials._decompose import count_clipped, decompose
from calcidect.materials._host import HostLine, fit_host_line
from calcidect.materials._metal import LEAST_METAL_VOXELS, denser_than_apatite_hu
from calcidect.materials._model_of import model_of
from calcidect.materials._noise import SoftTissue, measure_soft_tissue
from calcidect.materials._noise_covariance import NoiseCovariance
from calcidect.materials._path import path_at_cm, slice_paths_cm, water_path
from calcidect.materials._phantom_body import without_phantom
from calcidect.materials._ray import SIGNAL_SD_FRACTION, distance_sd
from calcidect.materials._regions import crystal_mass
from calcidect.materials._scatter import Scatter, scatter_of
from calcidect.materials._sensitivity import in_host, sensitivity, sensitivity_at
from calcidect.materials._single import brightness_of_80_kv
from calcidect.materials._types import MaterialMaps, Metal, Sensitivity
from calcidect.materials._vendor_rule import (
    CALCIUM,
    URATE,
    vendor_material,
    vendor_painted_in,
    vendor_planes,
    vendor_urate_fraction,
)
from calcidect.materials._virtual import virtual_images, virtual_monoenergetic, virtual_non_calcium

__all__ = [
    "CALCIUM",
    "LEAST_METAL_VOXELS",
    "MODEL",
    "MODEL_SD_FRACTION",
    "QUANTITIES",
    "SIGNAL_SD_FRACTION",
    "URATE",
    "Calibration",
    "Classification",
    "Concentrations",
    "HostLine",
    "Insert",
    "Inserts",
    "MaterialMaps",
    "MeasuredInsert",
    "Metal",
    "NoiseCovariance",
    "PhantomMeasured",
    "Scatter",
    "Sensitivity",
    "SoftTissue",
    "brightness_of_80_kv",
    "calibrate",
    "calibration_of",
    "calibration_text",
    "classify",
    "confirm_pair",
    "count_clipped",
    "crystal_mass",
    "decompose",
    "denser_than_apatite_hu",
    "distance_sd",
    "fit_host_line",
    "for_site",
    "in_host",
    "inserts_of",
    "measure_soft_tissue",
    "model_of",
    "path_at_cm",
    "scatter_of",
    "sensitivity",
    "sensitivity_at",
    "slice_paths_cm",
    "vendor_material",
    "vendor_painted_in",
    "vendor_planes",
    "vendor_urate_fraction",
    "virtual_images",
    "virtual_monoenergetic",
    "virtual_non_calcium",
    "water_path",
    "without_phantom",
]
