"""How each vendor writes a dual-energy scan: one row of data per style.

The texts follow what archives of these scanners hold; they are what a reader has to find its way by, since
most scans predate the multi-energy attributes of DICOM (Supplement 188).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from calcidect.study import Pair

ORIGINAL = ("ORIGINAL", "PRIMARY", "AXIAL")
DERIVED = ("DERIVED", "PRIMARY", "AXIAL")


@dataclass(frozen=True)
class Companion:
    """A series that a scanner writes beside the pair and that is no member of one.

    Parameters
    ----------
    name : str
        Of its folder.
    description : str
        Series Description.
    image_type : tuple of str
        Values of Image Type.
    weights : tuple of float
        Share of the low and of the high image that add up to it.
    kvp : float
        KVP.
    rescale_type : str
        Rescale Type.
    """

    name: str
    description: str
    image_type: tuple[str, ...]
    weights: tuple[float, float] = (0.5, 0.5)
    kvp: float = 120.0
    rescale_type: str = "HU"


@dataclass(frozen=True)
class VendorStyle:
    """What a vendor writes around the pixels of a dual-energy scan.

    Parameters
    ----------
    manufacturer, model, software : str
        As in the General Equipment module.
    kind : {"kv", "kev"}
        Whether the series are tube voltages or virtual monoenergetic images.
    pairs : tuple of str
        The pairs that this scanner makes, by `Pair.name`; empty for any.
    image_type : tuple of str
        Values of Image Type.
    descriptions : tuple of str
        Series Description of the low and the high series; ``{energy}`` becomes ``Sn150kV`` or ``70keV``.
    kernel : str
        Convolution Kernel.
    signed : bool
        Whether stored pixels are signed.
    intercept : int
        Rescale Intercept, HU.
    bits_stored : int
        12 limits HU to 3071 where the intercept is -1024.
    tube_kv : float or None
        KVP of every series; None writes the series' own energy.
    filters : mapping of str to str
        Filter Type by the beam's filter (`Energy.filter`); a filter that is not in it is not written.
    one_series : bool
        Whether both images of the pair are written in one series.
    sequential : bool
        Whether the second image was acquired after the first, as an acquisition of its own.
    private_label : bool
        Whether the energy also stands in Philips' private Image Label (00E1,1040).
    multi_energy : {"", "dual source", "photon counting"}
        The technique that the multi-energy attributes of Supplement 188 describe; empty where they are not written.
    companions : tuple of Companion
        What else the scanner writes.
    """

    manufacturer: str
    model: str
    software: str
    kind: Literal["kv", "kev"]
    pairs: tuple[str, ...]
    image_type: tuple[str, ...]
    descriptions: tuple[str, str]
    kernel: str
    signed: bool = False
    intercept: int = -1024
    bits_stored: int = 12
    tube_kv: float | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    one_series: bool = False
    sequential: bool = False
    private_label: bool = False
    multi_energy: Literal["", "dual source", "photon counting"] = ""
    companions: tuple[Companion, ...] = ()


def _mixed(description: str, *more: str) -> Companion:
    return Companion("mixed", description, (*DERIVED, *more))


_DEFINITION = VendorStyle(
    manufacturer="SIEMENS",
    model="SOMATOM Definition",
    software="syngo CT 2007C",
    kind="kv",
    pairs=("80/140",),
    image_type=(*ORIGINAL, "CT_SOM5 SPI DUAL"),
    descriptions=("DE_Gout 0.75 D30f A_{energy}", "DE_Gout 0.75 D30f B_{energy}"),
    kernel="D30f",
    companions=(_mixed("DE_Gout 0.75 D30f M_0.5", "CT_SOM5 SPI DUAL"),),
)
_FORCE = VendorStyle(
    manufacturer="SIEMENS",
    model="SOMATOM Force",
    software="syngo CT VB10A",
    kind="kv",
    pairs=("70/Sn150", "80/Sn150", "90/Sn150", "100/Sn150"),
    image_type=(*ORIGINAL, "CT_SOM7 SPI DUAL"),
    descriptions=("DE_Gout 0.75 Qr36 A_{energy}", "DE_Gout 0.75 Qr36 B_{energy}"),
    kernel="Qr36d",
    companions=(_mixed("DE_Gout 0.75 Qr36 F_0.5", "CT_SOM7 SPI DUAL"),),
)
_CANON = VendorStyle(
    manufacturer="CANON_MEC",
    model="Aquilion ONE",
    software="V8.4",
    kind="kv",
    pairs=("80/135",),
    image_type=ORIGINAL,
    descriptions=("Dual Energy Hand 0.5", "Dual Energy Hand 0.5"),  # KVP alone tells the two apart
    kernel="FC13",
    signed=True,
    intercept=0,
    bits_stored=16,
    sequential=True,
    companions=(_mixed("Dual Energy Blend 0.5"),),
)
_MONOPLUS = VendorStyle(
    manufacturer="SIEMENS",
    model="SOMATOM Force",
    software="syngo.via VB60A",
    kind="kev",
    pairs=(),
    image_type=(*DERIVED, "MONOENERGETIC"),
    descriptions=("Hand MonoPlus {energy}", "Hand MonoPlus {energy}"),
    kernel="Qr36d",
    tube_kv=80.0,  # that of the first tube
    companions=(_mixed("DE_Gout 0.75 Qr36 M_0.5"),),
)

VENDOR_STYLES: dict[str, VendorStyle] = {
    "siemens_definition": _DEFINITION,
    "siemens_flash": replace(
        _DEFINITION,
        model="SOMATOM Definition Flash",
        software="syngo CT 2012B",
        pairs=("80/Sn140", "100/Sn140"),
    ),
    "siemens_force": _FORCE,
    "siemens_twinbeam": replace(
        _FORCE,
        model="SOMATOM Definition Edge",
        software="syngo CT VA48A",
        pairs=("Au120/Sn120",),
        image_type=(*ORIGINAL, "CT_SOM5 SPI"),
        descriptions=("TwinBeam 0.75 Qr36 AuSn120 {energy}", "TwinBeam 0.75 Qr36 AuSn120 {energy}"),
        companions=(_mixed("TwinBeam 0.75 Qr36 AuSn120"),),
    ),
    "siemens_dual_spiral": replace(
        _FORCE,
        model="SOMATOM go.Top",
        software="syngo CT VA40A",
        pairs=("80/Sn140",),
        image_type=(*ORIGINAL, "CT_SOM7 SPI"),
        descriptions=("Hand 0.8 Qr36 low", "Hand 0.8 Qr36 high"),  # Filter Type alone tells the tin
        kernel="Qr36f",
        filters={"": "FLAT", "Sn": "FLAT TIN"},
        sequential=True,
        companions=(_mixed("Hand 0.8 Qr36 AVERAGE"),),
    ),
    "siemens_multi_energy": replace(  # as the standard has it: KVP is empty, the X-ray source tells voltage and filter
        _FORCE,
        model="SOMATOM Pro.Pulse",
        software="syngo CT VB20A",
        pairs=("80/Sn140",),
        image_type=(*ORIGINAL, "NONE"),
        descriptions=("Hand 0.8 Qr36", "Hand 0.8 Qr36"),
        multi_energy="dual source",
        companions=(_mixed("Hand 0.8 Qr36 mixed"),),
    ),
    "canon": _CANON,
    "canon_one_series": replace(_CANON, one_series=True),
    "ge_gsi": VendorStyle(
        manufacturer="GE MEDICAL SYSTEMS",
        model="Revolution CT",
        software="revo_ct_21b",
        kind="kev",
        pairs=(),
        image_type=DERIVED,
        descriptions=("GSI Hand {energy}", "GSI Hand {energy}"),
        kernel="STANDARD",
        signed=True,
        bits_stored=16,
        tube_kv=140.0,
        companions=(
            # From 50 and 100 keV: their difference is 1.40 HU per mg/cm3 of hydroxyapatite.
            Companion("map", "HAP(Water)", DERIVED, (0.71, -0.71), 140.0),
            Companion("water", "Water(HAP)", DERIVED, (-0.6, 1.6), 140.0),
        ),
    ),
    "canon_spectral": replace(
        _CANON,
        model="Aquilion ONE PRISM",
        software="V10.9",
        kind="kev",
        pairs=(),
        image_type=DERIVED,
        descriptions=("Spectral Hand {energy}", "Spectral Hand {energy}"),
        kernel="FC08",
        tube_kv=135.0,
        sequential=False,
        companions=(Companion("map", "Iodine Map 0.5", DERIVED, kvp=135.0),),
    ),
    "philips_iqon": VendorStyle(
        manufacturer="Philips",
        model="IQon - Spectral CT",
        software="4.7.7",
        kind="kev",
        pairs=(),
        image_type=("DERIVED", "SECONDARY", "AXIAL"),
        descriptions=("MonoE {energy}[HU]", "MonoE {energy}[HU]"),
        kernel="B",
        tube_kv=120.0,
        private_label=True,
        companions=(
            Companion("conventional", "Hand, B", ORIGINAL),  # of both detector layers together
            Companion("map", "Z Effective[none]", ("DERIVED", "SECONDARY", "AXIAL")),
        ),
    ),
    "siemens_monoplus": _MONOPLUS,
    "siemens_monoplus_multi_energy": replace(
        _MONOPLUS,
        image_type=(*DERIVED, "VMI"),
        descriptions=("Hand MonoPlus", "Hand MonoPlus"),  # the keV stands in its attribute alone
        multi_energy="dual source",
    ),
    "siemens_naeotom": VendorStyle(
        manufacturer="Siemens Healthineers",
        model="NAEOTOM Alpha",
        software="syngo CT VA50A",
        kind="kev",
        pairs=(),
        image_type=(*DERIVED, "VMI"),
        descriptions=("Hand MonoPlus {energy}", "Hand MonoPlus {energy}"),
        kernel="Qr40d",
        tube_kv=120.0,
        multi_energy="photon counting",
        companions=(Companion("threshold", "Hand T3D 0.4 Qr40", ORIGINAL),),
    ),
}


def style_for(pair: Pair) -> str:
    """Return the name of the first vendor style that makes such a pair.

    Raises
    ------
    ValueError
        If no style makes it.
    """
    for name, style in VENDOR_STYLES.items():
        if style.kind == pair.low.kind and (not style.pairs or pair.name in style.pairs):
            return name
    raise ValueError(f"No vendor style makes the pair {pair.name}.")
