"""What a hand, and both together, hold: number, volume, mass, bulky, forearm extension."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.findings._older import OlderMeasures
from calcidect.findings._types import Burden, Deposit
from calcidect.geometry import FloatArray, Grid, box_of
from calcidect.settings import FindingsSettings

_OLDER = tuple(field.name for field in fields(OlderMeasures))


class HandPlace(Protocol):
    """What is needed of a hand: its side, its box (i, j, k), its axis, and where its joint line lies on that."""

    @property
    def side(self) -> Side: ...
    @property
    def start(self) -> tuple[int, int, int]: ...
    @property
    def size(self) -> tuple[int, int, int]: ...
    @property
    def distal(self) -> FloatArray | tuple[float, float, float]: ...
    @property
    def radiocarpal_mm(self) -> float | None: ...


def burden_of(
    deposits: list[Deposit], labels: NDArray[np.uint16], grid: Grid, hands: Iterable[HandPlace],
    settings: FindingsSettings,
    *, with_materials: bool = True,
) -> dict[str, Burden]:  # fmt: skip
    """Return the burden of each hand in the scan, and of all.

    Parameters
    ----------
    deposits : list of Deposit
    labels : uint16 array
        Deposit ids on the scan's grid.
    grid : Grid
        The scan's.
    hands : iterable of Hand or HandFacts
        For the joint line of each.
    settings : FindingsSettings
        The rules of bulky and forearm extension.
    with_materials : bool
        False of a single-energy scan: masses and bulky are None, also where there is no deposit.
    """
    burden = {}
    for hand in sorted(hands, key=lambda hand: hand.side, reverse=True):
        own = [deposit for deposit in deposits if deposit.side == hand.side]
        extension = _extends(hand, own, labels, grid, settings)
        bulky = _is_bulky(own, settings) if with_materials else None
        burden[str(hand.side)] = _summed(own, extension, bulky)
    extensions = [part.forearm_extension for part in burden.values()]
    known = [value for value in extensions if value is not None]
    anywhere = True if any(known) else (False if len(known) == len(extensions) else None)
    bulky = any(part.bulky for part in burden.values()) if with_materials else None
    burden["all"] = _summed(deposits, anywhere, bulky)
    return burden


def _summed(deposits: list[Deposit], extension: bool | None, bulky: bool | None) -> Burden:
    """Return sums; the calibration's error is common to all deposits, so standard deviations are added, not squared.

    Where materials are not known (bulky is None), neither are masses.
    """
    masses = [d.ha_mass_mg for d in deposits if d.ha_mass_mg is not None]
    deviations = [d.ha_mass_sd_mg for d in deposits if d.ha_mass_sd_mg is not None]
    urate = [d.urate_mass_mg for d in deposits if d.urate_mass_mg is not None]
    volumes = [d.volume_mm3 for d in deposits]
    ha, sd, msu = (None if bulky is None else float(sum(parts)) for parts in (masses, deviations, urate))
    return Burden(
        len(deposits), float(sum(volumes)), ha, sd, msu, float(max(volumes, default=0.0)), bulky, extension,
        **{name: _sum_of(deposits, name) for name in _OLDER},
    )  # fmt: skip


def _sum_of(deposits: list[Deposit], name: str) -> float:
    return float(sum(getattr(deposit, name) or 0.0 for deposit in deposits))


def _is_bulky(deposits: list[Deposit], settings: FindingsSettings) -> bool:
    volumes = [d.volume_mm3 for d in deposits if d.material == "hydroxyapatite"]
    return max(volumes, default=0.0) >= settings.bulky_deposit_mm3 or sum(volumes) >= settings.bulky_hand_mm3


def _extends(
    hand: HandPlace, deposits: list[Deposit], labels: NDArray[np.uint16], grid: Grid, settings: FindingsSettings
) -> bool | None:
    """Tell whether enough deposit lies far enough proximal of the joint line; None where that line is unknown."""
    if hand.radiocarpal_mm is None:
        return None
    own = labels[box_of(hand.start, hand.size)]
    index = np.stack(np.nonzero(np.isin(own, [d.deposit_id for d in deposits])), -1)
    if len(index) == 0:
        return False
    along = grid.point_of(index[:, ::-1] + np.array(hand.start)) @ hand.distal
    beyond = float((along < hand.radiocarpal_mm - settings.forearm_extension_beyond_mm).sum()) * grid.voxel_volume_mm3
    return beyond >= settings.forearm_extension_mm3
