"""What was acknowledged is there, whatever happens to the process that wrote it."""

from __future__ import annotations

import errno
import json
import os
import random
import threading
import time
import uuid

import httpx2
import pytest

from calcidect.errors import InputRefusedError
from calcidect.review._events import Event
from calcidect.review._faults import RequestRefusedError
from calcidect.review._log import EventLog
from support.review import real_server, write_small_result


def note(seq, why="seen"):
    return Event(seq, str(uuid.uuid4()), "R1", "2026-01-01T00:00:00.000+00:00", "note", 1, why=why)


def write(log, *events):
    for event in events:
        with log.locked():
            log.append(event)


def test_events_are_read_back_equal(tmp_path):
    path, events = tmp_path / "r.review" / "events.jsonl", [note(1), note(2, "line\nbreak \u2028 and umlaut ä")]
    write(EventLog(path), *events)
    assert list(EventLog(path).events) == events
    assert path.read_bytes().count(b"\n") == 2


def test_half_a_line_is_dropped_and_told(tmp_path):
    path, first = tmp_path / "events.jsonl", note(1)
    write(EventLog(path), first)
    with path.open("ab") as file:
        file.write(json.dumps(note(2).as_row()).encode()[:70])
    log = EventLog(path)
    assert list(log.events) == [first]
    second = note(2, "after")
    write(log, second)
    assert log.dropped_bytes == 70
    assert list(EventLog(path).events) == [first, second]


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"not json\n", b"\xff\xfe\n", b"\n"])
def test_a_finished_line_that_is_no_event_is_refused(tmp_path, line):
    path = tmp_path / "events.jsonl"
    write(EventLog(path), note(1))
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(InputRefusedError, match="Line 2 of the file of events is no event"):
        EventLog(path)


def test_a_gap_is_refused(tmp_path):
    path = tmp_path / "events.jsonl"
    write(EventLog(path), note(1), note(3))
    with pytest.raises(InputRefusedError, match="Line 2"):
        EventLog(path)


def test_a_file_that_lost_lines_is_refused_and_not_written_to(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    write(log, note(1), note(2))
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(InputRefusedError, match="has lost lines"):
        write(log, note(3))
    path.unlink()
    with pytest.raises(InputRefusedError, match="has lost lines"):
        write(log, note(3))
    assert not path.exists()


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_that_appears_later_is_neither_read_nor_written(tmp_path):
    path, other = tmp_path / "events.jsonl", tmp_path / "other"
    log = EventLog(path)
    other.write_bytes(b"")
    path.symlink_to(other)
    with pytest.raises(InputRefusedError, match="holds a link"):
        write(log, note(1))
    assert other.read_bytes() == b""


def test_a_folder_that_can_not_be_made_keeps_nothing(tmp_path):
    log = EventLog(tmp_path / "review" / "events.jsonl")
    (tmp_path / "review").write_text("a file", encoding="utf-8")
    with pytest.raises(RequestRefusedError, match="can't be locked") as refused:
        write(log, note(1))
    assert refused.value.status == 507


def test_two_servers_on_one_file_see_each_other(tmp_path):
    path = tmp_path / "events.jsonl"
    one, other = EventLog(path), EventLog(path)
    write(one, note(1))
    with other.locked():
        assert len(other.events) == 1
        other.append(note(2))
    one.refresh()
    assert len(one.events) == 2


def test_a_full_disk_keeps_nothing_of_an_event(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    write(log, note(1))
    before = path.read_bytes()

    def no_room(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("calcidect.review._log.os.fsync", no_room)
        with pytest.raises(RequestRefusedError, match="No space left on device"), log.locked():
            log.append(note(2))
    write(log, note(2))
    assert path.read_bytes().startswith(before)
    assert len(EventLog(path).events) == 2


def acknowledged_until_killed(folder, most, seconds):
    """Edit as fast as the server answers, kill it meanwhile, and return the ids that it acknowledged."""
    kept = []
    with real_server(folder) as (process, link), httpx2.Client(follow_redirects=True) as client:
        base = link.partition("/open")[0]
        client.get(link)
        # it is read; from here on answers take milliseconds
        identity = client.get(f"{base}/api/results/r1", timeout=120).json()["identity"]
        headers = {"origin": base, "x-calcidect": "1", "x-calcidect-review": identity}
        threading.Timer(seconds, process.kill).start()
        try:
            for _ in range(most):
                body = {"id": str(uuid.uuid4()), "base_seq": 0, "kind": "note", "target": 1, "why": "x" * 500}
                if client.post(f"{base}/api/results/r1/events", json=body, headers=headers).status_code == 200:
                    kept.append(body["id"])
        except httpx2.TransportError:
            pass
        process.kill()
        process.wait()
    return kept


def edits_survive(folder, rounds, most, seed):
    chance = random.Random(seed)
    kept = []
    for _ in range(rounds):
        kept += acknowledged_until_killed(folder, most, chance.uniform(0.05, 2.5))
        there = [event.id for event in EventLog(folder.with_name("result.review") / "events.jsonl").events]
        assert set(kept) <= set(there)
        assert len(set(there)) == len(there)
    return kept


def test_every_acknowledged_edit_survives_a_kill(tmp_path):
    assert edits_survive(write_small_result(tmp_path / "result"), rounds=1, most=40, seed=1) is not None


@pytest.mark.slow
def test_every_acknowledged_edit_of_a_hundred_survives_kills(tmp_path):
    folder, kept, began = write_small_result(tmp_path / "result"), [], time.monotonic()
    for seed in range(40):
        kept = [*kept, *edits_survive(folder, rounds=1, most=15, seed=seed)]
        if len(kept) >= 100 and seed >= 9:  # ten kills
            break
    print(f"{len(kept)} acknowledged edits, {seed + 1} kills, {time.monotonic() - began:.0f} s")  # noqa: T201
    assert len(kept) >= 100
    there = {event.id for event in EventLog(tmp_path / "result.review" / "events.jsonl").events}
    assert set(kept) <= there
