"""How each vendor writes a dual-energy scan: one row of data per style.

The texts follow what archives of these scanners hold; they are what a reader has to find its way by, since
most scans predate the multi-energy attributes of DICOM (Supplement 188).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calcidect.study import Pair

ORIGINAL = ("ORIGINAL", "PRIMARY", "AXIAL")
DERIVED = ("DERIVED", "PRIMARY", "AXIAL")


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
    private_label : bool
        Whether the energy also stands in Philips' private Image Label (00E1,1040).
    multi_energy : bool
        Whether the multi-energy attributes of Supplement 188 are written.
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
    private_label: bool = False
    multi_energy: bool = False


VENDOR_STYLES: dict[str, VendorStyle] = {
    "siemens_definition": VendorStyle(
        manufacturer="SIEMENS",
        model="SOMATOM Definition",
        software="syngo CT 2007C",
        kind="kv",
        pairs=("80/140",),
        image_type=(*ORIGINAL, "CT_SOM5 SPI DUAL"),
        descriptions=("DE_Gout 0.75 D30f A_{energy}", "DE_Gout 0.75 D30f B_{energy}"),
        kernel="D30f",
    ),
    "siemens_flash": VendorStyle(
        manufacturer="SIEMENS",
        model="SOMATOM Definition Flash",
        software="syngo CT 2012B",
        kind="kv",
        pairs=("80/Sn140", "100/Sn140"),
        image_type=(*ORIGINAL, "CT_SOM5 SPI DUAL"),
        descriptions=("DE_Gout 0.75 D30f A_{energy}", "DE_Gout 0.75 D30f B_{energy}"),
        kernel="D30f",
    ),
    "siemens_force": VendorStyle(
        manufacturer="SIEMENS",
        model="SOMATOM Force",
        software="syngo CT VB10A",
        kind="kv",
        pairs=("70/Sn150", "80/Sn150", "90/Sn150", "100/Sn150"),
        image_type=(*ORIGINAL, "CT_SOM7 SPI DUAL"),
        descriptions=("DE_Gout 0.75 Qr36 A_{energy}", "DE_Gout 0.75 Qr36 B_{energy}"),
        kernel="Qr36d",
    ),
    "canon": VendorStyle(
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
    ),
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
        multi_energy=True,
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
