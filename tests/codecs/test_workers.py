"""Images are decoded the same in this process and in helpers, which may die of a damaged image without harm."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless

from calcidect.codecs import Coding, Workers, decode, expected_seconds
from calcidect.codecs import _workers as module
from support.syntaxes import encode

IMAGE = np.random.default_rng(0).integers(0, 4096, (40, 36)).astype(np.uint16)
CODING = Coding(JPEGLSLossless, 40, 36, 16)
FRAME = encode(IMAGE, JPEGLSLossless, 12)
ENOUGH_S = 60.0  # for helpers to be worth while


def helpers(count: int = 2) -> Workers:
    return Workers(count, ENOUGH_S)


@pytest.mark.parametrize("uid", [JPEGLSLossless, JPEGLosslessSV1])
def test_a_helper_gives_what_this_process_gives(uid) -> None:
    frame, coding = encode(IMAGE, uid, 12), Coding(uid, 40, 36, 16)
    with helpers() as workers:
        np.testing.assert_array_equal(workers.decode(frame, coding), IMAGE)
        assert workers._helpers.get().works
    np.testing.assert_array_equal(decode(frame, coding), IMAGE)


def test_a_damaged_image_is_an_error_and_the_next_one_is_decoded() -> None:
    with helpers() as workers:
        for _ in range(3):
            with pytest.raises(ValueError, match="damaged"):
                workers.decode(FRAME[:40], CODING)
        np.testing.assert_array_equal(workers.decode(FRAME, CODING), IMAGE)


def test_a_helper_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.5)
    with helpers() as workers:
        helper = workers._helpers.get()
        assert helper.works
        helper._process.stdin, spare = open_pipe(), helper._process.stdin  # it never gets the image
        start = time.monotonic()
        with pytest.raises((EOFError, OSError)):
            helper.decode(FRAME, CODING)
        assert time.monotonic() - start < 5
        helper._process.stdin.close()
        helper._process.stdin = spare


def open_pipe():
    reader, writer = os.pipe()
    threading.Timer(10, os.close, [reader]).start()
    return os.fdopen(writer, "wb")


def test_without_a_helper_this_process_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GREETING", b"something else\n")
    with helpers() as workers:
        np.testing.assert_array_equal(workers.decode(FRAME, CODING), IMAGE)


def test_helpers_are_ended_with_the_workers() -> None:
    with helpers(3) as workers:
        processes = [workers._helpers.get()._process for _ in range(3)]
        assert all(process.poll() is None for process in processes)
    assert all(process.poll() is not None for process in processes)


@pytest.mark.parametrize(("count", "expected_s"), [(1, ENOUGH_S), (4, 0.1)])
def test_no_helpers_where_they_do_not_pay(count: int, expected_s: float) -> None:
    with Workers(count, expected_s) as workers:
        assert workers._helpers is None


@pytest.mark.parametrize("count", [1, 2, 7])
def test_results_come_in_the_order_of_the_inputs_and_few_are_in_flight(count: int) -> None:
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.001 * (number % 3))
        return number

    with Workers(count) as workers:
        for expected, result in enumerate(workers.in_order(work, iter(range(50)))):
            assert result == expected
            assert len(begun) <= expected + 2 * count + 2


def test_jpeg_2000_is_expected_to_take_longest() -> None:
    assert expected_seconds(JPEG2000Lossless, 10**6) > expected_seconds(JPEGLSLossless, 10**6) > 0
    assert expected_seconds("1.2.840.10008.1.2.5", 10**6) == 0
