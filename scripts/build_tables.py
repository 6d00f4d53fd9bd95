"""Build the attenuation tables that ship with calcidect. Needs the extra ``tables`` (spekpy, xraydb).

::

    python scripts/build_tables.py

writes ``src/calcidect/materials/data/beams.json``, of which the analysis makes any beam, and
``src/calcidect/phantom/data/tissues.json``, which the simulated scanner reads. The two ship apart: the phantom
knows the tissues, the analysis only water and the two crystals.
docs/method/materials.md holds the formulas and the comparison with published values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import spekpy
import xraydb
from numpy.typing import NDArray

Array = NDArray[np.float64]
Composition = dict[str, float]

ROOT = Path(__file__).resolve().parents[1] / "src" / "calcidect"

# The tube and its filters. Tin: 0.4 mm on the second dual-source generation, 0.6 mm on the third. Exchanged,
# the model gives hydroxyapatite a ratio of 2.30 at 80/Sn140 and 2.20 at 80/Sn150, far from 2.12 and 2.37.
ANODE_ANGLE_DEG = 9.0
ALUMINIUM_MM, TITANIUM_MM = 3.0, 0.9
BEAMS: dict[str, tuple[float, float]] = {
    "70": (70, 0), "80": (80, 0), "90": (90, 0), "100": (100, 0), "110": (110, 0),
    "120": (120, 0), "130": (130, 0), "135": (135, 0),
    "140": (140, 0), "Sn140": (140, 0.4), "Sn150": (150, 0.6),
}  # fmt: skip
"""Name: tube voltage in kV, tin in mm."""
LOWEST_KEV = 10.0  # nothing below it passes the filters
SPECTRUM_STEP_KEV = 0.5

# The detector: gadolinium oxysulphide ceramic, 7.34 g/cm3, 1.4 mm.
SCINTILLATOR, SCINTILLATOR_G_PER_CM3, SCINTILLATOR_CM = "Gd2O2S", 7.34, 0.14
ELECTRON_REST_KEV = 511.0

TUBE_KV = range(60, 151, 5)  # of the analysis' table
FILTERS = {"aluminium": "Al", "titanium": "Ti", "copper": "Cu", "silver": "Ag", "tin": "Sn", "gold": "Au"}
THIN_MM = 0.001  # of a filter, so that enough is left behind it at any energy to tell its attenuation

PATHS_CM = [*np.arange(0, 8.25, 0.5).tolist(), *np.arange(10, 20.5, 2.0).tolist()]
ENERGIES_KEV = np.arange(40.0, 201.0, 1.0)

WATER: Composition = {"H": 2 * 1.008 / 18.015, "O": 15.999 / 18.015}
WATER_G_PER_CM3 = 1.0
CRYSTALS = {
    "ha": ("Ca5P3O13H", 3.16),
    "msu": ("C5H5N4NaO4", 1.72),
}  # hydroxyapatite; sodium urate monohydrate

ICRU44 = "ICRU Report 44 (1989), as in NIST's X-ray mass attenuation tables"
ICRU46 = "ICRU Report 46 (1992); Woodard and White, Br J Radiol 1986;59:1209"
# From the residues of type I collagen; its partial specific volume is 0.70 cm3/g.
COLLAGEN: Composition = {"H": 0.066, "C": 0.505, "N": 0.188, "O": 0.239, "S": 0.002}
COLLAGEN_CM3_PER_G = 0.70
# Sulphur between human nail (3.2 %) and hair (4.5 %), water 10 % (J Cosmet Sci 1999;50:363); calcium 1 mg/g.
KERATIN: Composition = {"H": 0.066, "C": 0.500, "N": 0.165, "O": 0.230, "S": 0.038, "Ca": 0.001}
SALT_IN_SALINE = 0.009  # physiological saline
SALINE: Composition = {
    **{element: (1 - SALT_IN_SALINE) * share for element, share in WATER.items()},
    "Na": SALT_IN_SALINE * 22.990 / 58.443,
    "Cl": SALT_IN_SALINE * 35.453 / 58.443,
}


def _mixture(first: Composition, second: Composition, share_of_first: float) -> Composition:
    """Return the mass fractions of two compositions mixed by mass."""
    elements = sorted({*first, *second})
    return {e: share_of_first * first.get(e, 0) + (1 - share_of_first) * second.get(e, 0) for e in elements}


def _collagen_in_saline(mass_fraction: float) -> tuple[Composition, float]:
    """Return the composition and the density (g/cm3) of a collagen gel."""
    volume_cm3_per_g = mass_fraction * COLLAGEN_CM3_PER_G + (1 - mass_fraction) / WATER_G_PER_CM3
    return _mixture(COLLAGEN, SALINE, mass_fraction), 1 / volume_cm3_per_g


TISSUES: dict[str, tuple[Composition, float, str]] = {
    "air": ({"C": 0.000124, "N": 0.755268, "O": 0.231781, "Ar": 0.012827}, 0.001205, ICRU44),
    "fat": (
        {"H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "Na": 0.001, "S": 0.001, "Cl": 0.001}, 0.95, ICRU44,
    ),
    "muscle": (
        {"H": 0.102, "C": 0.143, "N": 0.034, "O": 0.710, "Na": 0.001, "P": 0.002, "S": 0.003, "Cl": 0.001,
         "K": 0.004}, 1.05, ICRU44,
    ),
    "tendon": (*_collagen_in_saline(0.435), "35 % collagen by volume (43.5 % by mass) in saline; 1.15 g/cm3"),
    "skin": (
        {"H": 0.100, "C": 0.204, "N": 0.042, "O": 0.645, "Na": 0.002, "P": 0.001, "S": 0.002, "Cl": 0.003,
         "K": 0.001}, 1.09, ICRU46,
    ),
    "nail": (_mixture(KERATIN, WATER, 0.90), 1.30, "keratin with 3.8 % sulphur, 10 % water by mass"),
    "cartilage": (
        {"H": 0.096, "C": 0.099, "N": 0.022, "O": 0.744, "Na": 0.005, "P": 0.022, "S": 0.009, "Cl": 0.003},
        1.10, ICRU46,
    ),
    "marrow": (
        {"H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "Na": 0.001, "S": 0.001, "Cl": 0.001}, 0.932,
        "composition of adipose tissue, ICRU 44; density that gives the HU measured in yellow marrow at both energies",
    ),
    "matrix": (*_collagen_in_saline(0.71), "bone's 25 % collagen and 10 % water by mass, no mineral"),
    "connective": (
        {"H": 0.094, "C": 0.207, "N": 0.062, "O": 0.622, "Na": 0.006, "S": 0.006, "Cl": 0.003}, 1.12, ICRU46,
    ),
    "blood": (
        {"H": 0.102, "C": 0.110, "N": 0.033, "O": 0.745, "Na": 0.001, "P": 0.001, "S": 0.002, "Cl": 0.003,
         "K": 0.002, "Fe": 0.001}, 1.06, ICRU44,
    ),
    "red_marrow": (
        {"H": 0.105, "C": 0.414, "N": 0.034, "O": 0.439, "P": 0.001, "S": 0.002, "Cl": 0.002, "K": 0.002,
         "Fe": 0.001}, 1.03, ICRU46,
    ),
    "water": (WATER, WATER_G_PER_CM3, "definition"),
}  # fmt: skip
"""Name, in the order of ``calcidect.phantom._attenuation.Tissue``: mass fractions, g/cm3, source."""


def composition_of(formula: str) -> Composition:
    """Return the mass fractions of a chemical formula."""
    masses = {e: n * xraydb.atomic_mass(e) for e, n in xraydb.chemparse(formula).items()}
    return {e: mass / sum(masses.values()) for e, mass in masses.items()}


def attenuation_cm2_per_g(composition: Composition, energy_kev: Array, kind: str = "total") -> Array:
    """Return the mass attenuation coefficient (Elam, Ravel and Sieber 2002, through XrayDB)."""
    total = sum(composition.values())
    return np.asarray(
        sum(f / total * xraydb.mu_elam(e, energy_kev * 1e3, kind) for e, f in composition.items() if f > 0)
    )


def deposited_fraction(energy_kev: Array) -> Array:
    """Return the fraction of a photon's energy that stays in the scintillator where it first interacts.

    All of it in the photoelectric effect, the recoil electron's share in Compton scattering.
    """
    composition = composition_of(SCINTILLATOR)
    photo, compton = (
        attenuation_cm2_per_g(composition, energy_kev, kind) * SCINTILLATOR_G_PER_CM3 for kind in ("photo", "incoh")
    )
    interacting = 1 - np.exp(-(photo + compton) * SCINTILLATOR_CM)
    return interacting * (photo + recoil_share(energy_kev) * compton) / (photo + compton)


def recoil_share(energy_kev: Array) -> Array:
    """Return the mean share of energy that the recoil electron takes (Klein and Nishina 1929)."""
    cosine, step = np.linspace(-1, 1, 2001, retstep=True)
    kept = 1 / (1 + energy_kev[:, None] / ELECTRON_REST_KEV * (1 - cosine))
    cross_section = kept**2 * (kept + 1 / kept - (1 - cosine**2))
    return np.asarray(np.trapezoid(cross_section * (1 - kept), dx=step) / np.trapezoid(cross_section, dx=step))


@cache
def beam_signal(tube_kv: float, tin_mm: float) -> tuple[Array, Array]:
    """Return the energies (keV) and what each adds to the detector's signal, without an object."""
    spectrum = spekpy.Spek(kvp=tube_kv, th=ANODE_ANGLE_DEG, dk=SPECTRUM_STEP_KEV)
    spectrum.filter("Al", ALUMINIUM_MM).filter("Ti", TITANIUM_MM)
    if tin_mm:
        spectrum.filter("Sn", tin_mm)
    energy_kev, fluence = spectrum.get_spectrum(edges=False)
    used = (energy_kev >= LOWEST_KEV) & (fluence > 0)
    energy_kev, fluence = energy_kev[used], fluence[used]
    return energy_kev, fluence * energy_kev * deposited_fraction(energy_kev)


