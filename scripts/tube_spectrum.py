"""The spectrum of a tungsten tube by the semiempirical model of Tucker, Barnes and Chakraborty (Med Phys 1991;18:211).

Electrons slow down in the target (Thomson and Whiddington's law), radiate at each depth, and the target absorbs part
of it on the way out. Its constants were fitted to measured spectra, so that it shares nothing with SpekPy's cross
sections, of which the package's tables are made. Filters are not in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REST_KEV = 511.0
SHAPE = (1.0, -5.049, 10.847, -10.516, 3.842)
"""Radiation by powers of photon over electron energy (table II)."""
STRENGTH, STRENGTH_PER_KEV = 36.85, 2.900e-2
STOPPING_KEV_CM2_PER_G = (2024.1, 10361.0, 0.04695)
"""Of tungsten: a + b exp(-c T)."""
WHIDDINGTON_KEV = (50.0, 75.0, 100.0, 150.0, 200.0)
WHIDDINGTON_KEV2_CM2_PER_G = (0.54e6, 0.625e6, 0.70e6, 0.84e6, 1.0e6)
"""Birch and Marshall, Phys Med Biol 1979;24:505, table 1."""
K_EDGE_KEV, K_STRENGTH, K_POWER = 69.5, 1.349e-3, 1.648
LINES = {59.32: 0.4500, 57.98: 0.2592, 67.20: 0.1521, 69.10: 0.0387}
"""keV of the K lines, and their shares."""
RADIATION_CM2_PER_G = 74**2 / 183.84 * 6.022e23 * (2.818e-13) ** 2 / 137.036


def tungsten(energy_kev: Array, tube_kv: float, angle_degrees: float, attenuation: Callable[[Array], Array]) -> Array:
    """Return photons in each bin of an even grid of energies, per electron.

    Parameters
    ----------
    energy_kev : array
        Middles of the bins.
    tube_kv : float
    angle_degrees : float
        Of the anode.
    attenuation : callable
        Tungsten's cm2/g at energies in keV.
    """
    width_kev = float(energy_kev[1] - energy_kev[0])
    sine = np.sin(np.radians(angle_degrees))
    whiddington = float(np.interp(tube_kv, WHIDDINGTON_KEV, WHIDDINGTON_KEV2_CM2_PER_G))
    photons = width_kev * _continuum(energy_kev, tube_kv, attenuation(energy_kev) / (whiddington * sine))
    depth = (tube_kv**2 - K_EDGE_KEV**2) / whiddington  # g/cm2 down to which electrons can ionise the K shell
    if depth <= 0:
        return photons
    for line_kev, share in LINES.items():
        escape = _escape(float(attenuation(np.array([line_kev]))[0]) / sine * depth)
        photons[np.abs(energy_kev - line_kev).argmin()] += (
            K_STRENGTH * (tube_kv / K_EDGE_KEV - 1) ** K_POWER * share * escape
        )
    return photons


def _continuum(energy_kev: Array, tube_kv: float, absorbed_per_kev2: Array) -> Array:
    """Return photons per keV (equation 9): an integral over electrons from the photon's energy up."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    half = 0.5 * np.maximum(tube_kv - energy_kev, 0.0)[:, None]
    electron = energy_kev[:, None] + half * (nodes + 1)
    ratio = energy_kev[:, None] / electron
    radiated = (STRENGTH + STRENGTH_PER_KEV * tube_kv) * np.polynomial.polynomial.polyval(ratio, SHAPE)
    a, b, c = STOPPING_KEV_CM2_PER_G
    out = np.exp(-absorbed_per_kev2[:, None] * (tube_kv**2 - electron**2))
    integrand = radiated * (electron + REST_KEV) / electron * out / (a + b * np.exp(-c * electron))
    return np.asarray(RADIATION_CM2_PER_G / energy_kev * (half * weights * integrand).sum(1))


def _escape(absorption: float) -> float:
    """Return the share of K photons that leaves the target, made at depths of density 3/2 (1 - x^2) (equation 22)."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    x = 0.5 * (nodes + 1)
    return float((0.5 * weights * 1.5 * (1 - x**2) * np.exp(-absorption * x)).sum())
