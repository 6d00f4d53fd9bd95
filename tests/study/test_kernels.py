"""Kernels by name."""

from __future__ import annotations

import pytest

from calcidect.study._kernels import kernel_of


@pytest.mark.parametrize(
    ("name", "family", "sharpness"),
    [
        ("D30f", "medium", 30), ("B20s", "soft", 20), ("Br40d\\3", "medium", 40), ("I31f\\3", "medium", 31),
        ("B60f", "sharp", 60), ("Br64", "sharp", 64), ("B70s", "sharp", 70), ("Hr60h", "sharp", 60),
        ("Qr36d", "quantitative", 36), ("Q30f", "quantitative", 30), ("Qr76", "quantitative", 76),
        ("STANDARD", "medium", 35), ("SOFT", "soft", 20), ("BONEPLUS", "sharp", 65), ("LUNG", "sharp", 65),
        ("B", "medium", 35), ("YB", "sharp", 60), ("FC13", "medium", 35), ("FC08", "soft", 20), ("FC30", "sharp", 65),
        ("FC51", "sharp", 65), (" fc52 ", "sharp", 65),
    ],
)  # fmt: skip
def test_vendors_names_are_known(name: str, family: str, sharpness: int) -> None:
    kernel = kernel_of(name)
    assert kernel is not None
    assert (kernel.family, kernel.sharpness) == (family, sharpness)
    assert kernel.enhances_edges == (family == "sharp")


@pytest.mark.parametrize("name", ["", "?", "our own", "FC", "Br", "12"])
def test_other_names_are_not(name: str) -> None:
    assert kernel_of(name) is None
