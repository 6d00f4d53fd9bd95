"""An import that is killed leaves the registry as before or as after, never between."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calcidect.registry import ImportOptions, create_database, history_rows, import_table, open_database, read_tables
from support.records import TODAY, clean_rows, write_csv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")


def state(place: str):
    """Return everything that is recorded, without the times of the changes."""
    database = open_database(place)
    tables = {name: table.to_csv(index=False) for name, table in read_tables(database, ["persons", "visits"]).items()}
    changes = [{**row, "at": ""} for row in history_rows(database)]
    return tables, changes


def start(place: str, table: Path) -> subprocess.Popen[bytes]:
    words = ["registry", "import", str(table), "--db", place, "--update", "--user", "tester"]
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "calcidect", *words], **nowhere)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return a registry before, its table, the states before and after, and how long the import takes."""
    at = tmp_path_factory.mktemp("killed")
    place = at / "before.db"
    rows = clean_rows(400, 2, seed=31)
    import_table(create_database(str(place)), write_csv(at / "a.csv", rows[:40]), "tester", ImportOptions(today=TODAY))
    for row in rows[:20]:
        row["mrss"] = "7"  # some are changed, the rest is new
    table = write_csv(at / "b.csv", rows)
    done = shutil.copy(place, at / "after.db")
    begun = time.perf_counter()
    assert start(done, table).wait() == 0
    return place, table, state(str(place)), state(done), time.perf_counter() - begun


def size_of(path: Path) -> int:
    """Return the size of a file that may come and go."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def kill_while_importing(case, at: Path, moment: float, *, once_it_writes: bool) -> str:
    """Kill an import after ``moment`` seconds, or that long after its first bytes; tell which state was left."""
    before_place, table, before, after, _ = case
    place = shutil.copy(before_place, at / "registry.db")
    running = start(place, table)
    log = Path(f"{place}-wal")
    while once_it_writes and running.poll() is None and not size_of(log):
        time.sleep(0.001)
    time.sleep(moment)
    running.send_signal(signal.SIGKILL)
    running.wait()
    found = state(place)
    assert found in (before, after)
    return "before" if found == before else "after"


def kill_often(case, at: Path, times: int, seed: int) -> list[str]:
    draw, left = random.Random(seed), []
    for number in range(times):
        folder = at / str(number)
        folder.mkdir()
        writes = number % 2 == 0
        moment = draw.uniform(0, 0.1) if writes else draw.uniform(0, case[-1])
        left.append(kill_while_importing(case, folder, moment, once_it_writes=writes))
    return left


def test_the_two_states_differ(case):
    assert case[2] != case[3]


def test_a_killed_import_leaves_before_or_after(case, tmp_path):
    assert len(kill_often(case, tmp_path, times=4, seed=1)) == 4


@pytest.mark.slow
def test_fifty_killed_imports_leave_before_or_after(case, tmp_path):
    left = kill_often(case, tmp_path, times=50, seed=2)
    assert set(left) == {"before", "after"}  # the moments reach from one to the other


@pytest.mark.parametrize("times", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_imports_killed_on_postgresql_leave_before_or_after(case, server, times):
    _, table, *_, seconds = case
    draw = random.Random(3)
    states = []
    for _ in range(times):
        place = server.new_database()
        create_database(place)
        running = start(place, table)
        time.sleep(draw.uniform(0.3, 1.2) * seconds)
        running.send_signal(signal.SIGKILL)
        running.wait()
        time.sleep(0.3)  # the server sees that its client is gone
        states.append(len(read_tables(open_database(place), ["visits"])["visits"]))
    assert set(states) <= {0, 800}
