"""What the reader is told about motion between the energies."""

from __future__ import annotations

from calcidect.errors import Notice
from calcidect.study._types import Motion

PARTS_MM = 0.5
"""Our rule: half the blur of an edge; tiles of still simulated hands stay below 0.2 (docs/method/study.md)."""


def hand_name(number: int, of: int) -> str:
    """Return what to call a hand, counted from the patient's right."""
    if of == 1:
        return "The hand"
    return ("The hand at the patient's right", "The hand at the patient's left")[number] if of == 2 else (
        f"Part {number + 1} of {of}, from the patient's right,"
    )  # fmt: skip


def misfit_mm(motion: Motion, tolerance_mm: float) -> float:
    """Return by how much parts of a hand lie apart at the two energies after all; 0 if that is tolerated or not known.

    The larger of what is left of the whole hand's motion and of what single parts moved by.
    """
    whole, part = motion.residual_mm or 0.0, motion.remainder_mm or 0.0
    return max(whole if whole > tolerance_mm else 0.0, part if part > PARTS_MM else 0.0)


def motion_notices(motion: Motion, problem: str, name: str, tolerance_mm: float) -> list[Notice]:
    """Return what to tell of one hand.

    Parameters
    ----------
    motion : Motion
    problem : str
        Why it is not known, or was not corrected; empty if all went well.
    name : str
        Of the hand.
    tolerance_mm : float
        Displacement that matters.
    """
    notices = []
    moved = motion.largest_displacement_mm
    if problem:
        known = f"moved by up to {moved:.1f} mm" if moved is not None else "may have moved"
        notices.append(
            Notice(
                "motion_uncorrected",
                f"{name} {known} between the energies, and was not moved back: {problem}.",
                "Where the two images do not fit, dual-energy ratio, material and mass are wrong, most at the edges of "
                "bone and in small deposits. Look whether the edges of bone coincide in both series.",
            )
        )
    if motion.corrected:
        residual, error = motion.residual_mm or 0.0, motion.standard_error_mm or 0.0
        left = f" More than {tolerance_mm:g} mm is left." if residual > tolerance_mm else ""
        notices.append(
            Notice(
                "motion_corrected",
                f"{name} moved by up to {moved:.1f} mm between the energies. Its high-energy image was moved back and "
                f"now fits within {residual + 2 * error:.2f} mm.{left}",
                "Its high-energy image was interpolated, so that its noise is a little lower and more correlated.",
            )
        )
    if (motion.remainder_mm or 0.0) > PARTS_MM:
        notices.append(
            Notice(
                "motion_within_hand",
                f"{name} moved in itself between the energies: parts of it, such as single fingers, by up to "
                f"{motion.remainder_mm:.1f} mm against the rest. This is not corrected.",
                "Dual-energy ratio, material and mass of deposits in the parts that moved.",
            )
        )
    return notices