def relative_attenuation(material: Composition, beam: tuple[float, float]) -> list[float]:
    """Return a thin layer's mass attenuation relative to water's, behind each path of water.

    The derivative of -ln(signal) with respect to the layer's mass per area: the mean over the signal left.
    """
    energy_kev, signal = beam_signal(*beam)
    water = attenuation_cm2_per_g(WATER, energy_kev)
    left = signal * np.exp(-np.outer(PATHS_CM, water) * WATER_G_PER_CM3)
    return [float(r) for r in left @ attenuation_cm2_per_g(material, energy_kev) / (left @ water)]


def made() -> dict[str, object]:
    """Return how the tables were made."""
    return {
        "by": "scripts/build_tables.py",
        "spekpy": spekpy.__version__,
        "xraydb": xraydb.__version__,
        "tube": f"tungsten, {ANODE_ANGLE_DEG:g} deg, {ALUMINIUM_MM:g} mm Al, {TITANIUM_MM:g} mm Ti",
        "tin_mm": {name: tin for name, (_, tin) in BEAMS.items() if tin},
        "detector": f"{SCINTILLATOR_CM * 10:g} mm {SCINTILLATOR}, {SCINTILLATOR_G_PER_CM3:g} g/cm3, energy "
        "deposited at the first interaction",
        "cross_sections": "Elam, Ravel and Sieber 2002",
        "water_calibration": "ideal: water is 0 HU behind every path",
    }


