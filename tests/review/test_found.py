"""The parts of a result are read when they are asked for, once, and only of the result that was opened."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from calcidect.errors import InputRefusedError
from calcidect.result import ResultParts
from calcidect.review import _found
from calcidect.review._case import Case
from calcidect.review._found import Found, Once
from calcidect.review._scan import ScanReading
from support.results import small_result
from support.review import Server, write_small_result
from support.threads import ASKING, at_the_same_time


@pytest.fixture
def folder(tmp_path):
    return write_small_result(tmp_path / "result")


def test_a_part_is_read_once_however_many_ask_at_the_same_time():
    read = []

    def slowly():
        read.append(len(read))
        time.sleep(0.1)
        return object()

    part = Once(slowly)
    assert len(set(map(id, at_the_same_time(lambda _: part())))) == 1
    assert read == [0]


def test_a_part_that_could_not_be_read_is_read_again_when_it_is_asked_for_again():
    answers = iter([OSError("a disk that sleeps"), "read"])

    def read():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    part = Once(read)
    with pytest.raises(OSError, match="sleeps"):
        part()
    assert part() == part() == "read"


def test_requests_at_the_same_time_are_answered_alike(folder):
    server = Server(folder)
    browsers = [server.browser() for _ in range(ASKING)]
    paths = ("/api/results/r1", "/api/results/r1/thumbnails/2.png", "/api/results/r1/volumes/bones")
    for path in paths:  # those of the list first, as the page asks
        answers = at_the_same_time(lambda n, path=path: browsers[n].get(path))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1


def test_list_and_pictures_need_none_of_the_maps_that_they_do_not_show(folder):
    for name in ("hydroxyapatite_sd", "urate", "urate_sd"):
        (folder / "materials" / f"{name}.nii.gz").unlink()
    browser = Server(folder).browser()
    for path in ("", "/thumbnails/2.png", "/overview.png", "/volumes/hydroxyapatite"):
        assert browser.get(f"/api/results/r1{path}").status_code == 200, path
    refused = browser.get("/api/results/r1/volumes/urate")
    assert (refused.status_code, refused.json()["error"]) == (422, "result_unreadable")


def put_another_there(folder):
    source = small_result()
    folder.rename(folder.with_name("before"))
    write_small_result(folder, replace(source, study=replace(source.study, study_uid_hash="cd" * 32)))


def test_a_result_that_is_replaced_while_it_is_opened_is_refused(folder, monkeypatch):
    def read_and_replace(folder):
        parts = ResultParts(folder)
        put_another_there(folder)
        return parts

    monkeypatch.setattr(_found, "ResultParts", read_and_replace)
    with pytest.raises(InputRefusedError, match="another one than when the server was started"):
        Found(folder)


def test_the_scan_is_read_though_reading_ahead_fails(folder, tmp_path, monkeypatch):
    """Without that, the page would wait for the scan for ever."""
    case = Case("r1", folder, scan=ScanReading(tmp_path / "scan"))
    asked = []

    def fail():
        asked.append("bones")
        raise MemoryError

    monkeypatch.setattr(case.found, "bone_map", fail)
    monkeypatch.setattr(case.scan, "read", lambda provenance: asked.append(provenance().program_version))
    case._read_ahead()
    assert asked == ["bones", small_result().provenance.program_version]


def test_parts_of_two_results_are_not_mixed(folder):
    found = Found(folder)
    found.bone_map()
    put_another_there(folder)
    found.bone_map()  # as it was read
    for ask in (found.deposits, found.whole, found.concentration_steps["urate"]):
        with pytest.raises(InputRefusedError, match="another one than when the server was started"):
            ask()
