"""Whatever is done to a file, the study is read or refused: no other error, in any transfer syntax."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcidect.errors import StudyRefusedError
from calcidect.study import inspect_folder, read_study
from support.mutations import CLASSIC, MULTI_FRAME, mutated, write_studies

NUMBER_OF_STUDIES = len(CLASSIC) + len(MULTI_FRAME)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_studies(tmp_path_factory.mktemp("studies"))


def test_undamaged_they_are_read(studies: list[Path]) -> None:
    assert len(studies) == NUMBER_OF_STUDIES
    assert {read_study(study).pair.name for study in studies} == {"80/135"}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, NUMBER_OF_STUDIES - 1), file=st.integers(0, 15), seed=st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused(
    studies: list[Path], tmp_path_factory: pytest.TempPathFactory, which: int, file: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "study"
    shutil.copytree(studies[which], folder)
    paths = sorted(folder.rglob("*.dcm"))
    path = paths[file % len(paths)]
    path.write_bytes(mutated(path.read_bytes(), Random(seed)))
    for read in (inspect_folder, read_study):
        with contextlib.suppress(StudyRefusedError):
            read(folder)
    shutil.rmtree(folder.parent)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=3000), is_dicom=st.booleans())
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, is_dicom: bool) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(bytes(128) + b"DICM" + content if is_dicom else content)
    with pytest.raises(StudyRefusedError):
        read_study(path)
