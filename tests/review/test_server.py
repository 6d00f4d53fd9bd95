"""What the page asks and gets: reading, editing, two people at once, saving without the scan."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from calcidect.errors import InputRefusedError, UsageError
from calcidect.result import read_result
from calcidect.review import ReviewOptions
from calcidect.review._folders import folder_hash
from calcidect.review._serve import open_cases
from support.results import small_result, small_scene
from support.review import Server, stroke, write_small_result

EVENTS = "/api/results/r1/events"


@pytest.fixture
def folder(tmp_path):
    return write_small_result(tmp_path / "result")


@pytest.fixture
def browser(folder):
    return Server(folder, reader="R1").browser()


def image_of(answer):
    assert answer.status_code == 200, answer.text
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(answer.content))


def saved(browser, seconds=120):
    """Save, wait, and return what became of it."""
    assert browser.post("/api/results/r1/save", {}).status_code == 202
    for _ in range(10 * seconds):
        told = browser.get("/api/results/r1/save").json()
        if told["state"] != "running":
            return told
        time.sleep(0.1)
    raise AssertionError("It takes too long.")


class TestReading:
    def test_the_result_is_told_as_it_is(self, browser):
        told, source = browser.get("/api/results/r1").json(), small_result()
        assert [row["deposit_id"] for row in told["deposits"]] == [d.deposit_id for d in source.findings.deposits]
        assert told["deposits"][0]["ha_mass_mg"] == source.findings.deposits[0].ha_mass_mg
        assert {row["review"]["state"] for row in told["deposits"]} == {"unreviewed"}
        assert all(row["review"]["measured"] for row in told["deposits"])
        assert told["burden"]["all"]["number"] == source.findings.burden["all"].number
        assert (told["state"], told["seq"], told["has_scan"], told["reader"]) == ("new", 0, False, "R1")
        assert {volume["name"] for volume in told["volumes"]} == {"hydroxyapatite", "urate", "deposits", "bones"}
        assert "carpal_tunnel" in told["catalogue"]["compartments"]

    def test_a_full_volume_lies_where_the_hand_is(self, browser):
        source = small_result()
        hand = next(hand for hand in source.hands if hand.side == "left")
        image = image_of(browser.get("/api/results/r1/volumes/deposits?level=full&hand=left"))
        expected = source.deposit_map.cropped(hand.start, hand.size)
        assert np.array_equal(np.asarray(image.dataobj).T, expected.array)
        assert np.allclose(image.affine, expected.grid.affine_ras, atol=1e-3)

    def test_a_coarse_volume_keeps_every_deposit_and_its_place(self, browser):
        source = small_result().deposit_map
        image = image_of(browser.get("/api/results/r1/volumes/deposits"))
        array = np.asarray(image.dataobj)
        assert max(array.shape) <= 128
        assert set(np.unique(array)) == set(np.unique(source.array))
        for number in np.unique(source.array)[1:]:
            fine = source.grid.point_of(np.argwhere(source.array == number)[:, ::-1]).mean(0)
            coarse = nibabel.affines.apply_affine(image.affine, np.argwhere(array == number)).mean(0) * [-1, -1, 1]
            assert np.abs(fine - coarse).max() < 2.0

    def test_a_map_is_in_mg_per_cm3(self, browser):
        image = image_of(browser.get("/api/results/r1/volumes/hydroxyapatite?level=full&hand=right"))
        assert image.get_fdata().max() == pytest.approx(520, abs=0.1)

    def test_images_need_the_scan(self, browser):
        assert browser.get("/api/results/r1/volumes/low").json()["error"] == "no_scan"

    @pytest.mark.parametrize("view", ["axial", "coronal"])
    def test_a_thumbnail_shows_the_deposit_in_its_colour(self, browser, view):
        shown, plain = (
            browser.get(f"/api/results/r1/thumbnails/1.png?view={view}&overlay={overlay}") for overlay in "10"
        )
        assert shown.headers["content-type"] == "image/png"
        assert shown.content != plain.content

    def test_the_overview_and_the_report_are_those_of_the_result(self, browser):
        assert browser.get("/api/results/r1/overview.png").status_code == 200
        assert "<title>report</title>" in browser.get("/api/results/r1/report.html").text


class TestEditing:
    def test_a_relabelled_row_says_what_was_changed(self, browser):
        told = browser.do("relabel", 1, after={"compartment": "muscle", "digit": None}, why="seen in 3 planes").json()
        (row,) = told["state"]
        assert (row["compartment"], row["digit"], row["review"]["changed"]) == (
            "muscle",
            None,
            ["compartment", "digit"],
        )
        (event,) = browser.get(EVENTS).json()
        assert event["before"] == {"compartment": "fingertip_fat_pad", "digit": 2}
        assert (event["who"], event["why"], event["seq"]) == ("R1", "seen in 3 planes", 1)

    def test_another_material_has_no_mass_until_it_is_measured(self, browser):
        (row,) = browser.do("relabel", 1, after={"material": "urate"}).json()["state"]
        assert (row["material"], row["ha_mass_mg"], row["review"]["measured"]) == ("urate", None, False)
        assert row["volume_mm3"] == small_result().findings.deposits[0].volume_mm3

    def test_a_split_deposit_is_shown_at_once(self, browser):
        array = small_result().deposit_map.array
        centre = np.array([browser.row(3)[f"centroid_{axis}_mm"] for axis in "xyz"])
        seeds = [(centre + np.array([0, 0, z])).tolist() for z in (-5, 5)]
        told = browser.do("split", 3, after={"seeds": seeds}).json()
        assert [row["deposit_id"] for row in told["state"]] == [3, 8]
        assert [row["review"]["measured"] for row in told["state"]] == [False, False]
        assert sum(row["volume_mm3"] for row in told["state"]) == pytest.approx((array == 3).sum() * 0.8**3)
        image = image_of(browser.get("/api/results/r1/volumes/deposits?level=full&hand=right"))
        assert {3, 8} <= set(np.unique(np.asarray(image.dataobj)))
        assert browser.get("/api/results/r1/thumbnails/8.png").status_code == 200
        undone = browser.do("undo", 1).json()
        assert (undone["gone"], undone["state"][0]["ha_mass_mg"]) == (
            [8],
            small_result().findings.deposits[2].ha_mass_mg,
        )

    def test_paint_and_bone_are_shown_in_the_volumes(self, browser):
        source = small_result()
        chosen = source.bone_map.array == 5
        assert browser.do("paint", 1, voxels=stroke(chosen, chosen)).status_code == 200
        side = source.bone_labels[5].side
        bones = image_of(browser.get(f"/api/results/r1/volumes/bones?level=full&hand={side}"))
        assert 5 not in np.unique(np.asarray(bones.dataobj))

    def test_deposits_of_two_hands_are_not_merged(self, browser):
        assert browser.do("merge", [1, 5]).json()["error"] == "merge_of_hands"
        assert browser.do("merge", [1, 2]).json()["gone"] == [2]

    def test_the_same_request_is_done_once(self, browser):
        body = {"id": str(uuid.uuid4()), "base_seq": 0, "kind": "reject", "target": 1}
        assert [browser.post(EVENTS, body).json()["seq"] for _ in range(3)] == [1, 1, 1]
        assert len(browser.get(EVENTS).json()) == 1

    def test_the_state_of_the_review(self, browser):
        def told():
            return browser.get("/api/worklist").json()[0]["state"]

        assert told() == "new"
        browser.do("accept", 1)
        assert told() == "in_review"
        browser.post("/api/results/r1/state", {"state": "reviewed", "why": ""})
        assert told() == "reviewed"
        browser.do("undo", 2)
        assert told() == "in_review"

    def test_read_only_refuses_everything_that_writes(self, folder):
        before = folder_hash(folder.parent)
        browser = Server(folder, read_only=True).browser()
        assert browser.do("accept", 1).json()["error"] == "read_only"
        for place in ("state", "save"):
            assert browser.post(f"/api/results/r1/{place}", {"state": "reviewed"}).json()["error"] == "read_only"
        assert folder_hash(folder.parent) == before

    def test_what_was_done_is_there_after_a_restart(self, folder, browser):
        browser.do("reject", 2)
        again = Server(folder).browser()
        assert again.row(2)["review"]["state"] == "rejected"


class TestTwoPeople:
    def test_an_edit_of_what_another_changed_unseen_is_refused_with_what_was_done(self, folder):
        server = Server(folder)
        one, other = server.browser(), server.browser()
        one.do("reject", 1, base_seq=0)
        refused = other.do("accept", 1, base_seq=0)
        assert refused.status_code == 409
        assert [event["kind"] for event in refused.json()["events"]] == ["reject"]
        assert other.do("accept", 2, base_seq=0).status_code == 200
        assert other.do("accept", 1, base_seq=1).status_code == 200

    def test_two_servers_write_one_file(self, folder):
        one, other = Server(folder, reader="A").browser(), Server(folder, reader="B").browser()
        one.do("reject", 1, base_seq=0)
        assert other.do("accept", 1, base_seq=0).status_code == 409
        assert other.do("accept", 2, base_seq=0).json()["seq"] == 2
        assert [event["who"] for event in one.get(EVENTS).json()] == ["A", "B"]
        assert one.row(2)["review"]["state"] == "accepted"

    def test_paint_that_takes_from_a_changed_deposit_is_refused(self, folder):
        server, labels = Server(folder), small_result().deposit_map.array
        one, other = server.browser(), server.browser()
        one.do("relabel", 2, after={"pattern": "sheet"}, base_seq=0)
        assert other.do("paint", 1, voxels=stroke(labels, labels == 2), base_seq=0).status_code == 409

    def test_what_a_browser_did_itself_is_not_in_its_way(self, browser):
        for kind in ("reject", "accept", "unreview"):
            assert browser.do(kind, 1, base_seq=0).status_code == 200

    def test_the_second_reader_does_not_see_the_first(self, folder):
        first, second = Server(folder, reader="A").browser(), Server(folder, reader="B", blinded=True).browser()
        first.do("reject", 1)
        assert second.get(EVENTS).json() == []
        assert second.row(1)["review"]["state"] == "unreviewed"
        second.do("accept", 1)
        assert [event["who"] for event in first.get(EVENTS).json()] == ["A"]


class TestSaving:
    def test_rows_are_dropped_and_relabelled_and_sums_made_anew(self, folder, browser):
        before, source = folder_hash(folder), small_result()
        browser.do("reject", 1, why="a vessel")
        browser.do("relabel", 1, after={"artefact": "vascular"})
        browser.do("relabel", 3, after={"compartment": "muscle"})
        browser.do("accept", 3)
        assert saved(browser)["version"] == "001"
        assert folder_hash(folder) == before
        version = read_result(folder.with_name("result.review") / "versions" / "001")
        kept = source.findings.deposits[1:]
        assert [d.deposit_id for d in version.findings.deposits] == [d.deposit_id for d in kept]
        assert version.findings.deposits[1].compartment == "muscle"
        assert version.findings.burden["all"].number == len(kept)
        assert version.findings.burden["all"].volume_mm3 == pytest.approx(sum(d.volume_mm3 for d in kept))
        assert all(site.deposit_id != 1 for site in version.findings.bone_destruction)
        assert version.findings.artefacts[-1].kind == "vascular"
        review = version.provenance.review
        assert (review.readers, review.events, review.rejected, review.with_scan) == (("R1",), 4, (1,), False)
        assert review.source_hash == before
        told = browser.get("/api/results/r1").json()
        assert told["versions"] == ["001"]
        assert told["burden"]["all"]["number"] == len(kept)
        assert "R1: 4 edits" in browser.get("/api/results/r1/report.html?version=001").text

    def test_older_versions_stay(self, folder, browser):
        saved(browser)
        first = folder_hash(folder.with_name("result.review") / "versions" / "001")
        browser.do("reject", 2)
        assert saved(browser)["version"] == "002"
        assert folder_hash(folder.with_name("result.review") / "versions" / "001") == first

    def test_without_the_scan_other_voxels_are_refused_with_the_reason(self, folder, browser):
        browser.do("merge", [1, 2])
        told = saved(browser)
        assert told["state"] == "failed"
        assert "Deposits 1 have other voxels" in told["message"]
        assert not (folder.with_name("result.review") / "versions").exists()

    def test_a_changed_material_leaves_no_mass_and_a_warning(self, folder, browser):
        browser.do("relabel", 3, after={"material": "urate"})
        saved(browser)
        version = read_result(folder.with_name("result.review") / "versions" / "001")
        assert version.findings.deposits[2].ha_mass_mg is None
        assert "material_without_scan" in [notice.code for notice in version.warnings]


class TestOpening:
    def test_a_folder_that_is_no_result_is_refused(self, tmp_path):
        with pytest.raises(InputRefusedError, match="not a whole result"):
            open_cases([tmp_path], ReviewOptions())

    @pytest.mark.parametrize("name", ["", "   ", "x" * 65, "two\nlines"])
    def test_a_reader_needs_a_name(self, folder, name):
        with pytest.raises(InputRefusedError, match="name of the reader"):
            open_cases([folder], ReviewOptions(reader=name))

    def test_a_scan_belongs_to_one_result(self, folder, tmp_path):
        other = write_small_result(tmp_path / "other")
        with pytest.raises(UsageError, match="several results"):
            open_cases([folder, other], ReviewOptions(scan=tmp_path))

    def test_events_of_another_result_are_refused(self, folder, browser, tmp_path):
        browser.do("accept", 7)
        scene = small_scene()
        few = scene.findings.deposits[:1]
        labels = scene.findings.deposit_labels
        one = replace(
            scene,
            findings=replace(
                scene.findings, deposits=few, bone_destruction=(),
                deposit_labels=labels.like(np.where(labels.array == 1, labels.array, 0)),
            ),
        )  # fmt: skip
        other = write_small_result(tmp_path / "elsewhere" / "result", one.result())
        folder.with_name("result.review").rename(other.with_name("result.review"))
        answer = Server(other).browser().get("/api/results/r1")
        assert answer.status_code == 422
        assert answer.json()["error"] == "events_of_another_result"

    def test_nothing_of_the_folder_is_in_what_is_told(self, folder, browser):
        told = json.dumps([browser.get(path).json() for path in ("/api/worklist", "/api/results/r1", EVENTS)])
        assert str(folder.parent) not in told
