"""The study's own figures, one by one, and how each is counted here.

Hsu V, Bramwit M, Schlesinger N, Ann Rheum Dis 2014;73(Suppl 2):571, 10.1136/annrheumdis-2014-eular.1049. The disability
items are of all ten: of the five who were disabled, 50 % would be no whole person (docs/reproduction.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from calcidect.reproduction._traits import TRAITS, Traits

Record = Mapping[str, Any]
"""Items of a person and visit, by names of the registry's catalogue; None: missing."""
Source = str
"""``record``, ``scan``, or ``record and scan``."""


@dataclass(frozen=True)
class Share:
    """People of whom something is so.

    Parameters
    ----------
    label : str
    source : str
        What it is read from.
    reported : tuple of int or None
        ``(k, n)`` of the study; None where it says that it was seen, not in how many.
    holds : callable
        Of a person's record and traits: whether it is so; None where that is not known.
    among : callable, optional
        Of whom; everyone by default.
    """

    label: str
    source: Source
    reported: tuple[int, int] | None
    holds: Callable[[Record, Traits], bool | None]
    among: Callable[[Record, Traits], bool | None] = lambda record, traits: True


@dataclass(frozen=True)
class Mean:
    """A mean over people.

    Parameters
    ----------
    label : str
    reported : float
    decimals : int
        As the study states it.
    item : str
        Of the record.
    """

    label: str
    reported: float
    decimals: int
    item: str


def _is(item: str, value: Any = True) -> Callable[[Record, Traits], bool | None]:
    """Tell whether an item of the record has a value."""
    return lambda record, traits: None if record.get(item) is None else bool(record[item] == value)


def _shows(trait: str) -> Callable[[Record, Traits], bool | None]:
    """Tell whether the scan shows a trait."""
    return lambda record, traits: traits.get(trait)


def _recorded(label: str, k: int, item: str, value: Any = True) -> Share:
    return Share(label, "record", (k, 10), _is(item, value))


def _seen(trait: str, k: int | None) -> Share:
    return Share(TRAITS[trait], "scan", None if k is None else (k, 10), _shows(trait))


def _of_the_bulky(label: str, item: str) -> Share:
    return Share(f"{label}, of those with bulky deposits", "record and scan", (8, 8), _is(item), _shows("bulky"))


def _calcinosis_in(subset: str) -> Share:
    label = f"Calcinosis, of those with {subset} systemic sclerosis"
    return Share(label, "record and scan", (5, 5), _shows("calcinosis"), _is("ssc_subset", subset))


FIGURES: tuple[Share | Mean, ...] = (
    _recorded("Women", 9, "sex", "female"),
    _recorded("Caucasian", 8, "ethnicity", "white"),
    _recorded("Diffuse systemic sclerosis", 5, "ssc_subset", "diffuse"),
    Mean("Mean age, years", 57, 0, "age_years"),
    Mean("Mean duration of the disease, years", 19.4, 1, "disease_duration_years"),
    _seen("fingertips", None),
    _seen("tendon_sheaths", None),
    _seen("carpal_tunnel", None),
    _seen("muscle", None),
    _seen("forearm_sheet", 2),
    _seen("bulky", 8),
    _seen("acro_osteolysis", 10),
    _seen("bone_destruction", 4),
    _calcinosis_in("limited"),
    _calcinosis_in("diffuse"),
    _of_the_bulky("Ischaemic digital ulcers", "digital_ulcers_ischaemic"),
    _of_the_bulky("Oesophageal reflux", "reflux"),
    _of_the_bulky("Pulmonary fibrosis", "ild"),
    _recorded("Disabled by calcinosis", 5, "disabled_by_calcinosis"),
    _recorded("Painful ulcers", 10, "painful_ulcer"),
    _recorded("Soft-tissue swelling", 8, "soft_tissue_swelling"),
    _recorded("Contractures", 8, "contracture"),
    _recorded("New joint swelling", 5, "joint_swelling"),
    _recorded("Infection", 4, "infection"),
)
