"""What X-rays made an image, from its header.

The order, first that speaks wins; what the standard says in attributes of its own goes before habits of vendors
(`calcidect.study._habits`), which go through texts:

1. Monoenergetic Energy Equivalent (0018,937C)
2. ``70 keV`` in Series Description, Philips' Image Label (00E1,1040) or Image Type: KVP says 120 in all of these
3. KVP; where it is empty, that of the one X-ray source (Supplement 188), then ``80kV`` in Series Description
4. tin, or the gold half of a split filter, from Filter Type, Filter Material or a text such as ``Sn150``

Mixed (blended) images, material maps, threshold images and images that are not in HU are no member of a pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from calcidect.study._habits import HABITS, PLACES, Sense
from calcidect.study._header import ImageHeader, Labels
from calcidect.study._types import Energy

MIXTURE = "mixture of several energies"

_KEV_ATTRIBUTE = "Monoenergetic Energy Equivalent (0018,937C)"
_SOURCE_KVP = "KVP of the X-ray source"

Metal = Literal["Sn", "Au"]
_METALS: dict[Sense, Metal] = {"tin": "Sn", "gold": "Au"}
_FILTER_PLACES = ("filter_text", "description")
_VOLTAGES: tuple[Sense, Sense] = ("own voltage", "voltage")


@dataclass(frozen=True)
class EnergyFound:
    """An image's X-rays, and how that is known.

    Parameters
    ----------
    energy : Energy or None
        None if the image can't be one energy of a pair.
    source : str
        Where it was read from.
    why_not : str
        Why there is none; empty if there is.
    """

    energy: Energy | None
    source: str = ""
    why_not: str = ""

    @property
    def is_from_attributes(self) -> bool:
        """Whether the energy stands in an attribute that is meant for it, not in a text."""
        return self.source.startswith(("KVP", _KEV_ATTRIBUTE))


def find_energy(image: ImageHeader) -> EnergyFound:
    """Tell what X-rays made an image, or why it is no member of a pair."""
    obstacle = _obstacle(image)
    if obstacle:
        return EnergyFound(None, why_not=obstacle)
    return _virtual(image.labels) or _tube(image.labels)


def dual_energy_sign(labels: Labels) -> str:
    """Return what says that an image belongs to a dual-energy scan; empty if nothing does.

    A tin filter counts, though tin is used for conventional scans, too: a half of a dual-energy scan that is taken for
    a conventional one would lose the mass of every deposit without a word.
    """
    if labels.is_multi_energy:
        return "Multi-energy CT Acquisition"
    senses: tuple[Sense, ...] = ("dual energy", "unstated photon energy", "gold", "split beam", "tin")
    places = [PLACES[place] for sense in senses for place, _ in _said(labels, sense)]
    if labels.kev:
        places.append(_KEV_ATTRIBUTE)
    virtual = _virtual(labels)
    return next(iter(places), virtual.source if virtual else "")


def _said(labels: Labels, sense: Sense) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the places where a header says something, with what was found there, in the order of the table."""
    for habit in HABITS:
        if habit.sense == sense:
            for place in habit.where:
                for match in habit.pattern.finditer(getattr(labels, place)):
                    yield place, match


def _says(labels: Labels, sense: Sense) -> bool:
    return next(_said(labels, sense), None) is not None


def _obstacle(image: ImageHeader) -> str:
    labels, pixels = image.labels, image.pixels
    if "LOCALIZER" in labels.image_type:
        return "localiser"
    if pixels and (pixels.samples != 1):
        return "colour picture"
    if pixels and pixels.unit not in ("", "HU"):
        return f"not in HU but in {pixels.unit}"
    if _says(labels, "material map"):
        return "material map"
    return ""


def _virtual(labels: Labels) -> EnergyFound | None:
    if labels.kev:
        return EnergyFound(Energy("kev", labels.kev), _KEV_ATTRIBUTE)
    for place, match in _said(labels, "photon energy"):
        return EnergyFound(Energy("kev", float(match[1])), PLACES[place])
    if _says(labels, "unstated photon energy"):
        return EnergyFound(None, why_not="virtual monoenergetic image that does not state its keV")
    return None


def _tube(labels: Labels) -> EnergyFound:
    if labels.is_blended or _says(labels, "mixture"):
        return EnergyFound(None, why_not=MIXTURE)
    if _says(labels, "threshold image"):
        return EnergyFound(None, why_not="threshold image of photon counting")
    place, kilovolt = _voltage(labels)
    if kilovolt is None:
        return EnergyFound(None, why_not=place)
    metal, filter_place = _filter(labels, kilovolt)
    if metal is None:
        if _says(labels, "split beam"):
            return EnergyFound(None, why_not=MIXTURE)
        return EnergyFound(Energy("kv", kilovolt), place)
    word = {"Sn": "tin", "Au": "gold"}[metal]
    source = place if place == filter_place else f"{place}, {word} from {filter_place}"
    return EnergyFound(Energy("kv", kilovolt, metal), source)


def _voltage(labels: Labels) -> tuple[str, float | None]:
    """Return where the tube voltage stands, and it; or why there is none, and None."""
    if labels.kvp:
        return "KVP", labels.kvp
    if len(labels.source_kvp) == 1:
        return _SOURCE_KVP, labels.source_kvp[0]
    # A tube's own label (A_80kV) may stand beside the name of the pair (80/Sn150 kV), and goes before it.
    own, named = ({float(match[1]) for _, match in _said(labels, sense)} for sense in _VOLTAGES)
    for voltages in (own, named):
        if len(voltages) == 1:
            return PLACES["description"], voltages.pop()
    return "states several tube voltages" if labels.source_kvp or named else "states no energy", None


def _filter(labels: Labels, kilovolt: float) -> tuple[Metal | None, str]:
    """Return the metal that filtered the beam, and where it is stated; None if nowhere.

    A description may name the other tube's filter: the voltage beside the metal must be this image's. Where one place
    names both metals, it speaks of the scanner, not of this image.
    """
    for place in _FILTER_PLACES:
        metals: set[Metal] = {
            metal
            for sense, metal in _METALS.items()
            for said_in, match in _said(labels, sense)
            if said_in == place and (not match.re.groups or float(match[1]) == kilovolt)
        }
        if len(metals) == 1:
            return metals.pop(), PLACES[place]
    return None, ""
