"""Where points of a digital hand lie by the contract; what the analysis says of the same hand is other code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.anatomy import COMPARTMENTS, Side
from calcidect.geometry import FloatArray
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._person import draw_person
from calcidect.phantom._places import Places, most_of, places_of
from calcidect.phantom._pose import pose_hand
from calcidect.phantom._skeleton import load_skeleton
from calcidect.phantom._soft_tissue import _beyond_insertion, smooth_path, tendon_paths

FAR_MM = 20.0


@pytest.fixture(scope="module", params=["left", "right"])
def places(request: pytest.FixtureRequest) -> Places:
    side: Side = request.param
    person = draw_person(12)
    posed = pose_hand(load_skeleton(), person.hands[side], side)
    paths = {name: smooth_path(points, 1.0) for name, points in posed.tendons_mm.items()}
    ended = {name: path[~_beyond_insertion(path, posed)] for name, path in paths.items()}
    return places_of(replace(posed, tendons_mm=ended), person.hands[side].size)


def named(places: Places, point: FloatArray, bone_mm: float = 5.0, muscle_mm: float = FAR_MM) -> tuple[str, str]:
    (one,) = places.compartments(point[None], np.array([bone_mm]), np.array([muscle_mm]))
    return COMPARTMENTS[one], places.place(point).level


@pytest.mark.parametrize("digit", [1, 2, 3, 4, 5])
def test_before_and_beside_a_fingertip_is_the_pad_and_behind_it_is_not(places: Places, digit: int) -> None:
    bone = places.posed.bones[f"distal_phalanx_{digit}"]
    along, palmar, radial = ray_axes(places.posed, bone)
    tip = 0.3 * bone.axis[0] + 0.7 * bone.axis[1]
    assert named(places, tip + 6 * palmar) == ("fingertip_fat_pad", "distal_phalanx")
    assert named(places, tip + 5 * radial)[0] == named(places, tip - 5 * radial)[0] == "fingertip_fat_pad"
    assert named(places, tip - 6 * palmar)[0] == "subcutaneous"
    assert named(places, tip - palmar)[0] == "fingertip_fat_pad"  # in a lost tuft's place
    assert places.place(tip + 3 * along).ray == digit


@pytest.mark.parametrize("name", ["FDP2", "FDS4", "EDC3", "EPL"])
def test_a_tendon_is_in_its_sheath_to_1_5_mm(places: Places, name: str) -> None:
    path, radius_mm = tendon_paths(places.posed, 1.0)[name]
    ray = {"FDP2": 2, "FDS4": 4, "EDC3": 3, "EPL": 1}[name]
    bone = places.posed.bones[f"proximal_phalanx_{ray}"]
    _, palmar, _ = ray_axes(places.posed, bone)
    point = path[np.linalg.norm(path - bone.vertices_mm.mean(0), axis=1).argmin()]
    kind = "flexor" if name.startswith("F") else "extensor"
    outward = palmar if kind == "flexor" else -palmar
    assert named(places, point)[0] == f"{kind}_tendon_sheath"
    assert named(places, point + (radius_mm + 4) * outward)[0] != f"{kind}_tendon_sheath"


def test_muscle_counts_to_a_millimetre_beside_it_but_not_in_the_forearm(places: Places) -> None:
    bone = places.posed.bones["metacarpal_5"]
    _, _, radial = ray_axes(places.posed, bone)
    beside = bone.vertices_mm.mean(0) - 14 * radial
    assert named(places, beside, muscle_mm=0.8) == ("muscle", "metacarpal")
    assert named(places, beside, muscle_mm=1.2)[0] == "subcutaneous"
    forearm = places.posed.radiocarpal_mm - 25 * places.posed.distal
    assert named(places, forearm, muscle_mm=0.8) == ("forearm", "forearm")
    assert named(places, forearm, muscle_mm=0.0) == ("muscle", "forearm")


def test_a_deposit_is_asked_as_a_whole_where_the_contract_does(places: Places) -> None:
    middle, along = places.lines[3][2]
    _, _, radial = ray_axes(places.posed, places.posed.bones["middle_phalanx_3"])
    points = middle + 9 * radial + np.array([-8.0, 0.0, 8.0])[:, None] * along
    bone_mm, muscle_mm = np.array([3.0, 1.5, 3.0]), np.full(3, FAR_MM)
    alone = places.compartments(points, bone_mm, muscle_mm)
    whole = places.compartments(points, bone_mm, muscle_mm, points.mean(0))
    assert most_of(alone, np.ones(3)) == "subcutaneous"
    assert most_of(whole, np.ones(3)) == "periarticular"
    assert places.place(points[0]).level == "proximal_phalanx"
    assert places.place(points[2]).level == "middle_phalanx"


def test_muscle_carpus_and_forearm_have_no_digit(places: Places) -> None:
    at_metacarpal = places.place(places.posed.bones["metacarpal_5"].vertices_mm.mean(0))
    assert places.digit(at_metacarpal, "subcutaneous") == 5
    assert places.digit(at_metacarpal, "muscle") is None
    at_carpus = places.place(places.posed.bones["capitate"].vertices_mm.mean(0))
    assert (at_carpus.level, places.digit(at_carpus, "flexor_tendon_sheath")) == ("carpus", None)
