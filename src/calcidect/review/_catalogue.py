"""What a reader may choose from when a deposit is relabelled."""

from __future__ import annotations

from typing import Any, get_args

from calcidect.anatomy import COMPARTMENTS, LEVELS, Side
from calcidect.findings import ARTEFACT_KINDS, Material, Pattern

Choice = str | int | None

CHOICES: dict[str, tuple[Choice, ...]] = {
    "side": get_args(Side),
    "digit": (1, 2, 3, 4, 5, None),
    "level": (*LEVELS, None),
    "compartment": (*COMPARTMENTS, None),
    "pattern": (*get_args(Pattern), None),
    "material": get_args(Material),
    "artefact": (*ARTEFACT_KINDS, None),
}
"""Values of each label; None is 'not assessed', of ``artefact`` that it is none."""


def catalogue() -> dict[str, Any]:
    """Return the choices under the names by which the page asks for them."""
    named = {"compartments": "compartment", "patterns": "pattern", "materials": "material", "levels": "level"}
    lists = {plural: [value for value in CHOICES[one] if value is not None] for plural, one in named.items()}
    return {**lists, "flags": list(ARTEFACT_KINDS), "sides": list(CHOICES["side"]), "digits": [1, 2, 3, 4, 5]}
