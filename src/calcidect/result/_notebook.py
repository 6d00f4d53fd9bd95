"""How a ``Result`` shows itself in a terminal and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from calcidect.result._types import RESEARCH_USE_ONLY

if TYPE_CHECKING:
    from calcidect.result._types import Result

_SHOWN_COLUMNS = ["side", "material", "digit", "level", "compartment", "volume_mm3", "ha_mass_mg", "flags"]
_SHOWN_ROWS = 20


def one_line(result: Result) -> str:
    """Return a result in one line."""
    burden = result.findings.burden["all"]
    mass = "mass not assessed" if burden.ha_mass_mg is None else f"{burden.ha_mass_mg:.1f} mg hydroxyapatite"
    deposits = "1 deposit" if burden.number == 1 else f"{burden.number} deposits"
    return f"<Result {result.study.subject_id}: {deposits}, {burden.volume_mm3:.1f} mm3, {mass}, {result.study.pair}>"


def as_html(result: Result) -> str:
    """Return burden and largest deposits as HTML; every text is escaped."""
    deposits = result.deposits.set_index("deposit_id").nlargest(_SHOWN_ROWS, "volume_mm3")[_SHOWN_COLUMNS]
    burden = result.burden.to_html(na_rep="", float_format="{:.1f}".format, border=0)
    table = deposits.to_html(na_rep="", float_format="{:.1f}".format, border=0)
    return (
        f"<p><b>calcidect result</b> {escape(result.study.subject_id)}, {escape(result.study.pair)}<br>"
        f"<small>{escape(RESEARCH_USE_ONLY)}</small></p>{burden}{table}"
    )
