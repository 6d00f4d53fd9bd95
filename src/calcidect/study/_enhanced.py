"""A multi-frame CT object becomes frames that read like images of their own.

In Enhanced CT (PS3.3 A.38) what a classic image states at the top stands in functional groups, shared by all frames or
of each frame. A converted object (Legacy Converted Enhanced CT) keeps the rest in its groups of unassigned attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcidect.study._values import Values

if TYPE_CHECKING:
    from pydicom import Dataset

ENHANCED_CT_STORAGE = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")  # the latter: converted ones

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_NUMBER_OF_FRAMES = 0x00280008
# What a frame calls otherwise than an image: Frame Type, Frame Acquisition Number and DateTime.
_OTHER_NAMES = {0x00089007: 0x00080008, 0x00209156: 0x00200012, 0x00189074: 0x0008002A}
# Unassigned attributes first: a named group that states the same goes before them.
_GROUPS = (
    0x00209170,  # Unassigned Shared Converted Attributes
    0x00209171,  # Unassigned Per-Frame Converted Attributes
    0x00209111,  # Frame Content
    0x00209113,  # Plane Position
    0x00209116,  # Plane Orientation
    0x00289110,  # Pixel Measures
    0x00289145,  # Pixel Value Transformation
    0x00089124,  # Derivation Image
    0x00189329,  # CT Image Frame Type
    0x00189325,  # CT X-Ray Details
    0x00189314,  # CT Reconstruction
)
_SEQUENCES = (
    0x00189341,  # Contrast/Bolus Usage
    0x00189360,  # CT Additional X-Ray Source
    0x00189364,  # Multi-energy CT Characteristics
)


def frames_of(values: Values) -> list[Values]:
    """Return each frame's values, in stored order.

    Parameters
    ----------
    values : Values
        Of a whole multi-frame object.

    Raises
    ------
    ValueError
        If the object does not describe as many frames as it states: it is damaged.
    """
    per_frame = values.items(_PER_FRAME)
    if not per_frame or len(per_frame) != values.number(_NUMBER_OF_FRAMES):
        raise ValueError("The frames are not described one by one.")
    shared: dict[int, tuple[Dataset, int]] = {}
    for item in values.items(_SHARED)[:1]:
        shared |= _where(item)
    return [Values(values.dataset, values.memory, shared | _where(item)) for item in per_frame]


def _where(groups: Dataset) -> dict[int, tuple[Dataset, int]]:
    """Return where each attribute of an item of functional groups stands: in which data set, under which tag."""
    places: dict[int, tuple[Dataset, int]] = {}
    for sequence in _GROUPS:
        if sequence in groups and groups[sequence].value:
            item = groups[sequence].value[0]
            places |= {int(tag): (item, int(tag)) for tag in item.keys()}  # noqa: SIM118  a data set yields elements
    places |= {image_tag: places[tag] for tag, image_tag in _OTHER_NAMES.items() if tag in places}
    return places | {sequence: (groups, sequence) for sequence in _SEQUENCES if sequence in groups}
