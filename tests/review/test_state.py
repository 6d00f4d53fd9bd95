"""The fold of events: pure, the same whenever it is read, and nothing of it is left when all is undone."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcidect.anatomy import BoneLabel
from calcidect.geometry import Grid
from calcidect.result import HandFacts
from calcidect.review._bodies import EventBody
from calcidect.review._edits import event_of, next_state
from calcidect.review._events import Event, in_force, result_state
from calcidect.review._faults import RequestRefusedError
from calcidect.review._ground import Ground
from calcidect.review._state import Start, fold
from calcidect.review._voxels import SparseLabels, decode, encode

SHAPE = (4, 6, 8)
GRID = Grid((8, 6, 4), (0.5, 0.5, 1.0))


def ground_and_start():
    labels = np.zeros(SHAPE, np.uint16)
    labels[1:3, 1:3, 1:7], labels[0, 4, 0:3], labels[3, 5, 5:8] = 1, 2, 3
    bones = np.zeros(SHAPE, np.uint8)
    bones[:, 0, :] = 1
    hand = HandFacts("left", 1.0, (0, 0, 0), (8, 6, 4), (0, 0, 1), (0, 1, 0), (1, 0, 0))
    rows = {n: {"side": "left", "material": "hydroxyapatite", "flags": []} for n in (1, 2, 3)}
    return Ground(GRID, (hand,), lambda: bones, {1: BoneLabel("left", "radius")}, rows), Start(
        SHAPE, SparseLabels.of(labels)
    )


GROUND, START = ground_and_start()


class Review:
    """What a reader does, one after another; what is refused changes nothing."""

    def __init__(self):
        self.events, self.state = [], START.state()

    def do(self, kind, target, **more):
        body = EventBody(id=uuid.uuid4(), base_seq=len(self.events), kind=kind, target=target, **more)
        event = event_of(body, GROUND, self.state, self.events, "R1")
        self.state = next_state(self.state, event, self.events)
        self.events.append(event)
        return event

    def attempt(self, kind, target, **more):
        before = self.state
        try:
            self.do(kind, target, **more)
        except RequestRefusedError:
            assert self.state is before


def box(*voxels):
    return encode(np.unique([np.ravel_multi_index(voxel, SHAPE) for voxel in voxels]), SHAPE)


numbers = st.integers(1, 8)
voxels = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 7)), min_size=1, max_size=12, unique=True
).map(lambda chosen: box(*chosen))
points = st.tuples(st.floats(0, 4), st.floats(0, 3), st.floats(0, 3)).map(list)
edits = st.one_of(
    st.tuples(st.sampled_from(["accept", "reject", "unreview"]), numbers, st.just({})),
    st.tuples(st.just("relabel"), numbers, st.fixed_dictionaries({"after": st.fixed_dictionaries({
        "digit": st.sampled_from([1, 2, None]), "pattern": st.sampled_from(["sheet", None])})})),
    st.tuples(st.just("split"), numbers, st.fixed_dictionaries({"after": st.fixed_dictionaries({
        "seeds": st.lists(points, min_size=2, max_size=2), "distance": st.sampled_from(["geodesic", "straight"])})})),
    st.tuples(st.just("merge"), st.lists(numbers, min_size=2, max_size=3, unique=True), st.just({})),
    st.tuples(st.just("paint"), st.one_of(numbers, st.just("new")), st.fixed_dictionaries({"voxels": voxels})),
    st.tuples(st.just("erase"), numbers, st.fixed_dictionaries({"voxels": voxels})),
    st.tuples(st.just("bone_paint"), st.integers(0, 1), st.fixed_dictionaries({"voxels": voxels})),
    st.tuples(st.sampled_from(["undo", "redo"]), st.integers(1, 12), st.just({})),
)  # fmt: skip
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reviewed(todo):
    review = Review()
    for kind, target, more in todo:
        review.attempt(kind, target, **more)
    return review


@quick
@given(st.lists(edits, max_size=12))
def test_to_undo_everything_gives_the_source(todo):
    review = reviewed(todo)
    for event in reversed(in_force(review.events)):
        review.do("undo", event.seq)
    assert review.state.is_same_as(START.state())
    assert result_state(review.events) == "new"


@quick
@given(st.lists(edits, max_size=12), st.integers(0, 12))
def test_the_state_does_not_depend_on_when_it_is_read(todo, read_at):
    review = reviewed(todo)
    assert fold(START, review.events).is_same_as(review.state)
    kept = [Event.from_row(event.as_row()) for event in review.events]
    state, at = START.state(), min(read_at, len(kept))
    state = fold(START, kept[:at])
    for n, event in enumerate(kept[at:], start=at):
        state = next_state(state, event, kept[:n])
    assert state.is_same_as(review.state)


@quick
@given(st.lists(edits, max_size=10))
def test_every_deposit_has_voxels_and_every_voxel_a_deposit(todo):
    state = reviewed(todo).state
    assert state.voxels.present() == set(state.deposits)


@quick
@given(st.lists(edits, max_size=10))
def test_a_number_means_one_deposit_for_ever(todo):
    made = [number for event in reviewed(todo).events for number in event.made]
    assert len(set(made)) == len(made)
    assert not set(made) & {1, 2, 3}


@quick
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 7)), min_size=1, unique=True))
def test_voxels_come_back_from_their_runs(chosen):
    flat = np.unique([np.ravel_multi_index(voxel, SHAPE) for voxel in chosen])
    row = encode(flat, SHAPE)
    assert np.array_equal(decode(row["start"], row["shape"], row["rle"], SHAPE), flat)


def test_undo_and_redo_of_a_split():
    review = Review()
    split = review.do("split", 1, after={"seeds": [[0.5, 0.5, 1], [3, 0.5, 1]]})
    assert split.made == (4,)
    whole = START.voxels.of_label(1)
    parts = review.state.voxels.of_label(1), review.state.voxels.of_label(4)
    assert sorted(np.concatenate(parts)) == whole.tolist()
    assert len(parts[0]) == len(parts[1])
    review.do("undo", 1)
    assert review.state.is_same_as(START.state())
    review.do("redo", 1)
    assert np.array_equal(review.state.voxels.of_label(4), parts[1])


def test_what_a_later_event_is_about_is_not_undone_before_it():
    review = Review()
    review.do("split", 1, after={"seeds": [[0.5, 0.5, 1], [3, 0.5, 1]]})
    review.do("reject", 4)
    with pytest.raises(RequestRefusedError) as told:
        review.do("undo", 1)
    assert told.value.code == "in_the_way"
    assert [event["seq"] for event in told.value.more["events"]] == [2]
    review.do("undo", 2)
    review.do("undo", 1)
    assert review.state.is_same_as(START.state())


def test_a_cut_follows_the_bends_of_a_deposit():
    labels = np.zeros((1, 9, 9), np.uint16)
    labels[0, 0, :], labels[0, 8, :], labels[0, :, 8] = 1, 1, 1  # a U: its ends are near, but far along it
    grid = Grid((9, 9, 1), (1.0, 1.0, 1.0))
    ground = Ground(grid, GROUND.hands, lambda: np.zeros((1, 9, 9), np.uint8), {}, {1: {"side": "left"}})
    state = Start((1, 9, 9), SparseLabels.of(labels)).state()
    for distance, lower_arm in (("geodesic", 13), ("straight", 12)):
        body = EventBody(
            id=uuid.uuid4(), base_seq=0, kind="split", target=1,
            after={"seeds": [[0, 0, 0], [0, 8, 0]], "distance": distance},
        )  # fmt: skip
        cut = next_state(state, event_of(body, ground, state, [], "R1"), []).voxels.of_label(2)
        assert abs(len(cut) - lower_arm) <= 1


def test_paint_takes_voxels_from_others_and_from_bone():
    review = Review()
    event = review.do("paint", 2, voxels=box((1, 1, 1), (0, 0, 0)))
    assert set(event.touches) == {"d1", "d2", "b1"}
    at = np.array([np.ravel_multi_index((0, 0, 0), SHAPE), np.ravel_multi_index((1, 1, 1), SHAPE)])
    assert review.state.voxels.at(at).tolist() == [2, 2]
    assert GROUND.bone_at(review.state, at).tolist() == [0, 0]
    review.do("bone_paint", 1, voxels=box((0, 0, 0)))
    assert GROUND.bone_at(review.state, at).tolist() == [1, 0]
    assert review.state.voxels.at(at).tolist() == [0, 2]


def test_bone_under_paint_is_there_again_where_that_is_erased_or_rejected():
    review, source, drawn = Review(), (0, 0, 1), (0, 2, 0)  # bone to the algorithm; bone to a reader
    at = np.array([np.ravel_multi_index(voxel, SHAPE) for voxel in (source, drawn)])
    review.do("bone_paint", 1, voxels=box(drawn))
    for leave in (("erase", 2, {"voxels": box(source, drawn)}), ("undo", 2, {}), ("reject", 2, {})):
        seq = len(review.events) + 1
        review.do("paint", 2, voxels=box(source, drawn))
        assert GROUND.bone_at(review.state, at).tolist() == [0, 0]
        kind, target, more = leave
        review.do(kind, seq if kind == "undo" else target, **more)
        assert GROUND.bone_at(review.state, at).tolist() == [1, 1]


def test_bone_that_a_reader_erased_is_not_there_again_under_paint():
    review, source = Review(), (0, 0, 1)
    review.do("bone_paint", 0, voxels=box(source))
    review.do("paint", 2, voxels=box(source))
    review.do("erase", 2, voxels=box(source))
    assert GROUND.bone_at(review.state, np.array([np.ravel_multi_index(source, SHAPE)])).tolist() == [0]


@quick
@given(st.lists(edits, max_size=12))
def test_no_voxel_is_bone_and_deposit(todo):
    state = reviewed(todo).state
    standing = [number for number, one in state.deposits.items() if one.verdict != "rejected"]
    taken = state.voxels.voxels[np.isin(state.voxels.labels, standing)]
    assert not GROUND.bone_at(state, taken).any()


def test_a_deposit_without_a_voxel_is_gone_until_that_is_undone():
    review = Review()
    review.do("merge", [2, 3])
    assert set(review.state.deposits) == {1, 2}
    with pytest.raises(RequestRefusedError):
        review.do("accept", 3)
    review.do("undo", 1)
    review.do("accept", 3)
    with pytest.raises(RequestRefusedError):  # to merge again would take away what was accepted
        review.do("redo", 1)