def unfiltered(tube_kv: float) -> tuple[Array, Array]:
    """Return energies (keV) and photons of a tube without filters."""
    spectrum = spekpy.Spek(kvp=tube_kv, th=ANODE_ANGLE_DEG, dk=SPECTRUM_STEP_KEV)
    energy_kev, photons = spectrum.get_spectrum(edges=False)
    used = energy_kev >= LOWEST_KEV
    return energy_kev[used], photons[used]


def per_mm(metal: str, tube_kv: float) -> Array:
    """Return the linear attenuation coefficient that SpekPy takes for a filter, 1/mm."""
    spectrum = spekpy.Spek(kvp=tube_kv, th=ANODE_ANGLE_DEG, dk=SPECTRUM_STEP_KEV)
    before = spectrum.get_spectrum(edges=False)
    spectrum.filter(metal, THIN_MM)
    after = spectrum.get_spectrum(edges=False)
    return np.asarray(np.log(before[1] / after[1])[before[0] >= LOWEST_KEV] / THIN_MM)


def beam_table() -> dict[str, object]:
    """Return the analysis' table: spectra without filters, and what filters, detector and matter do to them."""
    energy_kev, _ = unfiltered(max(TUBE_KV))
    of_all = {name: how for name, how in made().items() if name != "tin_mm"}
    crystals = {n: (composition_of(formula), density) for n, (formula, density) in CRYSTALS.items()}

    def cm2_per_g(energy: Array) -> dict[str, list[float]]:
        of_crystals = {n: attenuation_cm2_per_g(c, energy).tolist() for n, (c, _) in crystals.items()}
        return {"water": attenuation_cm2_per_g(WATER, energy).tolist(), **of_crystals}

    return {
        "about": "By photon energy: photons of tungsten tubes without filters, relative to their most frequent energy; "
        "attenuation of filters per mm; the fraction of its energy that a photon leaves in the detector; mass "
        "attenuation in cm2/g; then mass attenuation by the energy of monoenergetic images.",
        "made": {**of_all, "tube": f"tungsten, {ANODE_ANGLE_DEG:g} deg"},
        "crystal_g_per_cm3": {n: density for n, (_, density) in crystals.items()},
        "energy_kev": energy_kev.tolist(),
        "photons": {f"{kv:g}": (unfiltered(kv)[1] / unfiltered(kv)[1].max()).tolist() for kv in TUBE_KV},
        "filter_per_mm": {name: per_mm(metal, max(TUBE_KV)).tolist() for name, metal in FILTERS.items()},
        "detected": deposited_fraction(energy_kev).tolist(),
        "cm2_per_g": cm2_per_g(energy_kev),
        "monoenergetic": {"energy_kev": ENERGIES_KEV.tolist(), **cm2_per_g(ENERGIES_KEV)},
    }


