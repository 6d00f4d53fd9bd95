"""A result folder appears whole or not at all."""

import errno
import os
import subprocess

import pytest

from calcidect.errors import OutputError, UsageError
from calcidect.result import check_target, write_result
from support.results import small_result

FILES = {
    "findings.json",
    "deposits.csv",
    "bones.csv",
    "bones.nii.gz",
    "labels.json",
    "deposits.nii.gz",
    "materials/hydroxyapatite.nii.gz",
    "materials/hydroxyapatite_sd.nii.gz",
    "materials/urate.nii.gz",
    "materials/urate_sd.nii.gz",
    "provenance.json",
}


def files_in(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def fail_with(error):
    def extra(folder):
        (folder / "report.html").write_text("half a rep")
        raise error

    return extra


def test_folder_holds_the_files_of_the_contract(tmp_path):
    write_result(small_result(), tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == FILES
    assert os.listdir(tmp_path) == ["out"]


def test_same_result_gives_same_bytes(tmp_path):
    small_result().save(tmp_path / "a")
    small_result().save(tmp_path / "b")
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")


def test_missing_parents_are_made(tmp_path):
    small_result().save(tmp_path / "x" / "y" / "out")
    assert (tmp_path / "x" / "y" / "out" / "findings.json").is_file()


def test_extra_files_come_with_the_folder(tmp_path):
    write_result(small_result(), tmp_path / "out", extra=lambda folder: (folder / "report.html").write_text("x"))
    assert set(files_in(tmp_path / "out")) == FILES | {"report.html"}


def test_existing_folder_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError) as caught:
        small_result().save(tmp_path / "out")
    assert (caught.value.code, caught.value.exit_code) == ("output_exists", 2)
    assert files_in(tmp_path / "out") == {"mine.txt": b"keep"}


def test_force_replaces_all_of_the_old_folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    small_result().save(tmp_path / "out", force=True)
    assert set(files_in(tmp_path / "out")) == FILES
    assert os.listdir(tmp_path) == ["out"]


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "out").write_text("keep")
    with pytest.raises(UsageError, match="is a file"):
        small_result().save(tmp_path / "out", force=True)
    assert (tmp_path / "out").read_text() == "keep"


@pytest.mark.parametrize("target", [".", "inside", ".."])
def test_folder_of_the_scan_is_never_touched(tmp_path, target):
    scan = tmp_path / "above" / "scan"
    scan.mkdir(parents=True)
    with pytest.raises(UsageError) as caught:
        check_target(scan / target, force=True, input_folder=scan)
    assert caught.value.code == "output_touches_input"


def test_folder_beside_the_scan_is_fine(tmp_path):
    (tmp_path / "scan").mkdir()
    check_target(tmp_path / "scan-result", input_folder=tmp_path / "scan")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_failed_write_leaves_nothing_behind(tmp_path, number):
    error = OSError(number, os.strerror(number), "/a/path/with/a/name")
    with pytest.raises(OutputError) as caught:
        write_result(small_result(), tmp_path / "deep" / "out", extra=fail_with(error))
    assert os.listdir(tmp_path) == []
    assert "name" not in str(caught.value)
    assert os.strerror(number) in caught.value.found


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a fault of ours")])
def test_interrupt_leaves_nothing_behind(tmp_path, error):
    with pytest.raises(type(error)):
        write_result(small_result(), tmp_path / "out", extra=fail_with(error))
    assert os.listdir(tmp_path) == []


def test_failed_write_keeps_the_old_folder(tmp_path):
    small_result().save(tmp_path / "out")
    before = files_in(tmp_path / "out")
    with pytest.raises(OutputError):
        write_result(
            small_result(),
            tmp_path / "out",
            force=True,
            extra=fail_with(OSError(errno.ENOSPC, "No space left")),
        )
    assert files_in(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


def test_failed_rename_puts_the_old_folder_back(tmp_path, monkeypatch):
    small_result().save(tmp_path / "out")
    before = files_in(tmp_path / "out")
    rename = type(tmp_path).rename

    def failing(self, target):
        if self.name.endswith(".partial"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", failing)
    with pytest.raises(OutputError):
        small_result().save(tmp_path / "out", force=True)
    assert files_in(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


@pytest.fixture
def full_disk(tmp_path):
    """A file system of 64 KiB: less than the result needs."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("needs the mount command")
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_full_disk_leaves_nothing_behind(full_disk):
    with pytest.raises(OutputError, match="No space left"):
        small_result().save(full_disk / "out")
    assert os.listdir(full_disk) == []


def test_full_disk_keeps_the_old_folder(full_disk):
    (full_disk / "out").mkdir()
    (full_disk / "out" / "old.txt").write_text("old")
    with pytest.raises(OutputError):
        small_result().save(full_disk / "out", force=True)
    assert files_in(full_disk / "out") == {"old.txt": b"old"}
