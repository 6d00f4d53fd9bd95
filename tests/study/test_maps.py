"""Material maps as input: recognised by name, code and unit, checked by their pixels, and turned into two HU images."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from calcidect.errors import StudyRefusedError
from calcidect.materials._beams import HA_G_PER_CM3
from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg
from calcidect.phantom._maps import GE_MAPS, PHILIPS_MAPS, STANDARD_MAPS, write_maps
from calcidect.settings import StudySettings
from calcidect.study import inspect_folder, read_study
from calcidect.study._header import ImageHeader, Labels
from calcidect.study._map_images import (
    COMPUTED_PAIR,
    HA_RELATIVE_ATTENUATION,
    hu_of_concentrations,
    hu_of_density_and_number,
)
from calcidect.study._maps import MapFound, find_map
from calcidect.study._pixel_format import PixelFormat
from support.dicom import LABELS, set_values, small_pair, write_small

KINDS = {
    "ge": (GE_MAPS, "ge_gsi"),
    "standard": (STANDARD_MAPS, "siemens_naeotom"),
    "philips": (PHILIPS_MAPS, "philips_iqon"),
}
HA, WATER, DENSITY, NUMBER = "hydroxyapatite", "water", "electron density", "effective atomic number"


def header(unit: str = "", description: str = "", **labels: Any) -> ImageHeader:
    texts = dict.fromkeys(("image_type", "private_label", "filter_text", "kernel"), "")
    told = Labels(**{**texts, "kvp": 120.0, "kev": None, "is_blended": False, "description": description, **labels})
    pixels = PixelFormat("", 0, 16, 16, 1, False, 1.0, 0.0, unit, None)
    nothing = dict.fromkeys(("position_mm", "orientation", "spacing_mm"))
    uids = dict.fromkeys(("instance_uid", "series_uid", "study_uid", "frame_uid"), "")
    return ImageHeader(path=Path("x"), file_bytes=0, rows=0, columns=0, labels=told, pixels=pixels, **nothing, **uids)


def write(folder: Path, kind: str = "ge", ratio: float = 2.2, **more: Any) -> Path:
    """Write maps of a small scan whose bone has a ratio from 50 to 100 keV."""
    styles, vendor = KINDS[kind]
    low, high = small_pair(ratio)
    usual = {"styles": styles, "vendor": vendor, "seed": 7, "thickness_mm": 0.75, "labels": LABELS}
    write_maps(low, high, folder, **usual | more)
    return folder


def refusal(folder: Path) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    return caught.value


class TestNames:
    @pytest.mark.parametrize(
        ("labels", "kind"),
        [
            ({"description": "HAP(Water)"}, HA),
            ({"description": "GSI Hand Water(HAP)"}, WATER),
            ({"description": "Hydroxyapatite (Water)"}, HA),
            ({"description": "MD HA(Water) 0.625"}, HA),
            ({"description": "Electron Density[%EDW]"}, DENSITY),
            ({"private_label": "Z Effective"}, NUMBER),
            ({"description": "Zeff"}, NUMBER),
            ({"description": "Rho"}, DENSITY),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\EFF_ATOMIC_NUM"}, NUMBER),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\ELECTRON_DENSITY"}, DENSITY),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC", "quantity": "256579008 Hydroxyapatite"}, HA),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC", "quantity": "11713004 Water",
              "basis": "11713004 Water 256579008 Calcium hydroxyapatite"}, WATER),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC", "description": "Water"}, WATER),
        ],
    )  # fmt: skip
    def test_a_map_is_known(self, labels: dict[str, Any], kind: str) -> None:
        found = find_map(header(**labels))
        assert isinstance(found, MapFound)
        assert found.kind == kind

    @pytest.mark.parametrize(
        ("labels", "why"),
        [
            ({"description": "Water(Calcium)"}, "material map of Water in Calcium"),
            ({"description": "Calcium(Water)"}, "not of hydroxyapatite and water"),
            ({"description": "Uric Acid(HAP)"}, "material map of Uric Acid in HAP"),
            ({"description": "Water(Iodine)", "unit": "MGML"}, "material map of Water in Iodine"),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC", "description": "Water",
              "basis": "11713004 Water 44588005 Iodine"}, "another basis"),
            ({"image_type": "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC"}, "does not tell its material"),
            ({"description": "Rho/Z"}, ""),
            ({"description": "Electron Density and Z Effective"}, "together"),
            ({"description": "HAP(Water)", "unit": "HU_MOD"}, "unknown unit HU_MOD"),
            ({"description": "Hand 120 kV"}, ""),
        ],
    )  # fmt: skip
    def test_what_is_none_says_why(self, labels: dict[str, Any], why: str) -> None:
        found = find_map(header(**labels))
        assert isinstance(found, str)
        assert why in found

    @pytest.mark.parametrize(
        ("unit", "description", "factor"),
        [
            ("MGML", "HAP(Water)", 1.0),
            ("MG/CM3", "HAP(Water)", 1.0),
            ("MG/CM^3", "HAP(Water)", 1.0),
            ("mg/cm\u00b3".upper(), "HAP(Water)", 1.0),
            ("100\u00b5g/cc".upper(), "HAP(Water)", 0.1),
            ("UG/ML", "HAP(Water)", 1e-3),
            ("G/CM3", "HAP(Water)", 1e3),
            ("HU", "HAP(Water)", 1.0),  # what some write who mean nothing by it
            ("EDW", "Electron Density", 1.0),
            ("%EDW", "Electron Density", 0.01),
            ("ED", "Electron Density", 1 / 3.343),
            ("", "Electron Density[%EDW]", 0.01),
            ("Z_EFF", "Z Effective", 1.0),
            ("10^-2 Z_EFF", "Z Effective", 0.01),  # the standard's own example
        ],
    )
    def test_units_are_turned_into_one(self, unit: str, description: str, factor: float) -> None:
        found = find_map(header(unit, description))
        assert isinstance(found, MapFound)
        assert found.factor == pytest.approx(factor)


class TestFormulas:
    def test_the_attenuation_is_that_of_the_materials_table(self) -> None:
        for energy, attenuation in zip((COMPUTED_PAIR.low, COMPUTED_PAIR.high), HA_RELATIVE_ATTENUATION, strict=True):
            assert attenuation == pytest.approx(hydroxyapatite_hu_per_mg(energy) + 1 / HA_G_PER_CM3, rel=1e-4)

    @given(ha=st.floats(0, 3000))
    def test_a_crystal_in_water_has_the_sensitivity_of_the_table(self, ha: float) -> None:
        water = 1000 - ha / HA_G_PER_CM3
        for energy, attenuation in zip((COMPUTED_PAIR.low, COMPUTED_PAIR.high), HA_RELATIVE_ATTENUATION, strict=True):
            expected = ha * hydroxyapatite_hu_per_mg(energy)
            assert hu_of_concentrations(ha, water, attenuation) == pytest.approx(expected, rel=1e-3, abs=0.1)

    @pytest.mark.parametrize(
        ("density", "number", "hu"),
        [
            (1.0, 7.445, (0.0, 0.0)),  # water
            (1.058, 9.03, (226.9, 86.6)),  # 100 mg/cm3 of hydroxyapatite in water
            (1.464, 13.08, (1814.9, 692.9)),  # 800 mg/cm3
            (0.0, 0.0, (-1000.0, -1000.0)),
        ],
    )
    def test_density_and_number_of_known_mixtures_give_their_hu(
        self, density: float, number: float, hu: tuple[float, float]
    ) -> None:
        computed = [hu_of_density_and_number(density, number, a, 3.1) for a in HA_RELATIVE_ATTENUATION]
        assert computed == pytest.approx(hu, rel=3e-3, abs=1.0)

    @pytest.mark.parametrize(
        ("density", "number", "hu", "off"),
        [
            (0.951, 6.37, (-111.2, -60.5), (-8.6, -0.3)),  # fat
            (1.040, 7.50, (46.9, 41.3), (-2.0, -0.1)),  # muscle
            (1.129, 7.21, (111.0, 125.4), (-3.3, -0.3)),  # tendon
            (1.202, 7.54, (211.6, 203.6), (-0.3, -0.3)),  # 600 mg/cm3 of urate in water
        ],
    )
    def test_other_tissues_are_off_by_what_the_method_page_says(
        self, density: float, number: float, hu: tuple[float, float], off: tuple[float, float]
    ) -> None:
        computed = [hu_of_density_and_number(density, number, a, 3.1) for a in HA_RELATIVE_ATTENUATION]
        assert np.subtract(computed, hu) == pytest.approx(off, abs=1.0)


class TestRead:
    @pytest.mark.parametrize("kind", KINDS)
    def test_maps_become_the_images_they_were_made_from(self, tmp_path: Path, kind: str) -> None:
        study = read_study(write(tmp_path, kind))
        low, high = small_pair(2.2)
        assert study.pair == COMPUTED_PAIR
        assert [notice.code for notice in study.notices] == ["material_maps"]
        for made, read in ((low, study.low), (high, study.high)):
            assert read is not None
            error = np.abs(read.array.astype(float) - made.array)[made.array > -500]
            assert error.max() <= 2

    def test_inspect_names_the_maps_and_their_pair(self, tmp_path: Path) -> None:
        found = inspect_folder(write(tmp_path))
        assert {series.energy: series.role for series in found.series} == {HA: "map", WATER: "map"}
        assert [(pair.name, pair.is_chosen) for pair in found.pairs] == [("maps of hydroxyapatite and water", True)]
        assert found.refusal is None

    def test_another_exponent_is_a_setting(self, tmp_path: Path) -> None:
        folder = write(tmp_path, "philips")
        usual, other = (read_study(folder, StudySettings(zeff_exponent=m)).low.array for m in (3.1, 3.5))
        bone = usual > 900
        assert np.mean(other[bone]) < 0.95 * np.mean(usual[bone])  # the same number means less calcium

    def test_images_of_two_energies_go_before_maps(self, tmp_path: Path) -> None:
        write_small(tmp_path / "kv")
        write(tmp_path / "maps")
        set_values(tmp_path / "maps", StudyInstanceUID=first_uid(tmp_path / "kv"))
        found = inspect_folder(tmp_path)
        assert {series.energy: series.role for series in found.series if series.role != "not used"} == {
            "80 kV": "low",
            "Sn150 kV": "high",
        }
        assert {series.why_not for series in found.series if series.energy in (HA, WATER)} == {
            "two energies go before material maps: they are nearer to what was measured"
        }

    def test_concentrations_go_before_density_and_number(self, tmp_path: Path) -> None:
        write(tmp_path / "ge")
        write(tmp_path / "philips", "philips")
        set_values(tmp_path / "philips", StudyInstanceUID=first_uid(tmp_path / "ge"))
        assert {s.energy for s in inspect_folder(tmp_path).series if s.role == "map"} == {HA, WATER}


class TestRefused:
    def test_swapped_names(self, tmp_path: Path) -> None:
        folder = write(tmp_path, styles=(replace(GE_MAPS[0], description="Water(HAP)"),
                                         replace(GE_MAPS[1], description="HAP(Water)")))  # fmt: skip
        assert refusal(folder).code == "maps_swapped"

    def test_swapped_density_and_number(self, tmp_path: Path) -> None:
        density, number = PHILIPS_MAPS
        swapped = (replace(number, rescale_type="EDW", description="Electron Density", slope=1e-3),
                   replace(density, rescale_type="Z_EFF", description="Z Effective", slope=1e-3))  # fmt: skip
        folder = write(tmp_path, "philips", styles=(density, number))
        for name, style in (("first", swapped[1]), ("second", swapped[0])):
            scale = 1e-4 if name == "first" else 1e-3  # the same values in plain units, under the other's name
            set_values(
                folder / name, SeriesDescription=style.description, RescaleType=style.rescale_type, RescaleSlope=scale
            )
        assert refusal(folder).code == "maps_swapped"

    @pytest.mark.parametrize(("kind", "unit"), [("ge", "g/cm3"), ("ge", "ug/ml"), ("philips", "EDW")])
    def test_a_wrong_unit(self, tmp_path: Path, kind: str, unit: str) -> None:
        folder = write(tmp_path, kind)
        set_values(folder / "first" if kind == "philips" else folder, RescaleType=unit)
        error = refusal(folder)
        assert error.code == "maps_implausible"
        assert "0.85 to 1.15" in error.expected or "800 to 1200" in error.expected

    def test_bone_that_is_no_calcium(self, tmp_path: Path) -> None:
        error = refusal(write(tmp_path, ratio=1.05))
        assert (error.code, "no calcium" in error.found) == ("maps_implausible", True)

    @pytest.mark.parametrize(("name", "of", "needs"), [("first", WATER, HA), ("second", HA, WATER)])
    def test_one_map_without_the_other_says_what_it_lacks(self, tmp_path: Path, name: str, of: str, needs: str) -> None:
        folder = write(tmp_path)
        shutil.rmtree(folder / name)
        error = refusal(folder)
        assert error.code == "no_energy"
        assert f"map of {of} needs one of {needs}" in error.found

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [("FrameOfReferenceUID", "1.2.3"), ("PixelSpacing", [0.7, 0.7]), ("ConvolutionKernel", "X")],
    )
    def test_maps_that_do_not_belong_together(self, tmp_path: Path, attribute: str, value: Any) -> None:
        folder = write(tmp_path)
        set_values(folder / "second", **{attribute: value})
        assert refusal(folder).code == "no_energy"

    def test_maps_of_calcium_and_water(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        set_values(folder / "first", SeriesDescription="Calcium(Water)")
        set_values(folder / "second", SeriesDescription="Water(Calcium)")
        assert refusal(folder).code == "no_energy"
        assert "material map of Water in Calcium, not of hydroxyapatite and water" in {
            series.why_not for series in inspect_folder(folder).series
        }

    def test_the_same_maps_twice(self, tmp_path: Path) -> None:
        write(tmp_path / "a")
        write(tmp_path / "b", seed=8)
        for name in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientName"):
            set_values(tmp_path / "b", **{name: first_uid(tmp_path / "a", name)})
        assert refusal(tmp_path).code == "several_pairs"


def first_uid(folder: Path, name: str = "StudyInstanceUID") -> str:
    return str(getattr(dcmread(sorted(folder.rglob("*.dcm"))[0]), name))


@given(unit=st.text(max_size=16), description=st.sampled_from(["HAP(Water)", "Electron Density", "Z Effective"]))
def test_any_unit_is_known_or_refused_never_a_fault(unit: str, description: str) -> None:
    found = find_map(header(unit, description))
    assert isinstance(found, MapFound) or "unknown unit" in found


def test_the_standards_codes_tell_a_map_whatever_its_name(tmp_path: Path) -> None:
    folder = write(tmp_path, "standard")
    materials = {"first": ("256579008", "Calcium hydroxyapatite"), "second": ("11713004", "Water")}
    basis = [material(*code) for code in materials.values()]
    for name, code in materials.items():
        quantity = Dataset()
        quantity.ConceptCodeSequence = material(*code).MaterialCodeSequence
        mapping, processing = Dataset(), Dataset()
        mapping.QuantityDefinitionSequence = [quantity]
        processing.DecompositionMaterialSequence = basis
        set_values(
            folder / name,
            SeriesDescription="Hand",
            RealWorldValueMappingSequence=[mapping],
            MultienergyCTProcessingSequence=[processing],
        )
    assert {series.energy: series.role for series in inspect_folder(folder).series} == {HA: "map", WATER: "map"}


def material(value: str, meaning: str) -> Dataset:
    code, item = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    item.MaterialCodeSequence = [code]
    return item
