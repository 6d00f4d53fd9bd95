"""A ``Study`` becomes ``MaterialMaps``."""

from calcidect.materials._classify import Classification, classify
from calcidect.materials._concentrations import QUANTITIES, Concentrations
from calcidect.materials._decompose import count_clipped, decompose
from calcidect.materials._host import HostLine, fit_host_line
from calcidect.materials._noise import SoftTissue, measure_soft_tissue
from calcidect.materials._path import path_at_cm, slice_paths_cm, water_path
from calcidect.materials._regions import crystal_mass
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
    "QUANTITIES",
    "URATE",
    "Classification",
    "Concentrations",
    "HostLine",
    "MaterialMaps",
    "Metal",
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
    "path_at_cm",
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
]
