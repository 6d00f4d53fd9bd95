"""Build the reference slabs of known inserts in water: scans that share nothing with calcidect's tables.

Needs an environment of its own (gecatsim pins none of what the project pins)::

    python -m venv reference && reference/bin/pip install gecatsim==1.6.6
    reference/bin/python scripts/build_insert_slabs.py

writes ``tests/materials/data/insert_slabs.npz``. Independent of ``scripts/build_tables.py`` are the tube spectra, the
cross sections (gecatsim's), the detector (all energy of an absorbed photon) and the way (polychromatic parallel
projections, a polynomial for water's hardening, filtered back projection). Common is the scanner that is meant: 9
degrees, 3 mm Al, 0.9 mm Ti, tin, 1.4 mm of Gd2O2S.

The spectra are of two sources: those that come with gecatsim, to 140 kV in steps of 10, and Tucker's model
(``tube_spectrum.py``), fitted to measured spectra, for every voltage. gecatsim's are filtered by the tube's window
already (at 80 kV their mean is 46.2 keV, what SpekPy has behind 4.4 mm of aluminium), so that they get the titanium and
the tin alone. Single energies need no spectrum.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gecatsim
import numpy as np
from gecatsim.pyfiles.GetMu import GetMu
from numpy.typing import NDArray

from tube_spectrum import tungsten

Array = NDArray[np.float64]

OUT = Path(__file__).resolve().parents[1] / "tests" / "materials" / "data" / "insert_slabs.npz"
GECATSIM = Path(gecatsim.__file__).parent

ATOMIC_MASS = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Na": 22.990, "P": 30.974, "S": 32.06, "Ca": 40.078,
    "Gd": 157.25,
}  # fmt: skip
WATER = {"H": 2, "O": 1}
CRYSTALS = {"ha": ({"Ca": 5, "P": 3, "O": 13, "H": 1}, 3.16), "msu": ({"C": 5, "H": 5, "N": 4, "Na": 1, "O": 4}, 1.72)}
SCINTILLATOR, SCINTILLATOR_G_PER_CM3, SCINTILLATOR_CM = {"Gd": 2, "O": 2, "S": 1}, 7.34, 0.14
FILTER_G_PER_CM3 = {"Al": 2.699, "Ti": 4.54, "Sn": 7.31}

BEAMS: dict[str, tuple[float, float]] = {
    "70": (70, 0), "80": (80, 0), "90": (90, 0), "100": (100, 0), "110": (110, 0), "120": (120, 0), "130": (130, 0),
    "135": (135, 0), "140": (140, 0), "Sn140": (140, 0.4), "Sn150": (150, 0.6),
}  # fmt: skip
"""Name: tube voltage in kV, tin in mm."""

SINGLE_KEV = (40, 50, 100, 140)
"""Of virtual monoenergetic images."""

INSERTS = [*(("ha", c) for c in (50, 100, 200, 400, 800)), *(("msu", c) for c in (200, 400, 600))]
CYLINDERS_MM = [(5.0, 2.5), (15.0, 4.0), (30.0, 5.0)]
"""Radius of the water and of the insert on its axis."""

RAY_MM, PIXEL_MM, ANGLES = 0.05, 0.4, 360
BLUR_FWHM_MM = 0.7
"""Of a soft kernel."""
LONGEST_WATER_CM, POLYNOMIAL = 40.0, 8


@cache
def element(symbol: str, energies: tuple[float, ...]) -> Array:
    """Return cm2/g of an element."""
    text = (GECATSIM / "material" / symbol).read_text()
    density = float(text.split("# Density:")[1].split()[0])
    return np.asarray(GetMu(symbol, np.array(energies)), float) / density


def attenuation(formula: dict[str, int], energy_kev: Array) -> Array:
    """Return cm2/g of a compound."""
    mass = {e: n * ATOMIC_MASS[e] for e, n in formula.items()}
    return np.asarray(sum(m / sum(mass.values()) * element(e, tuple(energy_kev)) for e, m in mass.items()))


def tucker_spectrum(tube_kv: float) -> tuple[Array, Array, float]:
    """Return keV, photons, and mm of aluminium still to be added."""
    energy_kev = np.arange(10.25, tube_kv, 0.5)
    photons = tungsten(energy_kev, tube_kv, 9.0, lambda kev: element("W", tuple(kev)))
    return energy_kev, photons, 3.0


def gecatsim_spectrum(tube_kv: float) -> tuple[Array, Array, float]:
    """Return keV, photons, and mm of aluminium still to be added."""
    path = GECATSIM / "spectrum" / f"tungsten_tar10.0_{tube_kv:g}_filt.dat"
    energy_kev, photons = np.loadtxt(path, skiprows=1, delimiter=",").T
    return energy_kev, photons, 0.0


SPECTRA: dict[str, Callable[[float], tuple[Array, Array, float]]] = {
    "gecatsim": gecatsim_spectrum, "tucker": tucker_spectrum,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Beam:
    """Energies, the signal that each adds, and cm2/g of water and the crystals."""

    signal: Array
    water: Array
    crystals: dict[str, Array]
    to_water_cm: Array
    """Coefficients: water in cm by powers of the projection."""

    @classmethod
    def of(cls, source: str, name: str) -> Beam:
        """Return a beam of a source of spectra, or of a single energy."""
        if name.endswith("keV"):
            return cls._corrected(np.array([float(name.removesuffix("keV"))]), np.ones(1))
        tube_kv, tin_mm = BEAMS[name]
        energy_kev, photons, aluminium_mm = SPECTRA[source](tube_kv)
        used = (energy_kev >= 15) & (energy_kev < tube_kv) & (photons > 0)
        energy_kev, photons = energy_kev[used], photons[used]
        for metal, mm in (("Al", aluminium_mm), ("Ti", 0.9), ("Sn", tin_mm)):
            photons = photons * np.exp(-element(metal, tuple(energy_kev)) * FILTER_G_PER_CM3[metal] * mm / 10)
        absorbed = 1 - np.exp(-attenuation(SCINTILLATOR, energy_kev) * SCINTILLATOR_G_PER_CM3 * SCINTILLATOR_CM)
        return cls._corrected(energy_kev, photons * energy_kev * absorbed)

    @classmethod
    def _corrected(cls, energy_kev: Array, signal: Array) -> Beam:
        """Return a beam with its correction for water's hardening."""
        signal, water = signal / signal.sum(), attenuation(WATER, energy_kev)
        lengths_cm = np.linspace(0.05, LONGEST_WATER_CM, 800)
        measured = -np.log(np.exp(-np.outer(lengths_cm, water)) @ signal)
        powers = measured[:, None] ** np.arange(1, POLYNOMIAL + 1)
        coefficients = np.linalg.lstsq(powers / lengths_cm[:, None], np.ones(len(lengths_cm)), rcond=None)[0]
        crystals = {n: attenuation(formula, energy_kev) for n, (formula, _) in CRYSTALS.items()}
        return cls(signal, water, crystals, coefficients)

    def corrected_cm(self, water_cm: Array, crystals_g_per_cm2: dict[str, Array]) -> Array:
        """Return the projection of rays, corrected as if all of it were water."""
        exponent = np.multiply.outer(water_cm, self.water)
        for name, mass in crystals_g_per_cm2.items():
            exponent += np.multiply.outer(mass, self.crystals[name])
        measured = -np.log(np.exp(-exponent) @ self.signal)
        return np.asarray(sum(c * measured ** (n + 1) for n, c in enumerate(self.to_water_cm)))


