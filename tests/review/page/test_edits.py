"""The page in a real Chromium: lists, keys, forms, and what is lost of an edit (nothing)."""

from __future__ import annotations

import shutil

import pytest

from calcidect.review._case import Case
from support.review_page import Reader, running


def test_work_list_shows_each_result_and_is_filtered(context, server) -> None:
    page = Reader(context, server).page
    assert page.inner_text("#worklist tbody tr td:nth-child(4)") == "5"
    assert "Research use only" in page.inner_text("header")
    page.select_option("#worklist-state", "reviewed")
    assert page.inner_text("#worklist-count") == "0 of 1"
    page.select_option("#worklist-state", "")
    with page.expect_response("**/state"):
        page.select_option("#worklist tbody select", "in_review")
    page.click("#worklist th button >> text=Deposits")
    assert page.input_value("#worklist tbody select") == "in_review"
    page.reload()
    assert page.input_value("#worklist tbody select") == "in_review"


def test_all_deposits_are_reached_by_keys(reader) -> None:
    seen = [reader.chosen()]
    for _ in range(6):
        reader.key("n")
        seen.append(reader.chosen())
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    reader.key("p")
    assert reader.chosen() == 6


def test_accept_reject_relabel_and_undo_by_keys(reader, case) -> None:
    reader.key("a")
    reader.wait_for_history("accepted deposit 1")
    reader.key("n")
    reader.key("r")
    reader.answer(why="vessel wall")
    reader.wait_for_history("rejected deposit 2 \u2013 vessel wall")
    reader.key("n")
    reader.key("l")
    reader.answer(compartment="subcutaneous", why="outside the retinaculum")
    reader.wait_for_history("relabelled deposit 3 (compartment: subcutaneous)")
    assert reader.states() == {1: "accepted", 2: "rejected", **dict.fromkeys(range(3, 8), "unreviewed")}
    assert "subcutaneous" in reader.page.inner_text("#deposits tr[data-deposit='3']")

    reader.key("u")
    reader.wait_for_history("undid edit 3")
    assert "carpal tunnel" in reader.page.inner_text("#deposits tr[data-deposit='3']")
    reader.key("Shift+U")
    reader.wait_for_history("redid edit 3")
    assert "subcutaneous" in reader.page.inner_text("#deposits tr[data-deposit='3']")
    rows = {row["deposit_id"]: row for row in case.described()["deposits"]}
    assert (rows[2]["review"]["state"], rows[3]["compartment"]) == ("rejected", "subcutaneous")


def test_list_is_sorted_and_filtered(reader) -> None:
    reader.page.click("#deposits th button >> text=HA, mg")
    reader.page.click("#deposits th button >> text=HA, mg")
    shown = list(reader.states())
    masses = [row["ha_mass_mg"] for row in rows_of(reader)]
    assert masses[:5] == sorted((m for m in masses if m is not None), reverse=True)
    assert set(shown[5:]) == {4, 7}  # urate and indeterminate have no mass of hydroxyapatite
    reader.page.fill("#deposits-find", "forearm sheet")
    assert list(reader.states()) == [6]


def rows_of(reader) -> list[dict]:
    """Return the server's rows in the order of the list."""
    data = reader.page.evaluate("fetch('/api/results/r1').then(a => a.json())")
    rows = {row["deposit_id"]: row for row in data["deposits"]}
    return [rows[deposit] for deposit in reader.states()]


def test_edits_wait_while_the_server_is_away_and_each_is_done_once(reader, case) -> None:
    reader.page.context.set_offline(True)
    for _ in range(3):
        reader.key("a")
        reader.key("n")
    reader.page.wait_for_selector("#connection:has-text('not reached')")
    assert set(reader.states().values()) == {"unreviewed"}
    reader.page.context.set_offline(False)
    reader.wait_for_history("accepted deposit 3")
    assert list(reader.states().values())[:4] == ["accepted"] * 3 + ["unreviewed"]
    kinds = [event["kind"] for event in events_of(reader)]
    assert kinds == ["accept"] * 3


def events_of(reader) -> list[dict]:
    return reader.page.evaluate("fetch('/api/results/r1/events?after=0').then(a => a.json())")


