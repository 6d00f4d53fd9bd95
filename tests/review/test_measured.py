"""Saving with the scan: what readers changed is measured anew, what they did not keeps its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.findings import measure
from calcidect.result import Provenance, assemble, read_result
from calcidect.review import _scan
from calcidect.review._folders import folder_hash
from calcidect.review._scan import Scan, ScanReading, read_scan, settings_of
from calcidect.settings import Settings
from review.test_server import saved
from support.results import BLOBS, hand_grid, make_scene, small_scene
from support.review import Server, stroke, write_small_result

SETTINGS = Settings()
IN_AIR_HU = -500
FEW = tuple(BLOBS[n] for n in (0, 2, 4))
"""One at a fingertip and one in the carpal tunnel of the right hand, one along a tendon of the left."""


@pytest.fixture(scope="module")
def measured():
    """Return the made-up scene with findings that were measured in it, and its result."""
    scene = make_scene(hand_grid(1.2), blobs=FEW)
    low = scene.study.low
    inside = [low.cropped(hand.start, hand.size).array > IN_AIR_HU for hand in scene.anatomy.hands]
    hands = tuple(replace(hand, body=body) for hand, body in zip(scene.anatomy.hands, inside, strict=True))
    scene = replace(scene, anatomy=replace(scene.anatomy, hands=hands))
    findings = measure(scene.maps, scene.anatomy, SETTINGS)
    provenance = replace(scene.provenance, settings=tuple(SETTINGS.described()))
    return scene, assemble(scene.study, scene.maps, scene.anatomy, findings, provenance)


@pytest.fixture
def server(measured, tmp_path, monkeypatch):
    scene, result = measured
    scan = Scan(scene.study, scene.maps, scene.anatomy, SETTINGS)
    monkeypatch.setattr(_scan, "read_scan", lambda *_: scan)
    server = Server(write_small_result(tmp_path / "result", result), scan=tmp_path / "scan")
    reading: ScanReading = server.cases["r1"].scan
    reading.read(lambda: result.provenance)
    assert reading.state == "ready"
    return server


def version_of(server):
    return read_result(server.cases["r1"].versions / "001")


def test_a_version_without_edits_is_the_result(server, measured):
    assert saved(server.browser())["state"] == "done"
    version, (_, result) = version_of(server), measured
    for name in ("deposits", "bones", "acro_osteolysis", "bone_destruction", "burden"):
        assert getattr(version.findings, name) == getattr(result.findings, name), name
    assert np.array_equal(version.deposit_map.array, result.deposit_map.array)
    assert version.provenance.review.with_scan


def test_a_split_is_measured_and_the_rest_keeps_its_numbers(server, measured):
    browser, (_, result) = server.browser(), measured
    before = folder_hash(server.cases["r1"].folder)
    largest = result.findings.deposits[0]
    at = result.deposit_map.grid.point_of(np.argwhere(result.deposit_map.array == 1)[:, ::-1])
    seeds = [at[at[:, 2].argmin()].tolist(), at[at[:, 2].argmax()].tolist()]
    (_, part) = browser.do("split", 1, after={"seeds": seeds}).json()["state"]
    browser.do("reject", 2)
    assert saved(browser)["state"] == "done"
    version = version_of(server)
    rows = {deposit.deposit_id: deposit for deposit in version.findings.deposits}
    parts = [rows[1], rows[part["deposit_id"]]]
    assert sum(one.ha_mass_mg for one in parts) == pytest.approx(largest.ha_mass_mg, rel=0.1)
    assert 2 not in rows
    far = [d for d in result.findings.deposits[2:] if d.side != largest.side]
    assert far
    assert all(rows[one.deposit_id] == one for one in far)
    shown = browser.row(part["deposit_id"])
    assert (shown["review"]["measured"], shown["ha_mass_mg"]) == (True, parts[1].ha_mass_mg)
    browser.do("undo", 1)
    assert browser.row(1)["ha_mass_mg"] == largest.ha_mass_mg
    assert folder_hash(server.cases["r1"].folder) == before


def test_a_told_material_is_measured_and_taken_back_by_undo(server, measured):
    browser, source = server.browser(), measured[1].findings.deposits[0]
    browser.do("relabel", 1, after={"material": "urate", "pattern": "sheet"})
    saved(browser)
    told = version_of(server).findings.deposits[0]
    assert (told.material, told.pattern, told.ha_mass_mg) == ("urate", "sheet", 0.0)
    assert told.urate_mass_mg > source.ha_mass_mg  # urate adds fewer HU for its mass
    assert browser.row(1)["urate_mass_mg"] == told.urate_mass_mg
    browser.do("undo", 1)
    row = browser.row(1)
    assert (row["material"], row["pattern"], row["ha_mass_mg"]) == (source.material, source.pattern, source.ha_mass_mg)


def test_bone_that_is_painted_is_measured(server, measured):
    browser, result = server.browser(), measured[1]
    chosen = result.bone_map.array == 3
    browser.do("bone_paint", 0, voxels=stroke(chosen, chosen))
    saved(browser)
    version = version_of(server)
    assert 3 not in {bone.label for bone in version.findings.bones}
    assert not (version.bone_map.array == 3).any()


@pytest.mark.parametrize("leave", ["erase", "reject"])
def test_paint_over_bone_that_is_taken_back_leaves_every_number(server, measured, leave):
    browser, (_, result) = server.browser(), measured
    chosen = result.bone_map.array == 3
    (made,) = browser.do("paint", "new", voxels=stroke(chosen, chosen)).json()["state"]
    browser.do(leave, made["deposit_id"], **({"voxels": stroke(chosen, chosen)} if leave == "erase" else {}))
    assert saved(browser)["state"] == "done"
    version = version_of(server)
    for name in ("deposits", "bones", "acro_osteolysis", "bone_destruction", "burden"):
        assert getattr(version.findings, name) == getattr(result.findings, name), name
    assert np.array_equal(version.bone_map.array, result.bone_map.array)
    assert np.array_equal(version.deposit_map.array, result.deposit_map.array)


def test_what_does_not_stand_out_is_no_deposit(server, measured):
    browser, result = server.browser(), measured[1]
    soft = np.zeros(result.bone_map.array.shape, bool)
    hand = result.hands[0]
    soft[tuple(slice(s + 2, s + 5) for s in hand.start[::-1])] = True
    browser.do("paint", "new", voxels=stroke(soft, soft))
    told = saved(browser)
    assert told["state"] == "failed"
    assert "can't be measured" in told["message"]
    assert not server.cases["r1"].versions.exists()


def test_images_and_thumbnails_come_from_the_scan(server):
    browser = server.browser()
    told = browser.get("/api/results/r1").json()
    assert (told["scan_state"], told["progress"]) == ("ready", 1.0)
    assert {"low", "high"} <= {volume["name"] for volume in told["volumes"]}
    assert browser.get("/api/results/r1/volumes/low?level=full&hand=left").status_code == 200
    assert browser.get("/api/results/r1/thumbnails/1.png").status_code == 200


class TestReadScan:
    def refused(self, provenance, settings=None):
        with pytest.raises(InputRefusedError) as told:
            read_scan("nowhere", provenance, settings)
        return told.value.code

    @pytest.fixture
    def provenance(self):
        return Provenance(tuple(SETTINGS.described()), "a7" * 32, "", network=_scan.network_sha256())

    def test_another_scan_is_refused(self, provenance, monkeypatch):
        monkeypatch.setattr(_scan, "read_study", lambda *_: small_scene().study)
        assert self.refused(replace(provenance, input_hash="b8" * 32)) == "scan_of_another_result"

    def test_another_version_or_other_settings_are_refused(self, provenance):
        assert self.refused(replace(provenance, program_version="0.0.1")) == "result_of_another_version"
        assert self.refused(replace(provenance, network="00")) == "result_of_another_version"
        other = Settings.model_validate({"findings": {"join_gap_mm": 1.0}})
        assert self.refused(provenance, other) == "other_settings"

    def test_settings_come_back_from_a_result(self):
        other = Settings.model_validate({"findings": {"join_gap_mm": 1.0}, "study": {"single_energy": "accept"}})
        assert settings_of(other.described()) == other

    def test_settings_with_a_file_must_be_given(self, provenance):
        other = Settings.model_validate({"materials": {"calibration_file": "scanner.json"}})
        assert self.refused(replace(provenance, settings=tuple(other.described()))) == "settings_needed"
