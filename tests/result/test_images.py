"""Virtual images and the vendor-like map, written slice by slice on the scan's grid."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from calcidect.geometry import Grid
from calcidect.materials import vendor_planes, virtual_monoenergetic
from calcidect.result import write_images
from calcidect.result._nifti import write_slices
from calcidect.settings import MaterialsSettings, VendorRuleSettings
from calcidect.study import Energy
from support.results import small_scene

STUDY = small_scene().study
PATHS_CM = (3.0,) * STUDY.low.grid.size[2]
ALL = MaterialsSettings(monoenergetic_kev=(70,), virtual_non_calcium=True, vendor_rule=VendorRuleSettings(write=True))


def test_nothing_is_written_unless_asked_for(tmp_path):
    write_images(STUDY, PATHS_CM, MaterialsSettings(), tmp_path)
    assert list((tmp_path / "materials").iterdir()) == []


def test_what_is_asked_for_lies_on_the_grid_of_the_scan(tmp_path):
    write_images(STUDY, PATHS_CM, ALL, tmp_path)
    images = {path.name: nibabel.load(path) for path in (tmp_path / "materials").iterdir()}
    assert set(images) == {"monoenergetic_70_kev.nii.gz", "virtual_non_calcium.nii.gz", "vendor_rule.nii.gz"}
    for image in images.values():
        assert image.shape == STUDY.low.grid.size
        assert np.allclose(image.affine, STUDY.low.grid.affine_ras, atol=1e-4)
    expected = virtual_monoenergetic(STUDY.low.array, STUDY.high.array, STUDY.pair, 70, 3.0)
    at_70_kev = images["monoenergetic_70_kev.nii.gz"]
    assert at_70_kev.get_data_dtype() == np.int16
    assert np.array_equal(np.asarray(at_70_kev.dataobj).T, np.rint(expected))
    painted = images["vendor_rule.nii.gz"]
    assert painted.get_data_dtype() == np.uint8
    assert np.array_equal(
        np.asarray(painted.dataobj).T, np.stack(list(vendor_planes(STUDY.low, STUDY.high, ALL.vendor_rule)))
    )
    assert len(np.unique(painted.dataobj)) > 1


def test_of_one_energy_nothing_is_written(tmp_path):
    alone = replace(
        STUDY, high=None, pair=None, single_energy=Energy("kv", 120), maximum_hu=STUDY.maximum_hu[:1], motion=()
    )
    write_images(alone, (), ALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("slices", "kind"), [(1, np.int16), (3, np.int16), (2, np.uint8)])
def test_slices_that_do_not_fill_the_grid_are_caught(tmp_path, slices, kind):
    grid = Grid((4, 3, 2), (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="slice"):
        write_slices(tmp_path / "x.nii.gz", [np.zeros((3, 4), kind)] * slices, grid, np.int16)
