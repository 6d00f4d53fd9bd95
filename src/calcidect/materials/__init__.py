"""A ``Study`` becomes ``MaterialMaps``."""

from calcidect.materials._classify import Classification, classify
from calcidect.materials._concentrations import QUANTITIES, Concentrations
from calcidect.materials._decompose import count_clipped, decompose
from calcidect.materials._host import HostLine, fit_host_line
from calcidect.materials._noise import SoftTissue, measure_soft_tissue
from calcidect.materials._path import slice_paths_cm
from calcidect.materials._regions import CALIBRATION_SD_FRACTION, crystal_mass
from calcidect.materials._scatter import Scatter, scatter_of
from calcidect.materials._sensitivity import HA_G_PER_CM3, in_host, sensitivity, sensitivity_in_slice
from calcidect.materials._single import brightness_of_80_kv
from calcidect.materials._types import MaterialMaps, Metal, Sensitivity
from calcidect.materials._virtual import virtual_monoenergetic

__all__ = [
    "CALIBRATION_SD_FRACTION",
    "HA_G_PER_CM3",
    "QUANTITIES",
    "Classification",
    "Concentrations",
    "HostLine",
    "MaterialMaps",
    "Metal",
    "Scatter",
    "Sensitivity",
    "SoftTissue",
    "brightness_of_80_kv",
    "classify",
    "count_clipped",
    "crystal_mass",
    "decompose",
    "fit_host_line",
    "in_host",
    "measure_soft_tissue",
    "scatter_of",
    "sensitivity",
    "sensitivity_in_slice",
    "slice_paths_cm",
    "virtual_monoenergetic",
]
