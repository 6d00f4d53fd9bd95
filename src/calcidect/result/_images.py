"""Images that the settings ask for beside the material maps, written slice by slice: none is held whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calcidect.materials import vendor_planes, virtual_images
from calcidect.result._nifti import write_slices
from calcidect.settings import MaterialsSettings
from calcidect.study import Study


def write_images(study: Study, slice_path_cm: Sequence[float], settings: MaterialsSettings, folder: Path) -> None:
    """Write the virtual images and the vendor-like map that the settings ask for into ``materials/``.

    Parameters
    ----------
    study : Study
        Both images; of a single-energy scan nothing is written.
    slice_path_cm : sequence of float
        Water-equivalent path in each slice.
    settings : MaterialsSettings
        Which images: ``monoenergetic_kev``, ``virtual_non_calcium``, ``vendor_rule.write``.
    folder : Path
        The result folder in the making.
    """
    if study.high is None or study.pair is None:
        return
    place = folder / "materials"
    place.mkdir(exist_ok=True)
    images = virtual_images(study.low, study.high, study.pair, slice_path_cm, settings)
    for name, slices in images.items():
        write_slices(place / f"{name}.nii.gz", slices, study.low.grid, np.int16)
    if settings.vendor_rule.write:
        painted = vendor_planes(study.low, study.high, settings.vendor_rule)
        write_slices(place / "vendor_rule.nii.gz", painted, study.low.grid, np.uint8)
