"""How names and numbers read in a report."""

from __future__ import annotations

from calcidect.findings import Deposit

MISSING = "\u2013"  # an en dash
DIGITS = {1: "thumb", 2: "index finger", 3: "middle finger", 4: "ring finger", 5: "little finger"}


def words(name: str | None) -> str:
    """Return a name of the result contract as people write it: ``carpal_tunnel`` as 'carpal tunnel'."""
    return MISSING if name is None else name.replace("_", " ")


def number(value: float | None, decimals: int = 1) -> str:
    """Return a number with a fixed count of decimals, so that columns align, or a dash where it is missing."""
    if value is None:
        return MISSING
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def with_sd(value: float | None, sd: float | None, decimals: int = 1) -> str:
    """Return ``51.6 ± 3.1``."""
    if value is None or sd is None:
        return number(value, decimals)
    return f"{number(value, decimals)} ± {number(sd, decimals)}"


def yes_no(value: bool | None) -> str:
    """Return yes, no, or a dash where it was not assessed."""
    return MISSING if value is None else ("yes" if value else "no")


def deposit_site(deposit: Deposit) -> str:
    """Return where a deposit lies: 'right index finger, distal phalanx, fingertip fat pad'."""
    first = f"{deposit.side} {DIGITS[deposit.digit]}" if deposit.digit else f"{deposit.side} hand"
    if deposit.digit is None and deposit.level == "forearm":
        first = f"{deposit.side} forearm"
    parts = [first, deposit.level, deposit.compartment]
    kept = [words(part) for part in parts if part is not None]
    return ", ".join(part for n, part in enumerate(kept) if n == 0 or part not in kept[0])
