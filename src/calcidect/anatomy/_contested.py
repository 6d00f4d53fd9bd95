"""What the network says of mineral that sticks out of bone, and how much that counts.

On simulated hands it takes at most four voxels of bone in a thousand for a deposit, but a twentieth to three fifths
of what touches bone for bone (docs/method/anatomy.md). So its word for a deposit is good, its word for bone is not.
What sticks out of bone is far likelier to be bone in a hand that shows no deposit: there it is bone, unless the network
reads enough of it as deposits, or a part is larger than any osteophyte, or the trees tell a large one. A hand's only
deposit, small and in contact with bone, is missed; that is our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID, is_bone
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._sesamoids import SMALL_BONE_MG_PER_CM3
from calcidect.anatomy._types import BONES

Mask = NDArray[np.bool_]

_LEAST_MM3 = 25.0
"""Our choice: deposits of that size, a ball of 3.6 mm, make others likely; a piece of an artery
that was not told has 10 to 24 mm3 on simulated hands. So does so much that sticks out of bone, all together, read as
deposits: on simulated hands without any 0 to 18, with deposits against bone alone 34 and more."""
_LARGE_MM3, _SESAMOID_SHARE = 80.0, 0.1
"""Our choice: beyond blur, of one part; the largest common osteophyte has 20 mm3 in all. On simulated hands without any
deposit 53 at most, sesamoids in contact with bone apart, which are read as such to a tenth and more."""
_FOREARM, _FOREARM_SHARE = (BONES.index("radius") + 1, BONES.index("ulna") + 1), 0.2
"""Read as radius or ulna, it is their shaft, which goes on beyond what was fitted: our choice."""
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
        The hand shows deposits, by `shows_deposits`: apart from bone, or told by the trees (`_deposit_places`).
    """

    image: MineralImage
    read: NDArray[np.uint8]
    is_calcified: bool


def shows_deposits(deposits: Mask, read: NDArray[np.uint8], voxel_mm3: float) -> bool:
    """Tell whether deposits, but for what is read as a sesamoid to a tenth, are enough to be a sign of others.

    Parameters
    ----------
    deposits : bool array, shape (k, j, i)
    read : uint8 array
        The network's classes.
    voxel_mm3 : float
    """
    from scipy.ndimage import label

    parts, count = label(deposits)
    size, of_sesamoid = (np.bincount(parts[which], minlength=count + 1) for which in (deposits, read == SESAMOID))
    return bool(size[1:][of_sesamoid[1:] < _SESAMOID_SHARE * size[1:]].sum() * voxel_mm3 >= _LEAST_MM3)


def read_as_bone(outside: Mask, bones: Mask, evidence: Evidence, voxel_mm3: float) -> Mask:
    """Return the connected parts that are bone: what is read as a sesamoid and as dense as one.

    In a hand that shows no deposit all are: none apart from bone or told by the trees, too little that is read as one,
    no part too large.

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

    dense, deposit, sesamoid = voxels(bones), voxels(read == DEPOSIT), voxels(read == SESAMOID)
    bone = voxels(is_bone(read))
    kinds = outside, read == SESAMOID, np.isin(read, _FOREARM)
    size, of_sesamoid, of_forearm = (np.bincount(parts[which], minlength=count + 1) for which in kinds)
    is_large = (size * voxel_mm3 >= _LARGE_MM3) & (of_sesamoid < _SESAMOID_SHARE * size)
    is_large &= of_forearm < _FOREARM_SHARE * size
    if not (evidence.is_calcified or deposit[1:].sum() * voxel_mm3 >= _LEAST_MM3 or is_large.any()):
        return outside.copy()
    is_dense = voxels(evidence.image.ha_mg_per_cm3 >= SMALL_BONE_MG_PER_CM3) > _DENSE_SHARE * dense
    is_sesamoid = is_dense & (sesamoid > _SESAMOID_RATIO * (deposit + bone))
    is_sesamoid[0] = False
    return np.asarray(is_sesamoid[parts])