@dataclass(frozen=True)
class Disc:
    """Water with a crystal in it; a disc adds to those that hold it."""

    x_mm: float
    y_mm: float
    radius_mm: float
    water: float
    crystal: str = "ha"
    g_per_cm3: float = 0.0

    def chord_cm(self, s_mm: Array, angle: float) -> Array:
        """Return how far rays at a distance from the axis run through the disc."""
        off_mm = s_mm - self.x_mm * np.cos(angle) - self.y_mm * np.sin(angle)
        return np.asarray(0.2 * np.sqrt(np.maximum(self.radius_mm**2 - off_mm**2, 0.0)))


def insert(x_mm: float, y_mm: float, radius_mm: float, crystal: str, mg_per_cm3: float) -> Disc:
    """Return crystals in water, of which they displace their own volume."""
    displaced = mg_per_cm3 / 1000 / CRYSTALS[crystal][1]
    return Disc(x_mm, y_mm, radius_mm, -displaced, crystal, mg_per_cm3 / 1000)


def projection_cm(discs: list[Disc], beam: Beam, s_mm: Array, angle: float) -> Array:
    """Return one corrected parallel projection."""
    chords = [disc.chord_cm(s_mm, angle) for disc in discs]
    water = np.asarray(sum(disc.water * chord for disc, chord in zip(discs, chords, strict=True)))
    mass = {
        n: np.asarray(sum(d.g_per_cm3 * c for d, c in zip(discs, chords, strict=True) if d.crystal == n) + 0 * s_mm)
        for n in {d.crystal for d in discs if d.g_per_cm3}
    }
    return beam.corrected_cm(water, mass)


