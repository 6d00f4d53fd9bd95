"""Deposits in contact with bone, on painted phalanges: the model's own bones, a shell around marrow, blurred."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.anatomy import BONES
from calcidect.anatomy._against_bone import deposits_against_bone
from calcidect.anatomy._bone_density import denser_than_usual
from calcidect.anatomy._bones import Piece, fill_holes
from calcidect.anatomy._bones_by_place import bones_by_place
from calcidect.anatomy._contested import Evidence
from calcidect.anatomy._deposit_places import Weighed, weigh_mineral
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import (
    HandModel,
    load_hand_model,
    number_of_parameters,
    pose,
    posed_points,
    share_along,
)
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._name_bones import distances, placed
from calcidect.anatomy._refine_surface import refined
from calcidect.geometry import FloatArray, Grid

HU_PER_MG = 2.2
SOFT_HU, CORTEX_HU, MARROW_HU = 50.0, 2300.0, 350.0
SPACING_MM = 0.5
FINGER = BONES.index("middle_phalanx_3")


@dataclass(frozen=True)
class Painted:
    """A finger's scan: smoothed and sharp HU, what is truly bone, and the fitted model."""

    low_hu: NDArray[np.float32]
    bone: NDArray[np.bool_]
    best: FoundPose
    model: HandModel
    points_mm: FloatArray

    @property
    def image(self) -> MineralImage:
        smooth = gaussian_filter(self.low_hu, 0.5 / SPACING_MM)
        ha = (smooth - SOFT_HU) / HU_PER_MG
        return MineralImage(self.low_hu, smooth, ha, ha > 60, np.full(ha.shape, 5.0, np.float32))

    def deposits(self) -> NDArray[np.bool_]:
        """Return what is found against bone."""
        model = refined(self.model, self.best.found, self.best.space, self.low_hu, self.image.smooth_low_hu, HU_PER_MG)
        filled = fill_holes(self.bone | (self.low_hu > 900))
        where = placed(self.image.mask | filled, self.best, model)
        evidence = Evidence(self.image, np.zeros(filled.shape, np.uint8), is_calcified=True)
        return deposits_against_bone(filled, where, evidence, self.best, model)

    def weighed(self, *, in_calcified_hand: bool = True) -> Weighed:
        """Return what all signs together tell; the network reads the bones right."""
        model = refined(self.model, self.best.found, self.best.space, self.low_hu, self.image.smooth_low_hu, HU_PER_MG)
        filled = fill_holes(self.bone | (self.low_hu > 900))
        nearest = distances(self.model, self.best.found, self.points_mm).argmin(0).reshape(filled.shape)
        read = np.where(self.bone, nearest + 1, 0).astype(np.uint8)
        evidence = Evidence(self.image, read, in_calcified_hand)
        return weigh_mineral(self.image.mask | filled, filled, evidence, self.best, model)

    def with_ball(self, offset_mm: float, radius_mm: float, mg_per_cm3: float) -> tuple[Painted, NDArray[np.bool_]]:
        """Return the same with a ball beside the middle of the finger's bone, and where that is."""
        points, normals = posed_points(self.model, self.best.found.posed)
        own = np.nonzero(self.model.bone_of_point == FINGER)[0]
        middle = own[np.linalg.norm(points[own] - points[own].mean(0), axis=1).argmin()]
        centre = points[middle] + offset_mm * normals[middle]
        ball = (np.linalg.norm(self.points_mm - centre, axis=1) < radius_mm).reshape(self.bone.shape) & ~self.bone
        scene = _scene(self.bone, self.model, self.best, self.points_mm)
        scene = np.where(ball, SOFT_HU + HU_PER_MG * mg_per_cm3, scene)
        return replace(self, low_hu=_blurred(scene)), ball


def _scene(bone: NDArray[np.bool_], model: HandModel, best: FoundPose, points: FloatArray) -> FloatArray:
    away = distances(model, best.found, points).min(0).reshape(bone.shape)
    return np.where(away > 0, SOFT_HU, np.where(away > -1.0, CORTEX_HU, MARROW_HU))


def _blurred(scene: FloatArray) -> NDArray[np.float32]:
    return gaussian_filter(scene, 0.4 / SPACING_MM).astype(np.float32)


