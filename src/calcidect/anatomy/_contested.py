"""What the network says of mineral that sticks out of bone, and how much that counts.

On simulated hands it takes at most four voxels of bone in a thousand for a deposit, but a twentieth to a half of what
touches bone for bone (docs/method/anatomy.md). So its word for a deposit is good anywhere, its word for bone seldom.
What sticks out of bone is far likelier to be bone in a hand that shows no deposit: there it is bone, unless the network
is sure of one. A hand's only deposit, in contact with bone, is missed where it is not; that is rare, and our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._sesamoids import SMALL_BONE_MG_PER_CM3

Mask = NDArray[np.bool_]

_SURE_SHARE, _SURE_MM3 = 0.9, 8.0
"""Our choice: of a part's dense voxels, and a ball of 2.5 mm, some fifteen voxels of the network."""
_SESAMOID_RATIO = 2.0
"""Our choice: blur around a sesamoid is read as something else; one in contact with a deposit is one part with it."""
_DENSE_SHARE = 0.1
"""As a part's density is told by the 90th percentile elsewhere."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What tells a deposit from the bone that it touches.

    Parameters
    ----------
    image : MineralImage
    read : uint8 array, shape (k, j, i)
        The network's classes.
    is_calcified : bool
        The hand has a deposit apart from bone.
    """

    image: MineralImage
    read: NDArray[np.uint8]
    is_calcified: bool


def read_as_bone(outside: Mask, bones: Mask, evidence: Evidence, voxel_mm3: float) -> Mask:
    """Return the connected parts that are bone: what is read as a sesamoid and as dense as one.

    In a hand that shows no deposit all are: none apart from bone, and no part that is surely read as one.

    Parameters
    ----------
    outside : bool array, shape (k, j, i)
        What lies outside of the fitted bones.
    bones : bool array
        Bone and what touches it, trimmed of blur: the rest of a part does not count.
    evidence : Evidence
    voxel_mm3 : float
    """
    from scipy.ndimage import label

    parts, count = label(outside)
    read = evidence.read

    def voxels(which: Mask) -> NDArray[np.intp]:
        return np.asarray(np.bincount(parts[bones & which], minlength=count + 1))

    deposit, sesamoid, bone = voxels(read == DEPOSIT), voxels(read == SESAMOID), voxels((read > 0) & (read < SESAMOID))
    all_ = deposit + sesamoid + bone
    is_sure = (deposit > _SURE_SHARE * all_) & (deposit * voxel_mm3 > _SURE_MM3)
    if not (evidence.is_calcified or is_sure[1:].any()):
        return outside.copy()
    is_dense = voxels(evidence.image.ha_mg_per_cm3 >= SMALL_BONE_MG_PER_CM3) > _DENSE_SHARE * all_
    is_bone = is_dense & (sesamoid > _SESAMOID_RATIO * (deposit + bone))
    is_bone[0] = False
    return np.asarray(is_bone[parts])
