"""The parts of a result folder, each read alone."""

import json

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.result import CONCENTRATION_STEP_MG_PER_CM3, ResultParts, read_result
from support.results import small_result


@pytest.fixture
def folder(tmp_path):
    return small_result().save(tmp_path / "out")


def test_parts_are_those_of_the_whole(folder):
    parts, whole = ResultParts(folder), read_result(folder)
    assert parts.grid.is_same_as(whole.bone_map.grid)
    assert (parts.study, parts.hands, parts.bone_labels()) == (whole.study, whole.hands, whole.bone_labels)
    assert parts.provenance() == whole.provenance
    assert np.array_equal(parts.bone_map().array, whole.bone_map.array)
    assert np.array_equal(parts.deposit_map().array, whole.deposit_map.array)
    for crystal in ("hydroxyapatite", "urate"):
        steps = parts.concentration_steps(crystal).array.astype(np.float32)
        assert np.array_equal(
            steps * np.float32(CONCENTRATION_STEP_MG_PER_CM3), whole.concentrations.volume(crystal).array
        )


def test_a_part_needs_no_other(folder):
    for name in ("bones.nii.gz", "provenance.json", "materials/urate.nii.gz"):
        (folder / name).unlink()
    parts = ResultParts(folder)
    assert len(np.unique(parts.deposit_map().array)) == 1 + len(parts.document["deposits"])
    for ask in (parts.bone_map, parts.provenance, lambda: parts.concentration_steps("urate")):
        with pytest.raises(InputRefusedError, match="not a whole result"):
            ask()


def test_volumes_that_do_not_belong_to_the_tables_are_refused(folder):
    findings, labels = (json.loads((folder / name).read_text()) for name in ("findings.json", "labels.json"))
    findings["deposits"].pop()
    labels["bones"].popitem()
    for name, document in (("findings.json", findings), ("labels.json", labels)):
        (folder / name).write_text(json.dumps(document))
    parts = ResultParts(folder)
    for ask in (parts.deposit_map, parts.bone_map):
        with pytest.raises(InputRefusedError, match="not a whole result"):
            ask()
