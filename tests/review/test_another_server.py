"""A server that is started anew at the same address: what was made on another review never reaches its results."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from calcidect.errors import InputRefusedError
from calcidect.review._folders import folder_hash
from calcidect.review._source import confirm_source, keep_source
from support.results import small_result
from support.review import SAFE, Server, write_small_result
from support.threads import ASKING, at_the_same_time


def posts(browser, headers):
    """Send one of every kind of request that writes; return the answers."""
    event = {"id": str(uuid.uuid4()), "base_seq": 0, "kind": "accept", "target": 1}
    bodies = {"events": event, "state": {"state": "reviewed"}, "save": {}}
    return [
        browser.client.post(f"/api/results/r1/{what}", json=body, headers={**SAFE, **headers})
        for what, body in bodies.items()
    ]


@pytest.fixture
def folder(tmp_path):
    return write_small_result(tmp_path / "result")


def another_result(folder):
    source = small_result()
    other = replace(source, study=replace(source.study, study_uid_hash="cd" * 32))
    return Server(write_small_result(folder.with_name("other"), other))


def a_copy_of_the_result(folder):
    return Server(write_small_result(folder.with_name("copy")))


def another_reader(folder):
    return Server(folder, reader="R2")


def the_second_reader(folder):
    return Server(folder, blinded=True)


def no_result_of_that_number(folder):
    server = another_result(folder)
    server.cases["r2"] = server.cases.pop("r1")
    return server


@pytest.mark.parametrize(
    "started",
    [another_result, a_copy_of_the_result, another_reader, the_second_reader, no_result_of_that_number],
)
def test_what_was_made_on_another_review_is_refused(folder, started):
    shown = Server(folder).browser().made_on()
    browser = started(folder).browser()
    before = folder_hash(folder.parent)
    for answer in posts(browser, shown):
        assert (answer.status_code, answer.json()["error"]) == (409, "another_review")
    assert folder_hash(folder.parent) == before
    asked = browser.get("/api/results/r1/events", headers=shown)
    assert (asked.status_code, asked.json()["error"]) == (409, "another_review")


def test_what_was_made_on_the_same_review_is_taken(folder):
    shown = Server(folder).browser().made_on()
    assert [answer.status_code for answer in posts(Server(folder).browser(), shown)] == [200, 200, 202]


@pytest.mark.parametrize("headers", [{}, {"x-calcidect-review": ""}, {"x-calcidect-review": "r1"}])
def test_what_does_not_say_what_it_was_made_on_is_refused(folder, headers):
    assert [answer.status_code for answer in posts(Server(folder).browser(), headers)] == [422] * 3


def test_a_server_whose_result_was_replaced_writes_nothing_into_the_review_of_the_new_one(folder):
    old = Server(folder).browser()
    shown = old.made_on()
    unread = Server(folder).browser()
    source = small_result()
    again = replace(source, study=replace(source.study, study_uid_hash="cd" * 32))
    write_small_result(folder.with_name("again"), again)
    folder.rename(folder.with_name("before"))
    folder.with_name("again").rename(folder)
    new = Server(folder).browser()
    assert new.do("accept", 2).status_code == 200
    assert [answer.json()["error"] for answer in posts(old, shown)] == ["review_of_another_result"] * 3
    assert unread.get("/api/results/r1").json()["error"] == "result_changed"
    assert [event["kind"] for event in new.get("/api/results/r1/events").json()] == ["accept"]


def test_of_servers_that_begin_one_review_at_the_same_time_the_first_stays(tmp_path):
    """Each has another result, as when a scan is analysed again meanwhile; a race, so that it is run more than once."""
    for reviews in (tmp_path / f"{turn}.review" for turn in range(20)):

        def begin(n, reviews=reviews):
            try:
                keep_source(reviews, f"{n}" * 64)
            except InputRefusedError as error:
                return error.code
            return "begun"

        answers = at_the_same_time(begin)
        assert sorted(answers) == ["begun"] + ["review_of_another_result"] * (ASKING - 1)
        confirm_source(reviews, f"{answers.index('begun')}" * 64)
