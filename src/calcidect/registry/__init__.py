"""The record of people and visits: catalogue, database, import, results, REDCap and export.

Pseudonyms only. One catalogue of items (``catalogue.csv``) drives validation, template, REDCap dictionary, codebook and
export. Names are loaded when they are first used: SQLAlchemy, pandas and alembic come with the extra ``cohort``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calcidect._extras import name_of
from calcidect.registry._catalogue import CATALOGUE_VERSION, MISSING, Item, catalogue
from calcidect.registry._faults import RejectedCell, TableRefusedError, write_rejects
from calcidect.registry._files import write_file

if TYPE_CHECKING:
    from calcidect.registry._analysis import analysis_codebook, analysis_frame
    from calcidect.registry._classification import Classification, classify
    from calcidect.registry._codebook import catalogue_markdown, codebook, codebook_frame, codebook_markdown
    from calcidect.registry._database import Database, create_database, open_database, upgrade_database
    from calcidect.registry._export import FORMATS, as_csv, export
    from calcidect.registry._forget import forget_person
    from calcidect.registry._history import history_rows, list_people
    from calcidect.registry._import import ImportOptions, ImportSummary, import_table
    from calcidect.registry._redcap_export import redcap_csv
    from calcidect.registry._redcap_fields import dictionary_csv
    from calcidect.registry._redcap_import import import_redcap
    from calcidect.registry._results import AddOptions, add_result
    from calcidect.registry._scan_record import document_hash
    from calcidect.registry._tables import TABLES, read_tables
    from calcidect.registry._template import write_template

__all__ = [
    "CATALOGUE_VERSION",
    "FORMATS",
    "MISSING",
    "TABLES",
    "AddOptions",
    "Classification",
    "Database",
    "ImportOptions",
    "ImportSummary",
    "Item",
    "RejectedCell",
    "TableRefusedError",
    "add_result",
    "analysis_codebook",
    "analysis_frame",
    "as_csv",
    "catalogue",
    "catalogue_markdown",
    "classify",
    "codebook",
    "codebook_frame",
    "codebook_markdown",
    "create_database",
    "dictionary_csv",
    "document_hash",
    "export",
    "forget_person",
    "history_rows",
    "import_redcap",
    "import_table",
    "list_people",
    "open_database",
    "read_tables",
    "redcap_csv",
    "upgrade_database",
    "write_file",
    "write_rejects",
    "write_template",
]

_HOMES = {
    "_analysis": ("analysis_codebook", "analysis_frame"),
    "_classification": ("Classification", "classify"),
    "_codebook": ("catalogue_markdown", "codebook", "codebook_frame", "codebook_markdown"),
    "_database": ("Database", "create_database", "open_database", "upgrade_database"),
    "_export": ("FORMATS", "as_csv", "export"),
    "_forget": ("forget_person",),
    "_history": ("history_rows", "list_people"),
    "_import": ("ImportOptions", "ImportSummary", "import_table"),
    "_redcap_export": ("redcap_csv",),
    "_redcap_fields": ("dictionary_csv",),
    "_redcap_import": ("import_redcap",),
    "_results": ("AddOptions", "add_result"),
    "_scan_record": ("document_hash",),
    "_tables": ("TABLES", "read_tables"),
    "_template": ("write_template",),
}


def __getattr__(name: str) -> Any:
    return name_of(__name__, _HOMES, name, "cohort")
