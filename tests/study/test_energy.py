"""What X-rays made an image, from the ways in which vendors say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from calcidect.study._energy import find_energy
from calcidect.study._header import ImageHeader, Labels, PixelFormat


def image(unit: str = "HU", samples: int = 1, **labels: object) -> ImageHeader:
    texts = dict.fromkeys(("image_type", "description", "private_label", "filter_text", "kernel"), "")
    return ImageHeader(
        path=Path("x"),
        file_bytes=0,
        instance_uid="",
        series_uid="",
        study_uid="",
        frame_uid="",
        position_mm=None,
        orientation=None,
        spacing_mm=None,
        rows=0,
        columns=0,
        labels=Labels(**{**texts, "kvp": None, "kev": None, "is_blended": False, **labels}),  # type: ignore[arg-type]
        pixels=PixelFormat("", 0, 16, 12, samples, False, 1.0, -1024.0, unit, None),
    )


@pytest.mark.parametrize(
    ("labels", "energy"),
    [
        ({"kvp": 80.0, "description": "DE_Gout 0.75 D30f A_80kV"}, "80 kV"),
        ({"kvp": 140.0, "description": "DE_Gout 0.75 D30f B_Sn140kV"}, "Sn140 kV"),
        ({"kvp": 140.0, "description": "DE_Gout 0.75 D30f B_140kV"}, "140 kV"),
        ({"kvp": 150.0, "filter_text": "WEDGE_3 TIN"}, "Sn150 kV"),
        ({"kvp": 150.0, "description": "Hand Sn 150 kV"}, "Sn150 kV"),
        ({"kvp": 80.0, "description": "DE 80/Sn150 kV"}, "80 kV"),  # the tin is the other tube's
        ({"description": "DE B_Sn140kV"}, "Sn140 kV"),
        ({"description": "Dual 135kVp"}, "135 kV"),
        ({"kvp": 120.0, "description": "MonoE 50keV[HU]"}, "50 keV"),
        ({"kvp": 120.0, "private_label": "MonoE 100keV[HU]"}, "100 keV"),
        ({"kvp": 140.0, "description": "GSI Hand 70 keV"}, "70 keV"),
        ({"kvp": 120.0, "kev": 65.0, "description": "MonoPlus 70keV"}, "65 keV"),
        ({"kev": 70.0, "is_blended": True}, "70 keV"),  # a virtual image of two tubes names both sources
        ({"kvp": 120.0, "image_type": "DERIVED\\PRIMARY\\AXIAL\\40KEV"}, "40 keV"),
        ({"kvp": 120.0, "description": "Hand 0.75 D30f"}, "120 kV"),
        ({"kvp": 120.0, "description": "Snuffbox 30 deg"}, "120 kV"),  # a hand has one; it is no tin
    ],
)
def test_an_energy_is_found(labels: dict[str, object], energy: str) -> None:
    assert str(find_energy(image(**labels)).energy) == energy  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"kvp": 120.0, "description": "DE_Gout 0.75 D30f M_0.5"}, "mixture"),
        ({"kvp": 120.0, "description": "DE_Gout 0.75 D30f F_0.5"}, "mixture"),
        ({"kvp": 120.0, "image_type": "DERIVED\\PRIMARY\\AXIAL\\AVERAGE"}, "mixture"),
        ({"kvp": 120.0, "is_blended": True}, "mixture"),
        ({"kvp": 120.0, "image_type": "ORIGINAL\\PRIMARY\\LOCALIZER"}, "localiser"),
        ({"kvp": 140.0, "description": "HAP(Water)"}, "material map"),
        ({"kvp": 140.0, "description": "Uric Acid(Calcium)"}, "material map"),
        ({"kvp": 120.0, "description": "Z Effective"}, "material map"),
        ({"kvp": 120.0, "image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC"}, "material map"),
        ({"kvp": 120.0, "unit": "MGML"}, "not in HU but in MGML"),
        ({"kvp": 120.0, "samples": 3}, "colour picture"),
        ({"description": "Hand"}, "states no energy"),
    ],
)
def test_an_image_that_is_no_energy_says_why(labels: dict[str, object], why: str) -> None:
    found = find_energy(image(**labels))  # type: ignore[arg-type]
    assert found.energy is None
    assert why in found.why_not


@pytest.mark.parametrize(
    ("labels", "source"),
    [
        ({"kvp": 80.0}, "KVP"),
        ({"kvp": 150.0, "description": "Sn150kV"}, "KVP, tin from Series Description"),
        ({"description": "Sn150kV"}, "Series Description"),
        ({"kev": 50.0}, "Monoenergetic Energy Equivalent (0018,937C)"),
        ({"private_label": "50keV"}, "Image Label (00E1,1040)"),
    ],
)
def test_the_place_it_was_read_from_is_told(labels: dict[str, object], source: str) -> None:
    assert find_energy(image(**labels)).source == source  # type: ignore[arg-type]
