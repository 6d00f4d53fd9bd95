"""Any result against known truth: scores per case, and figures over many."""

from calcidect.validation._inputs import Truth, read_truth
from calcidect.validation._score import score_case
from calcidect.validation._statistics import Proportion
from calcidect.validation._summary import Summary, summarise
from calcidect.validation._types import (
    BoneScore,
    BoneUnion,
    DepositScore,
    DestructionScore,
    FalseDeposit,
    GroupScore,
    Score,
    TipScore,
    Totals,
)
from calcidect.validation._write import as_document, as_markdown, summary_rows, write_score

__all__ = [
    "BoneScore",
    "BoneUnion",
    "DepositScore",
    "DestructionScore",
    "FalseDeposit",
    "GroupScore",
    "Proportion",
    "Score",
    "Summary",
    "TipScore",
    "Totals",
    "Truth",
    "as_document",
    "as_markdown",
    "read_truth",
    "score_case",
    "summarise",
    "summary_rows",
    "write_score",
]
