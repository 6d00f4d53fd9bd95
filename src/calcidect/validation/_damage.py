"""Score damage: acro-osteolysis per digit, destruction per site. Only what the result assesses."""

from __future__ import annotations

from calcidect.validation._inputs import DestructionSite, FindingsFile, TruthFile
from calcidect.validation._matching import Match
from calcidect.validation._types import DestructionScore, TipScore


def score_tips(truth: TruthFile, findings: FindingsFile) -> tuple[TipScore, ...]:
    """Return a row per digit whose true state is known."""
    said = {(tip.side, tip.digit): tip for tip in findings.acro_osteolysis}
    rows = []
    for tip in truth.acro_osteolysis:
        if tip.present is None:
            continue
        claim = said.get((tip.side, tip.digit))
        rows.append(
            TipScore(
                tip.side,
                tip.digit,
                true_present=tip.present,
                reported_present=claim.present if claim else None,
                true_fraction_lost=tip.fraction_lost,
                reported_fraction_lost=claim.fraction_lost if claim else None,
            )
        )
    return tuple(rows)


def score_destruction(
    truth: TruthFile, findings: FindingsFile, matches: list[Match]
) -> tuple[tuple[DestructionScore, ...], int]:
    """Return a row per true site, and the number of reported sites that are at none.

    A site is the same when side and bone agree and its deposit is matched with the true one.
    """
    matched = {(match.true_id, match.reported_id) for match in matches}
    found_deposits = {match.true_id for match in matches}
    if not findings.assesses("bone_destruction"):
        return tuple(_site_row(s, None, s.deposit_id in found_deposits) for s in truth.bone_destruction), 0
    rows, used = [], set()
    for site in truth.bone_destruction:
        claims = [claim for claim in findings.bone_destruction if _is_same(site, claim, matched)]
        used.update(claims)
        rows.append(_site_row(site, claims, site.deposit_id in found_deposits))
    return tuple(rows), len(set(findings.bone_destruction) - used)


def _is_same(site: DestructionSite, claim: DestructionSite, matched: set[tuple[int, int]]) -> bool:
    same_bone = (site.side, site.bone) == (claim.side, claim.bone)
    return same_bone and (site.deposit_id, claim.deposit_id) in matched


def _site_row(site: DestructionSite, claims: list[DestructionSite] | None, deposit_found: bool) -> DestructionScore:
    """Return a true site's row; None for the claims: the result does not assess destruction."""
    volumes = [claim.volume_mm3 for claim in claims or () if claim.volume_mm3 is not None]
    depths = [claim.depth_mm for claim in claims or () if claim.depth_mm is not None]
    return DestructionScore(
        site.side, site.bone, site.deposit_id, None if claims is None else bool(claims), site.volume_mm3,
        sum(volumes) if volumes else None, site.depth_mm, max(depths, default=None), deposit_found,
    )  # fmt: skip
