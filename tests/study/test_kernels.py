"""Kernels by name: which are the same, which is sharper."""

from __future__ import annotations

import pytest

from calcidect.study._kernels import FAMILIES, kernel_of


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.vendor + " " + family.example)
def test_the_example_of_every_family_has_a_sharpness(family) -> None:
    kernel = kernel_of(family.example, family.maker or "")
    assert kernel.sharpness is not None
    assert 0 < kernel.sharpness <= 1
    assert kernel.is_quantitative == family.is_quantitative


@pytest.mark.parametrize(
    ("maker", "softest_first"),
    [
        ("SIEMENS", ["B20s", "D30f", "Qr36d", "Br40", "B60f", "Br64d", "Hr72"]),
        ("Canon", ["FC08", "FC30", "FC52", "FC81"]),
        ("GE MEDICAL SYSTEMS", ["SOFT", "STANDARD", "DETAIL", "BONE", "BONEPLUS", "EDGE"]),
        ("Philips", ["A", "B", "C", "D", "YC", "YD"]),
    ],
)
def test_kernels_of_a_vendor_are_in_order(maker: str, softest_first: list[str]) -> None:
    sharpness = [kernel_of(name, maker).sharpness or 0.0 for name in softest_first]
    assert sharpness == sorted(set(sharpness))


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("Qr36d", "Qr36f", True),  # the last letter depends on the rotation time
        ("I30f\\3", "I30f\\2", True),  # strength of the iterative reconstruction
        ("STANDARD", "standard+", True),
        ("Qr36d", "Qr40d", False),
        ("Qr36d", "Br36d", False),
        ("FC13", "FC13-H", False),
        ("Wonder", "Wonder2", False),
    ],
)
def test_two_names_of_one_kernel(one: str, other: str, are_same: bool) -> None:
    assert (kernel_of(one).name == kernel_of(other).name) == are_same


@pytest.mark.parametrize(
    ("name", "maker"), [("", "SIEMENS"), ("B", "ACME"), ("Wonder", "SIEMENS"), ("FC", "Canon"), ("FC93", "Canon")]
)
def test_an_unknown_name_has_no_sharpness(name: str, maker: str) -> None:
    assert kernel_of(name, maker).sharpness is None


@pytest.mark.parametrize(
    ("name", "maker", "family"),
    [
        ("D30f", "SIEMENS", "quantitative"), ("B20s", "SIEMENS", "soft"), ("Br40d\\3", "SIEMENS", "medium"),
        ("B60f", "SIEMENS", "sharp"), ("Hr60h", "SIEMENS", "sharp"), ("Qr76", "SIEMENS", "quantitative"),
        ("STANDARD", "GE", "medium"), ("SOFT", "GE", "soft"), ("BONEPLUS", "GE", "sharp"), ("B", "Philips", "medium"),
        ("YB", "Philips", "sharp"), ("FC13", "Canon", "medium"), ("FC30", "Canon", "sharp"),
        (" fc52 ", "Canon", "sharp"),
        ("our own", "SIEMENS", None),
    ],
)  # fmt: skip
def test_kernels_fall_into_families(name: str, maker: str, family: str | None) -> None:
    assert kernel_of(name, maker).family == family
