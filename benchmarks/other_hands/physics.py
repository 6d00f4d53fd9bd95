"""Attenuation of tissues and of hydroxyapatite at one effective energy a beam.

Element tables: XrayDB 4.5 (Elam, Ravel, Sieber, Radiat Phys Chem 2002;63:121), total mass attenuation, cm2/g.
Compositions: ICRU Report 44; tendon as muscle with 35 % collagen; keratin from its amino acids. A real beam is a
spectrum; here it is one energy, so that tissues differ from those of tables made from spectra.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_KEV = np.array([40, 45, 50, 55, 60, 70, 80, 90, 100.0])
_CM2_PER_G = {
    "H": (0.3458, 0.3406, 0.3355, 0.3307, 0.326, 0.3173, 0.3091, 0.3015, 0.2944),
    "C": (0.2076, 0.1957, 0.1871, 0.1805, 0.1753, 0.1672, 0.161, 0.1558, 0.1514),
    "N": (0.2288, 0.2105, 0.198, 0.1888, 0.1817, 0.1714, 0.1639, 0.1579, 0.1529),
    "O": (0.2585, 0.2314, 0.2133, 0.2004, 0.1907, 0.1772, 0.1679, 0.1608, 0.1551),
    "P": (0.8095, 0.616, 0.4918, 0.4081, 0.3494, 0.2754, 0.2324, 0.2051, 0.1865),
    "S": (0.9873, 0.7423, 0.585, 0.4792, 0.4053, 0.3123, 0.2586, 0.2248, 0.202),
    "Cl": (1.116, 0.8313, 0.6484, 0.5253, 0.4394, 0.3316, 0.2696, 0.2309, 0.205),
    "K": (1.541, 1.131, 0.8678, 0.6911, 0.5678, 0.4134, 0.3252, 0.2705, 0.2345),
    "Ca": (1.83, 1.337, 1.019, 0.8065, 0.6579, 0.4717, 0.3655, 0.3001, 0.2571),
}
_TISSUES = {  # density g/cm3, mass fractions
    "water": (1.00, {"H": 0.1119, "O": 0.8881}),
    "fat": (0.95, {"H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "S": 0.001, "Cl": 0.001}),
    "muscle": (1.05, {"H": 0.102, "C": 0.143, "N": 0.034, "O": 0.710, "P": 0.002, "S": 0.003, "Cl": 0.001, "K": 0.004}),
    "tendon": (1.14, {"H": 0.090, "C": 0.240, "N": 0.075, "O": 0.590, "S": 0.004, "Cl": 0.001}),
    "skin": (1.09, {"H": 0.100, "C": 0.204, "N": 0.042, "O": 0.645, "P": 0.001, "S": 0.002, "Cl": 0.003, "K": 0.001}),
    "nail": (1.30, {"H": 0.066, "C": 0.510, "N": 0.165, "O": 0.209, "S": 0.050}),
    "blood": (1.06, {"H": 0.102, "C": 0.110, "N": 0.033, "O": 0.746, "P": 0.001, "S": 0.002, "Cl": 0.003, "K": 0.002}),
    "cartilage": (1.10, {"H": 0.096, "C": 0.099, "N": 0.022, "O": 0.744, "P": 0.022, "S": 0.009, "Cl": 0.003}),
    "yellow marrow": (0.98, {"H": 0.115, "C": 0.644, "N": 0.007, "O": 0.231, "S": 0.001, "Cl": 0.001}),
    "red marrow": (1.03, {"H": 0.105, "C": 0.414, "N": 0.034, "O": 0.439, "P": 0.001, "S": 0.002, "Cl": 0.002}),
    "osteoid": (1.14, {"H": 0.085, "C": 0.270, "N": 0.085, "O": 0.550, "S": 0.005}),
}
_HA = {"H": 0.0020, "O": 0.4141, "P": 0.1850, "Ca": 0.3989}  # Ca10(PO4)6(OH)2
HA_MG_PER_CM3 = 3160.0  # density of the crystal

EFFECTIVE_KEV = {"70": 46.6, "80": 50.0, "100": 55.6, "135": 62.3, "140": 63.1, "Sn140": 81.7, "Sn150": 89.8}
"""Energies at which HA in water has the HU per mg/cm3 that spectra give behind 3 cm of water: 2.59, 2.27, 1.89, 1.58,
1.55, 1.07, 0.96 (as in docs/method/materials.md). This one number a beam is shared with the analysis; a scan's is off
by up to 1 keV (3 to 4 % of HA's HU at low energy)."""
SENSITIVITY_LOSS_PER_CM = {
    "70": 0.011,
    "80": 0.0106,
    "100": 0.009,
    "135": 0.006,
    "140": 0.006,
    "Sn140": 0.003,
    "Sn150": 0.003,
}
"""Relative loss per cm of water beyond 3 cm: 80 kV loses 18 % from 3 to 20 cm, and the ratio 80/Sn150 goes from 2.37 to
2.06 (as computed from spectra); others between."""
WATER_MU_PER_CM = 0.2  # of water between 50 and 90 keV, for noise


@dataclass(frozen=True)
class Beam:
    """HU of pure tissues, and HU per mg/cm3 of hydroxyapatite before it displaces its host."""

    tissue_hu: dict[str, float]
    ha_hu: float
    loss_per_cm: float


def beam(name: str, shift_kev: float) -> Beam:
    """Return a beam such as ``80`` or ``Sn150``, its effective energy off by some keV as scanners differ."""
    kev = EFFECTIVE_KEV[name] + shift_kev
    water = _mass_attenuation(_TISSUES["water"][1], kev)
    hu = {t: 1000 * (rho * _mass_attenuation(parts, kev) / water - 1) for t, (rho, parts) in _TISSUES.items()}
    return Beam(hu, _mass_attenuation(_HA, kev) / water, SENSITIVITY_LOSS_PER_CM[name])


def _mass_attenuation(parts: dict[str, float], kev: float) -> float:
    """Return cm2/g of a mixture, by log-log interpolation of its elements; fractions are made to add up to 1."""
    each = {e: np.exp(np.interp(np.log(kev), np.log(_KEV), np.log(_CM2_PER_G[e]))) for e in parts}
    return float(sum(share * each[e] for e, share in parts.items()) / sum(parts.values()))