def tissue_table() -> dict[str, object]:
    """Return the phantom's table: attenuation of tissues and of crystals relative to water."""
    energy_water = attenuation_cm2_per_g(WATER, ENERGIES_KEV)

    def table(relative_of: Callable[[Composition], Array]) -> dict[str, object]:
        tissues = [(relative_of(c) * density / WATER_G_PER_CM3).tolist() for c, density, _ in TISSUES.values()]
        crystals = {
            n: (relative_of(composition_of(formula)) / WATER_G_PER_CM3).tolist() for n, (formula, _) in CRYSTALS.items()
        }
        return {"tissues": tissues, **crystals}

    return {
        "about": "tissues: (HU + 1000) / 1000, one row per tissue; ha, msu: HU that one mg/cm3 of crystal "
        "adds, displacement not counted; by beam and water path, then by photon energy.",
        "made": made(),
        "crystal_g_per_cm3": {n: density for n, (_, density) in CRYSTALS.items()},
        "tissues": [
            {"name": n, "g_per_cm3": density, "mass_fractions": c, "source": source}
            for n, (c, density, source) in TISSUES.items()
        ],
        "path_cm": PATHS_CM,
        "beams": {name: table(lambda c, b=beam: np.array(relative_attenuation(c, b))) for name, beam in BEAMS.items()},
        "energy_kev": ENERGIES_KEV.tolist(),
        "monoenergetic": table(lambda c: attenuation_cm2_per_g(c, ENERGIES_KEV) / energy_water),
    }


def rounded(value: object, digits: int = 6) -> object:
    """Return the same nested value with every float to so many significant digits."""
    if isinstance(value, dict):
        return {k: rounded(v, digits) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v, digits) for v in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def main() -> None:
    """Write the tables."""
    for path, table in (
        (ROOT / "materials/data/beams.json", beam_table()),
        (ROOT / "phantom/data/tissues.json", tissue_table()),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(rounded(table)) + "\n", encoding="utf-8")
        print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
