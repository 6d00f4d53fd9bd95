"""The folder of a study holds one study."""

from __future__ import annotations

import pytest

from calcidect.errors import InputRefusedError, OutputError, UsageError
from calcidect.reproduction import Work, make_outcome


def test_a_study_goes_on_in_its_own_folder_alone(tmp_path):
    Work(tmp_path).claim()
    Work(tmp_path, ("P02",)).claim()
    with pytest.raises(UsageError) as error:
        Work(tmp_path, quick=True).claim()
    assert error.value.code == "another_study"


def test_a_damaged_folder_is_refused(tmp_path):
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(OutputError):
        Work(tmp_path).claim()


@pytest.mark.parametrize("people", [(), ("P11",)])
def test_unknown_people_are_refused(tmp_path, people):
    with pytest.raises(UsageError):
        Work(tmp_path, people)


def test_without_a_result_there_is_no_outcome(tmp_path):
    with pytest.raises(InputRefusedError) as error:
        make_outcome(Work(tmp_path))
    assert error.value.code == "nothing_analysed"
    assert list(tmp_path.iterdir()) == []