def test_an_edit_whose_answer_was_lost_is_sent_again_and_done_once(reader) -> None:
    lost = []

    def lose_first(route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    reader.page.route("**/events*", lose_first)
    reader.key("a")
    reader.wait_for_history("accepted deposit 1")
    reader.page.wait_for_selector("#connection:empty", state="attached")
    assert lost[0].ok
    assert len(events_of(reader)) == 1


def test_an_edit_whose_answer_broke_off_is_sent_again_and_those_after_it_follow(reader) -> None:
    broken = []

    def break_first(route) -> None:
        if route.request.method != "POST" or broken:
            route.continue_()
            return
        broken.append(route.fetch())
        route.fulfill(status=200, content_type="application/json", body='{"seq": 1, "sta')

    reader.page.route("**/events", break_first)
    reader.key("a")
    reader.key("n")
    reader.key("a")
    reader.wait_for_history("accepted deposit 2")
    assert [event["target"] for event in events_of(reader)] == [1, 2]


def test_edits_wait_while_the_server_does_not_know_the_browser(reader) -> None:
    closed = {"error": "not_opened", "found": "No cookie.", "expected": "A cookie.", "remedy": "Open the link."}
    reader.page.route("**/api/**", lambda route: route.fulfill(status=401, json=closed))
    reader.key("a")
    reader.page.wait_for_selector("#connection:has-text('open its new link')")
    reader.page.unroute("**/api/**")
    reader.wait_for_history("accepted deposit 1")


def test_an_edit_does_not_reach_another_result_that_a_new_server_has_at_the_same_address(
    context, case, tmp_path, without_viewer
) -> None:
    """Its link was opened at once, so that the page is let in and notices nothing; then the first result is back."""
    shutil.copytree(case.folder, tmp_path / "other")
    other = Case("r1", tmp_path / "other", "R1")
    with running({"r1": case}) as server:
        reader = Reader(context, server).open("SSC-0042", images=False)
        reader.page.route("**/*after=*", lambda route: route.abort())  # the page does not ask: only the edit tells
    with running({"r1": other}, server.port) as server:
        Reader(context, server)
        with reader.page.expect_response("**/events") as answered:
            reader.key("a")
        assert answered.value.status == 409
        reader.page.wait_for_selector("#told:has-text('started anew') button:has-text('Load the page anew')")
        assert reader.page.is_hidden("#result-page")
        assert "1 edits wait for a result that the server does not have" in reader.page.inner_text("#connection")
        assert other.history.events() == ()
        assert not other.reviews.exists()
    with running({"r1": case}, server.port) as server:
        Reader(context, server)
        reader.page.unroute("**/*after=*")
        reader.page.once("dialog", lambda dialog: dialog.accept())  # 'Leave?': there are edits that wait
        reader.page.click("text=Load the page anew")
        reader.wait_for_history("accepted deposit 1")
    assert [event.kind for event in case.history.events()] == ["accept"]
    assert reader.errors == []


def test_a_new_server_with_another_reader_is_noticed_before_any_edit(context, case, without_viewer) -> None:
    with running({"r1": case}) as server:
        reader = Reader(context, server).open("SSC-0042", images=False)
    with running({"r1": Case("r1", case.folder, "R2")}, server.port) as server:
        Reader(context, server)
        reader.page.wait_for_selector("#told:has-text('started anew')")
        reader.page.click("text=Load the page anew")
        reader.page.wait_for_selector("#who:has-text('R2')")


def test_what_is_told_of_a_result_that_was_left_does_not_close_the_next(context, case, without_viewer) -> None:
    held = []
    with running({"r1": case, "r2": Case("r2", case.folder, "R1", read_only=True)}) as server:
        page = Reader(context, server).page
        page.evaluate("location.hash = 'r1'")
        page.wait_for_selector("#who:has-text('R1')")
        page.route("**/r1/events?after=*", lambda route: held.append(route))
        with page.expect_request("**/r1/events?after=*"):
            page.evaluate("import('/static/js/app.js').then((app) => (app.now().result.poll(true), 0))")
        page.evaluate("location.hash = 'r2'")
        page.wait_for_selector("#who:has-text('Read only')")
        with page.expect_response("**/r1/events?after=*"):
            held[0].fulfill(status=409, json={"error": "another_review", "found": "Another.", "remedy": "Load anew."})
        page.wait_for_timeout(500)
        assert page.is_visible("#result-page")
        assert "started anew" not in page.inner_text("#told")


def test_a_conflict_waits_until_the_open_form_is_answered(reader) -> None:
    asked = """async () => {
      const { askForm } = await import("/static/js/dialogs.js");
      window.answers = Promise.all(["First", "Second"].map((title) => askForm(title, [])));
    }"""
    reader.page.evaluate(asked)
    assert reader.page.inner_text("#dialog-title") == "First"
    reader.answer()
    reader.page.wait_for_selector("#dialog-title:has-text('Second')")
    reader.key("Escape")
    answers = reader.page.evaluate("window.answers")
    assert [answer and answer["answer"] for answer in answers] == ["yes", None]


def test_an_edit_that_waits_survives_a_reload(reader) -> None:
    reader.page.route("**/events", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    reader.key("a")
    reader.page.wait_for_selector("#history li.waits")
    reader.page.unroute("**/events")
    reader.page.once("dialog", lambda dialog: dialog.accept())  # 'Leave?': there are edits that wait
    reader.page.reload()
    reader.wait_for_history("accepted deposit 1")


def test_another_readers_edit_is_shown_and_a_conflict_is_asked_about(reader, browser, server) -> None:
    window = browser.new_context()
    window.route("**/niivue.js", lambda route: route.fulfill(status=404))
    other = Reader(window, server).open("SSC-0042", images=False)
    reader.page.route("**/events?*", lambda route: route.abort())  # so that this page does not see it in time
    other.key("a")
    other.wait_for_history("accepted deposit 1")
    reader.key("r")
    reader.answer(why="bone")
    reader.page.unroute("**/events?*")
    reader.page.wait_for_selector("#dialog[open] h2:has-text('Two edits')")
    assert "accepted deposit 1" in reader.page.inner_text("#dialog")
    reader.page.click("#dialog button >> text=Do mine now")
    reader.wait_for_history("rejected deposit 1")
    other.wait_for_history("rejected deposit 1")
    assert other.states()[1] == "rejected"
    window.close()


def test_ticked_deposits_are_merged_and_come_apart_by_undo(scanned, case) -> None:
    volumes = {row["deposit_id"]: row["volume_mm3"] for row in case.described()["deposits"]}
    tick(scanned, 1)
    scanned.key("m")
    scanned.page.wait_for_selector("#told:has-text('Tick two deposits or more')")
    tick(scanned, 2)
    scanned.key("m")
    assert scanned.page.inner_text("#dialog-title") == "Merge deposits 1, 2"
    scanned.answer(why="one body")
    scanned.wait_for_history("merged deposit 1 and 2 \u2013 one body")
    assert list(scanned.states()) == [1, 3, 4, 5, 6, 7]
    assert not scanned.page.is_checked("#deposits tr[data-deposit='1'] input")
    assert "measured when it is saved" in scanned.page.inner_text("#deposit-title")
    assert case.described()["deposits"][0]["volume_mm3"] == pytest.approx(volumes[1] + volumes[2], rel=0.01)
    scanned.key("u")
    scanned.wait_for_history("undid edit 1")
    assert list(scanned.states()) == [1, 2, 3, 4, 5, 6, 7]


def test_deposits_of_two_hands_are_not_merged_and_the_page_says_why(scanned, case) -> None:
    tick(scanned, 1)
    tick(scanned, 5)
    scanned.key("m")
    scanned.answer()
    scanned.page.wait_for_selector("#told:has-text('The deposits lie in different hands.')")
    assert list(scanned.states()) == [1, 2, 3, 4, 5, 6, 7]
    assert case.history.events() == ()


def tick(reader: Reader, deposit: int) -> None:
    reader.page.check(f"#deposits tr[data-deposit='{deposit}'] input")


def test_text_of_people_is_shown_as_text(reader) -> None:
    reader.key("o")
    reader.answer(why="<img src=x onerror=alert(1)><b>bold</b>")
    reader.wait_for_history("<b>bold</b>")
    assert reader.page.locator("#history b").count() == 0


def test_read_only_shows_all_and_changes_nothing(context, folder, without_viewer) -> None:
    with running({"r1": Case("r1", folder, "R1", read_only=True)}) as server:
        reader = Reader(context, server).open("SSC-0042", images=False)
        assert "Read only" in reader.page.inner_text("header")
        assert reader.page.is_disabled("#deposit button >> text=Accept")
        reader.key("a")
        reader.page.wait_for_selector("#told:has-text('reading only')")
        assert events_of(reader) == []


def test_without_its_viewer_the_page_says_so_and_works(reader) -> None:
    reader.page.wait_for_selector("#told:has-text('NiiVue')")
    reader.key("a")
    reader.wait_for_history("accepted deposit 1")
    assert reader.page.is_visible("#overview")
