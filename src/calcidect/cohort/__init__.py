"""Statistics of a cohort: Table 1, associations, agreement, figures. Takes and returns values; writes no file."""

from calcidect.cohort._observed import Observed, observe, one_row_each
from calcidect.cohort._per_patient import per_patient
from calcidect.cohort._summary import Centre
from calcidect.cohort._table import RENDERINGS, Row, Table
from calcidect.cohort._table_one import Entry, TableOne, table_one
from calcidect.cohort._variable import Kind, Variable, chosen, read_codebook
from calcidect.cohort._word import as_word

__all__ = [
    "RENDERINGS",
    "Centre",
    "Entry",
    "Kind",
    "Observed",
    "Row",
    "Table",
    "TableOne",
    "Variable",
    "as_word",
    "chosen",
    "observe",
    "one_row_each",
    "per_patient",
    "read_codebook",
    "table_one",
]
