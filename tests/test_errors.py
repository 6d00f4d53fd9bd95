"""The exception tree: codes, sentences, exit codes."""

import inspect

import pytest

from calcidect import errors

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


def test_every_error_has_one_root():
    assert len(TREE) == 5
    assert all(issubclass(kind, errors.CalcidectError) for kind in TREE)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (errors.CalcidectError, 1),
        (errors.UsageError, 2),
        (errors.InputRefusedError, 3),
        (errors.StudyRefusedError, 3),
        (errors.OutputError, 3),
    ],
)
def test_exit_codes_are_the_contracts(kind, exit_code):
    assert kind.exit_code == exit_code


def test_an_error_says_what_was_found_expected_and_to_do():
    error = errors.StudyRefusedError("one_energy", found="One energy.", expected="Two.", remedy="Scan again.")
    assert str(error) == "One energy. Expected: Two. What to do: Scan again."
    assert error.as_dict() == {
        "code": "one_energy",
        "found": "One energy.",
        "expected": "Two.",
        "remedy": "Scan again.",
    }


def test_the_drawn_tree_names_every_error():
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in TREE)
