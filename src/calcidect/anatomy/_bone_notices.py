"""What the reader should know of bones: not named, unsure, missing, cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calcidect.anatomy._name_bones import NamedBones
from calcidect.anatomy._types import Side
from calcidect.errors import Notice

_WHOLE, _NONE = 0.9, 0.05
"""Our choice: of a bone's surface in the scan; the border of the field is known to a voxel, the fit to a millimetre."""
_DOUBTFUL = 0.9
"""Our choice, of a fit's quality: simulated hands have 0.95, wrong fits of turned hands had 0.86 to 0.89."""
_FOREARM = ("radius", "ulna")


def bone_notices(hands: Sequence[tuple[Side, NamedBones]]) -> list[Notice]:
    """Return a notice for each thing that holds of some bone."""
    notices = []
    if lost := [side for side, named in hands if not named.frames]:
        notices.append(
            Notice(
                "bones_not_named",
                f"The bones of the {' and '.join(lost)} hand do not look like a whole hand's, and have no names.",
                "Bone is labelled unnamed; of deposits, nearest bone, compartment, level, digit and aspect are empty.",
            )
        )
    told = [(side, named) for side, named in hands if named.frames]
    if missing := _listed(told, lambda named: named.missing):
        notices.append(
            Notice(
                "bones_missing",
                f"Not found where they are expected: {missing}.",
                "They may be lost, fused with a neighbour, or so thin that they were not taken for bone; look.",
            )
        )
    if cut := _listed(told, lambda named: _seen(named, _NONE, _WHOLE)):
        notices.append(
            Notice(
                "bones_cut_off", f"The scan shows only a part of: {cut}.", "Their volume and length are of that part."
            )
        )
    if outside := _listed(told, lambda named: _seen(named, -1.0, _NONE)):
        notices.append(
            Notice("bones_outside", f"The scan does not show: {outside}.", "They have no row among the bones.")
        )
    if any(named.unnamed_mm3 > 0 or named.quality < _DOUBTFUL for _, named in told):
        notices.append(
            Notice(
                "bones_unsure",
                "Not all bone lies where the fitted hand has it; some may bear a wrong name or none.",
                "Look at the labels. What is unnamed may be a deposit in contact with bone.",
            )
        )
    return notices


def _seen(named: NamedBones, low: float, high: float) -> tuple[str, ...]:
    return tuple(name for name, frame in named.frames.items() if name not in _FOREARM and low <= frame.seen < high)


def _listed(hands: Sequence[tuple[Side, NamedBones]], names_of: Callable[[NamedBones], tuple[str, ...]]) -> str:
    """Return the names that hold of each hand in words."""
    parts = [(side, [name.replace("_", " ") for name in names_of(named)]) for side, named in hands]
    return "; ".join(f"{side} {', '.join(names)}" for side, names in parts if names)