@pytest.fixture(scope="module")
def finger() -> Painted:
    model = load_hand_model()
    posed = pose(model, np.zeros(number_of_parameters(model)))
    points, _ = posed_points(model, posed)
    own = points[model.bone_of_point == FINGER]
    margin = np.array([6.0, 3.0, 6.0])
    low, high = own.min(0) - margin, own.max(0) + margin
    size = np.ceil((high - low) / SPACING_MM).astype(int)
    grid = Grid((int(size[0]), int(size[1]), int(size[2])), (SPACING_MM,) * 3, tuple(low))
    space = HandSpace(grid, np.eye(3))
    bones = len(model.bones)
    found = Fit(np.zeros(1), posed, 0.0, np.ones(bones), np.ones(bones), 1.0)
    best = FoundPose(found, space, (1.0, 1.0, 1.0), 1.0, 1.0, 0.0)
    places = space.point_of(np.indices(grid.shape).reshape(3, -1).T)
    bone = (distances(model, found, places).min(0) < 0).reshape(grid.shape)
    return Painted(_blurred(_scene(bone, model, best, places)), bone, best, model, places)


def test_a_bone_alone_has_no_deposit(finger: Painted) -> None:
    assert not finger.deposits().any()


def test_the_refined_surface_follows_a_bone_that_is_thicker_than_the_model(finger: Painted) -> None:
    thicker = (distances(finger.model, finger.best.found, finger.points_mm).min(0) < 0.8).reshape(finger.bone.shape)
    hu = _blurred(np.where(thicker, CORTEX_HU, SOFT_HU))
    smooth = gaussian_filter(hu, 0.5 / SPACING_MM)
    model = refined(finger.model, finger.best.found, finger.best.space, hu, smooth, HU_PER_MG)
    points, normals = posed_points(finger.model, finger.best.found.posed)
    moved = posed_points(model, finger.best.found.posed)[0]
    own = (model.bone_of_point == FINGER) & finger.best.space.holds(points)
    assert np.median(((moved - points) * normals).sum(1)[own]) == pytest.approx(0.8, abs=0.25)


@pytest.mark.parametrize("mg_per_cm3", [300.0, 700.0, 1200.0])
def test_a_deposit_on_the_surface_is_told_from_the_bone(finger: Painted, mg_per_cm3: float) -> None:
    scan, ball = finger.with_ball(1.5, 2.2, mg_per_cm3)
    found = scan.deposits()
    assert (found & ball).sum() > 0.85 * ball.sum()
    assert (found & scan.bone).sum() < 0.02 * scan.bone.sum()


def test_all_signs_together_tell_a_deposit_on_the_surface(finger: Painted) -> None:
    scan, ball = finger.with_ball(1.5, 2.2, 700.0)
    likely = scan.weighed().deposits
    assert (likely & ball).sum() > 0.85 * ball.sum()
    assert (likely & scan.bone).sum() < 0.02 * scan.bone.sum()
    assert not scan.weighed(in_calcified_hand=False).deposits.any()  # 42 mm3: too small
    assert not finger.weighed().deposits.any()


def test_what_single_signs_tell_is_confirmed_by_all_together(finger: Painted) -> None:
    """A ball of calcinosis is; a piece of the bone itself is not."""
    scan, ball = finger.with_ball(1.5, 2.2, 700.0)
    weighed = scan.weighed()
    piece = np.zeros_like(ball)
    piece[tuple(slice(a - 2, a + 3) for a in np.argwhere(scan.bone & ~ball)[0])] = True
    piece &= scan.bone & ~ball
    assert piece.any()
    assert (weighed.confirmed(ball | piece) == ball).all()
    assert not weighed.confirmed(np.zeros_like(ball)).any()


def test_a_hands_only_deposit_is_told_if_it_is_large(finger: Painted) -> None:
    scan, ball = finger.with_ball(2.5, 4.0, 700.0)
    likely = scan.weighed(in_calcified_hand=False).deposits
    assert (likely & ball).sum() > 0.85 * ball.sum()


