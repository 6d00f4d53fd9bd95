"""A zip archive is a folder; what is no plain archive of a scan is refused before it is unpacked."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import inspect_folder, read_study
from support.dicom import write_small


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files of this test."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def packed(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.dcm"))}


def refusal(path: Path, settings: StudySettings | None = None) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(path, settings)
    with pytest.raises(StudyRefusedError) as again:
        inspect_folder(path, settings)
    assert again.value.code == caught.value.code
    return caught.value


@pytest.mark.parametrize("name", ["scan.zip", "scan"])
def test_an_archive_is_read_like_its_folder_and_leaves_nothing(tmp_path: Path, scratch: Path, name: str) -> None:
    folder = write_small(tmp_path / "in")
    archive = packed(tmp_path / name, contents(folder))
    study, plain = read_study(archive), read_study(folder)
    np.testing.assert_array_equal(study.low.array, plain.low.array)
    assert study.input_hash == plain.input_hash
    assert inspect_folder(archive) == inspect_folder(folder)
    assert not list(scratch.iterdir())


def test_nothing_is_left_of_a_refused_archive(tmp_path: Path, scratch: Path) -> None:
    low = {name: content for name, content in contents(write_small(tmp_path / "in")).items() if "low" in name}
    with pytest.raises(StudyRefusedError, match="one energy only"):
        read_study(packed(tmp_path / "scan.zip", low))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil", "C:evil"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    files = contents(write_small(tmp_path / "in")) | {name: b"x"}
    assert refusal(packed(tmp_path / "scan.zip", files)).code == "archive_unsafe"
    assert not list(tmp_path.rglob("evil"))


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(tmp_path / "scan.zip").code == "archive_unsafe"


def test_encryption_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "scan.zip", {"a": b"content"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags_at] |= 1
    path.write_bytes(content)
    assert refusal(path).code == "archive_encrypted"


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "scan.zip", {f"{n}": bytes(2**23) for n in range(20)})
    error = refusal(path)
    assert (error.code, "160 MiB" in error.found) == ("archive_too_large", True)


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "scan.zip", {f"{n}": b"" for n in range(1001)})
    assert refusal(path, StudySettings(maximum_archive_files=1000)).code == "archive_too_large"


def test_no_more_is_unpacked_than_the_disk_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "scan.zip", contents(write_small(tmp_path / "in")))
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    assert refusal(path).code == "no_room"


@pytest.mark.parametrize("spoil", [lambda c: c[:-30], lambda c: c[:2], lambda c: c[:200] + b"\xff" * 50 + c[250:]])
def test_a_damaged_archive_is_refused(tmp_path: Path, spoil) -> None:
    path = packed(tmp_path / "scan.zip", contents(write_small(tmp_path / "in")))
    path.write_bytes(spoil(path.read_bytes()))
    assert refusal(path).code == "archive_damaged"


def test_methods_that_may_take_gigabytes_to_unpack_are_refused(tmp_path: Path) -> None:
    assert refusal(packed(tmp_path / "scan.zip", {"a": b"x" * 99}, zipfile.ZIP_LZMA)).code == "archive_damaged"


def test_an_empty_archive_is_an_empty_folder(tmp_path: Path) -> None:
    assert refusal(packed(tmp_path / "scan.zip", {"folder/": b""})).code == "empty_folder"