def filtered(projection: Array) -> Array:
    """Return a projection (cm) after the ramp and a Gaussian, in 1/mm times cm."""
    size = 4 * len(projection)
    frequency = np.fft.rfftfreq(size, RAY_MM)
    n = np.rint(np.fft.fftfreq(size, 1 / size))
    ramp = np.zeros(size)  # Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, eq. 61
    odd = np.abs(n) % 2 == 1
    ramp[odd] = -1 / (np.pi * n[odd] * RAY_MM) ** 2
    ramp[0] = 1 / (4 * RAY_MM**2)
    sigma_mm = BLUR_FWHM_MM / 2.3548
    kernel = np.fft.rfft(ramp).real * RAY_MM * np.exp(-2 * (np.pi * frequency * sigma_mm) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(projection, size) * kernel, size)[: len(projection)])


def reconstruct(discs: list[Disc], beam: Beam, x_mm: Array, y_mm: Array, reach_mm: float) -> Array:
    """Return HU at points."""
    s_mm = np.arange(-reach_mm - 2, reach_mm + 2 + RAY_MM / 2, RAY_MM)
    centred = all(disc.x_mm == disc.y_mm == 0 for disc in discs)
    once = filtered(projection_cm(discs, beam, s_mm, 0.0)) if centred else None
    total = np.zeros(np.broadcast(x_mm, y_mm).shape)
    for angle in (np.arange(ANGLES) + 0.5) * np.pi / ANGLES:
        rays = filtered(projection_cm(discs, beam, s_mm, angle)) if once is None else once
        total += np.interp(x_mm * np.cos(angle) + y_mm * np.sin(angle), s_mm, rays)
    return np.asarray(1000 * (total * np.pi / ANGLES * 10 - 1))


def tenths(hu: Array) -> NDArray[np.int16]:
    """Return tenths of a HU."""
    return np.clip(np.rint(10 * hu), -10240, 32767).astype(np.int16)


def profiles(source: str, name: str) -> dict[str, NDArray[np.int16]]:
    """Return HU from the axis outwards of every cylinder and insert, one array (inserts, radii) for each cylinder."""
    beam = Beam.of(source, name)
    arrays = {}
    for water_mm, insert_mm in CYLINDERS_MM:
        radii_mm = np.arange(0.0, water_mm + 2, PIXEL_MM / 2)
        rows = []
        for crystal, mg_per_cm3 in INSERTS:
            discs = [Disc(0, 0, water_mm, 1.0), insert(0, 0, insert_mm, crystal, mg_per_cm3)]
            rows.append(tenths(reconstruct(discs, beam, radii_mm, np.zeros_like(radii_mm), water_mm + 2)))
        arrays[f"{source}/{name}/{water_mm:g}"] = np.array(rows)
    return arrays


HAND: list[Disc] = [
    Disc(-24, 0, 9, 1.0), insert(-24, 0, 5, "ha", 400),
    Disc(0, 0, 10, 1.0), insert(0, 0, 3, "ha", 800),
    Disc(20, 3, 6, 1.0), insert(20, 3, 2.5, "ha", 200), Disc(33, -2, 5, 1.0), insert(33, -2, 2, "msu", 600),
]  # fmt: skip
"""Four fingers side by side in one slice, of 18 to 10 mm, the first with a bone's amount of mineral."""


def hand_slab(source: str, name: str) -> dict[str, NDArray[np.int16]]:
    """Return one slice of four fingers, (rows, columns)."""
    x_mm, y_mm = (np.arange(-n, n + PIXEL_MM / 2, PIXEL_MM) for n in (40.0, 14.0))
    grid_x, grid_y = np.meshgrid(x_mm, y_mm)
    return {f"{source}/{name}/hand": tenths(reconstruct(HAND, Beam.of(source, name), grid_x, grid_y, 44.0))}


def main() -> None:
    """Write all slabs, and what they hold."""
    arrays: dict[str, NDArray[np.int16]] = {}
    for name, (tube_kv, _) in BEAMS.items():
        if tube_kv <= 140 and tube_kv % 10 == 0:  # gecatsim has no other spectra
            arrays |= profiles("gecatsim", name)
            print(name, flush=True)
    for name in BEAMS:
        arrays |= profiles("tucker", name)
        print("tucker", name, flush=True)
    for kev in SINGLE_KEV:
        arrays |= profiles("single", f"{kev}keV")
    for name in ("80", "140", "Sn140"):
        arrays |= hand_slab("gecatsim", name)
        print("hand", name, flush=True)
    about = {
        "unit": "tenths of a HU",
        "profile_step_mm": PIXEL_MM / 2,
        "pixel_mm": PIXEL_MM,
        "inserts": INSERTS,
        "cylinders_mm": CYLINDERS_MM,
        "hand": [(d.x_mm, d.y_mm, d.radius_mm, d.crystal, 1000 * d.g_per_cm3) for d in HAND],
        "hand_first_pixel_mm": (-40.0, -14.0),
        "made": "scripts/build_insert_slabs.py with gecatsim 1.6.6",
    }
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(OUT, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