def test_a_speck_at_a_joints_margin_stays_bone(finger: Painted) -> None:
    points, normals = posed_points(finger.model, finger.best.found.posed)
    own = np.nonzero(finger.model.bone_of_point == FINGER)[0]
    base = own[points[own, 1] < points[own, 1].min() + 2.0]
    side = base[normals[base, 0].argmax()]
    centre = points[side] + 1.0 * normals[side]
    spike = (np.linalg.norm(finger.points_mm - centre, axis=1) < 1.1).reshape(finger.bone.shape)
    scene = np.where(spike, CORTEX_HU, _scene(finger.bone, finger.model, finger.best, finger.points_mm))
    assert not replace(finger, low_hu=_blurred(scene)).deposits().any()


def test_a_bone_denser_than_its_like_is_told_where_it_is_denser() -> None:
    rng = np.random.default_rng(3)
    fingers = [BONES.index(f"distal_phalanx_{ray}") for ray in range(1, 6)]
    bone = np.repeat(fingers, 4000)
    distance, share = -rng.uniform(0, 2, 20000), rng.uniform(0, 1, 20000)
    ha = 300 + rng.normal(0, 30, 20000)
    eroded = (bone == fingers[1]) & (share > 0.6)
    ha[eroded] += 500
    told = denser_than_usual(ha, distance, bone, share)
    assert told[eroded].mean() > 0.95
    assert told[~eroded].mean() < 0.02


def _piece(
    finger: Painted, matched: float, part: NDArray[np.bool_], read_as_bone: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Return what is found by place of one piece, where that share of the finger's bone was found."""
    shares = np.ones(len(finger.model.bones))
    shares[FINGER] = matched
    best = replace(finger.best, found=replace(finger.best.found, matched=shares))
    labels = part.astype(np.int32)
    piece = Piece(1, "deposit", float(part.sum()) * SPACING_MM**3)
    read = np.zeros_like(part) if read_as_bone is None else read_as_bone
    return bones_by_place(labels, [piece], read, best, finger.model)


def test_a_piece_in_the_place_of_a_bone_that_was_not_found_is_that_bone(finger: Painted) -> None:
    own = (distances(finger.model, finger.best.found, finger.points_mm)[FINGER] < 0).reshape(finger.bone.shape)
    assert (_piece(finger, 0.0, own) == own).all()
    assert not _piece(finger, 0.9, own).any()


def test_a_piece_of_bone_and_nodule_is_that_bone_if_the_network_reads_it_there(finger: Painted) -> None:
    distance = distances(finger.model, finger.best.found, finger.points_mm)[FINGER].reshape(finger.bone.shape)
    own, with_nodule = distance < 0, distance < 5.5
    assert with_nodule.sum() > 3 * own.sum()
    assert not _piece(finger, 0.0, with_nodule).any()
    assert (_piece(finger, 0.0, with_nodule, own) == with_nodule).all()


def test_a_piece_without_the_bones_base_is_no_bone(finger: Painted) -> None:
    own = distances(finger.model, finger.best.found, finger.points_mm)[FINGER] < 0
    tip = own & (share_along(finger.model, finger.best.found.posed, FINGER, finger.points_mm) > 0.5)
    assert not _piece(finger, 0.0, tip.reshape(finger.bone.shape)).any()


def test_a_prominence_with_marrow_is_bone_and_a_solid_one_is_not(finger: Painted) -> None:
    scan, ball = finger.with_ball(2.5, 3.0, 800.0)
    assert (scan.deposits() & ball).sum() > 0.8 * ball.sum()
    points, normals = posed_points(finger.model, finger.best.found.posed)
    own = np.nonzero(finger.model.bone_of_point == FINGER)[0]
    middle = own[np.linalg.norm(points[own] - points[own].mean(0), axis=1).argmin()]
    away = np.linalg.norm(finger.points_mm - points[middle] - 2.5 * normals[middle], axis=1).reshape(finger.bone.shape)
    scene = _scene(finger.bone, finger.model, finger.best, finger.points_mm)
    scene = np.where((away < 3.0) & ~finger.bone, CORTEX_HU, scene)
    scene = np.where(away < 2.0, MARROW_HU, scene)
    hollow = replace(finger, low_hu=_blurred(scene))
    assert not hollow.deposits().any()
    assert not hollow.weighed().deposits.any()
