"""Many results: the work list, the registry, and how far two readers agree."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from calcidect.cli import app
from calcidect.errors import InputRefusedError
from calcidect.registry import AddOptions, add_result, create_database, open_database
from calcidect.review import agreement_of_readers, result_folders
from calcidect.review._app import make_app
from calcidect.review._gate import Gate
from calcidect.review._worklist import recorded_scans
from review.test_server import saved
from support.results import small_result
from support.review import PORT, Server, write_small_result


@pytest.fixture
def folders(tmp_path):
    source = small_result()
    second = replace(source, study=replace(source.study, study_uid_hash="cd" * 32, subject_id="P02"))
    return [write_small_result(tmp_path / "all" / name, one) for name, one in (("a", source), ("b", second))]


def test_a_folder_of_results_gives_each(folders):
    assert result_folders([folders[0].parent]) == folders
    assert result_folders([folders[1], folders[0]]) == [folders[1], folders[0]]
    assert result_folders([folders[0], folders[0]]) == [folders[0]]


def test_results_are_named_by_numbers_alone(folders):
    browser = Server(*folders).browser()
    rows = browser.get("/api/worklist").json()
    assert [row["id"] for row in rows] == ["r1", "r2"]
    assert [row["state"] for row in rows] == ["new", "new"]
    assert all(row["ha_mass_mg"] > 0 and row["deposits"] > 0 for row in rows)
    assert all(re.fullmatch(r"/api/results/r\d/overview\.png", row["thumbnail"]) for row in rows)


def test_with_a_registry_rows_have_their_person(folders, tmp_path):
    place = str(tmp_path / "registry.db")
    create_database(place)
    add_result(open_database(place), folders[1], "P02", "R1", AddOptions(create=True, other_subject=True))
    server = Server(*folders)
    server.gate = Gate(make_app(server.cases, recorded_scans(place)), PORT, server.keys)
    rows = server.browser().get("/api/worklist").json()
    assert [(row["id"], row["person_id"], row["visit"]) for row in rows] == [("r1", None, None), ("r2", "P02", 1)]
    alone = Server(folders[0])
    alone.gate = Gate(make_app(alone.cases, recorded_scans(place)), PORT, alone.keys)
    rows = alone.browser().get("/api/worklist").json()
    assert [(row["id"], row["person_id"], row["state"]) for row in rows] == [
        ("r1", None, "new"), (None, "P02", "no_folder"),
    ]  # fmt: skip


def both_read(folders, first, second):
    """Let each reader give verdicts by deposit in every result."""
    for blinded, verdicts in ((False, first), (True, second)):
        for folder in folders:
            browser = Server(folder, blinded=blinded).browser()
            for number, kind in verdicts.items():
                browser.do(kind, number)


def test_readers_who_agree_on_all_but_one(folders):
    first = {1: "accept", 2: "reject", 3: "accept", 4: "reject"}
    both_read(folders, first, {**first, 4: "accept"})
    text = " ".join(row.cells[0] for row in agreement_of_readers(folders)["verdict"].rows)
    assert text.startswith("0.5")  # of 8: 6 agree; expected by chance 0.5, so (0.75 - 0.5) / 0.5
    assert "8 people" in agreement_of_readers(folders)["verdict"].notes[0]


def test_labels_are_compared_of_deposits_that_both_accepted_in_one_piece(folders):
    accepted = dict.fromkeys((1, 3, 4, 5), "accept")
    both_read(folders, {**accepted, 2: "reject"}, {**accepted, 2: "accept", 6: "accept"})
    Server(folders[0]).browser().do("merge", [1, 3])
    notes = agreement_of_readers(folders)["compartment"].notes[0]
    assert notes.startswith("6 people")  # of each result 1, 3, 4 and 5, but 1 and 3 of the first are one now


def test_burdens_of_saved_versions_are_compared(folders):
    source = small_result()
    third = replace(source, study=replace(source.study, study_uid_hash="ef" * 32))
    folders = [*folders, write_small_result(folders[0].with_name("c"), third)]
    both_read(folders, {1: "reject"}, {2: "reject"})
    for folder in folders:
        for blinded in (False, True):
            browser = Server(folder, blinded=blinded).browser()
            if folder == folders[0]:
                browser.do("reject", 3)
            assert saved(browser)["state"] == "done"
    assert "ha_mass_mg" in agreement_of_readers(folders)


def test_without_a_second_reader_nothing_is_said(folders):
    with pytest.raises(InputRefusedError, match="Nothing can be said"):
        agreement_of_readers(folders[:1])


def test_the_command_tells_agreement(folders):
    both_read(folders, {1: "accept", 2: "reject"}, {1: "accept", 2: "accept", 3: "accept"})
    done = CliRunner().invoke(app, ["review", str(folders[0].parent), "--agreement"])
    assert done.exit_code == 0
    assert "Deposit or not: agreement" in done.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_another_host_than_this_machine_is_refused(folders, host):
    done = CliRunner().invoke(app, ["review", str(folders[0]), "--host", host])
    assert (done.exit_code, "host_refused" in done.stderr) == (2, True)
