"""Statistics of a cohort: Table 1, associations, agreement, figures. Takes and returns values; writes no file."""

from calcidect.cohort._agreement import agreement, agreement_table
from calcidect.cohort._associations import Association, associations, firth_regression
from calcidect.cohort._associations_layout import associations_table, firth_table
from calcidect.cohort._correlation import spearman
from calcidect.cohort._duration_figure import scatter_figure
from calcidect.cohort._estimate import Estimate
from calcidect.cohort._firth import FirthModel, firth
from calcidect.cohort._forest_figure import forest_figure
from calcidect.cohort._hands_figure import hands_figure
from calcidect.cohort._icc import icc_all, measurement_error
from calcidect.cohort._kappa import kappa
from calcidect.cohort._observed import Observed, observe, one_row_each
from calcidect.cohort._per_patient import per_patient
from calcidect.cohort._places import Place, Places, burden_by_place
from calcidect.cohort._ratings import Ratings, side_by_side, stacked
from calcidect.cohort._shift import hodges_lehmann
from calcidect.cohort._summary import Centre
from calcidect.cohort._table import RENDERINGS, Row, Table
from calcidect.cohort._table_one import Entry, TableOne, table_one
from calcidect.cohort._two_by_two import (
    ExactTest,
    OddsInterval,
    TwoByTwo,
    exact_odds_ratio,
    exact_p,
    mid_p_odds_ratio,
)
from calcidect.cohort._two_methods import bland_altman, concordance
from calcidect.cohort._variable import Kind, Variable, chosen, read_codebook
from calcidect.cohort._word import as_word, rendered

__all__ = [
    "RENDERINGS",
    "Association",
    "Centre",
    "Entry",
    "Estimate",
    "ExactTest",
    "FirthModel",
    "Kind",
    "Observed",
    "OddsInterval",
    "Place",
    "Places",
    "Ratings",
    "Row",
    "Table",
    "TableOne",
    "TwoByTwo",
    "Variable",
    "agreement",
    "agreement_table",
    "as_word",
    "associations",
    "associations_table",
    "bland_altman",
    "burden_by_place",
    "chosen",
    "concordance",
    "exact_odds_ratio",
    "exact_p",
    "firth",
    "firth_regression",
    "firth_table",
    "forest_figure",
    "hands_figure",
    "hodges_lehmann",
    "icc_all",
    "kappa",
    "measurement_error",
    "mid_p_odds_ratio",
    "observe",
    "one_row_each",
    "per_patient",
    "read_codebook",
    "rendered",
    "scatter_figure",
    "side_by_side",
    "spearman",
    "stacked",
    "table_one",
]
