"""The ``Result`` value and its folder: written whole or not at all, read back equal."""

from calcidect.result._assemble import assemble, what_is_not_assessed
from calcidect.result._document import SCHEMA_VERSION, as_document, findings_schema, validate_document
from calcidect.result._folder import check_target, whole_folder, write_whole_file
from calcidect.result._images import write_images
from calcidect.result._nifti import CONCENTRATION_STEP_MG_PER_CM3, packed_nifti
from calcidect.result._parts import ResultParts
from calcidect.result._read import read_document, read_result
from calcidect.result._types import (
    RESEARCH_USE_ONLY,
    HandFacts,
    NotAssessed,
    Provenance,
    Result,
    ReviewRecord,
    StepCost,
    StudyFacts,
)
from calcidect.result._write import write_result

__all__ = [
    "CONCENTRATION_STEP_MG_PER_CM3",
    "RESEARCH_USE_ONLY",
    "SCHEMA_VERSION",
    "HandFacts",
    "NotAssessed",
    "Provenance",
    "Result",
    "ResultParts",
    "ReviewRecord",
    "StepCost",
    "StudyFacts",
    "as_document",
    "assemble",
    "check_target",
    "findings_schema",
    "packed_nifti",
    "read_document",
    "read_result",
    "validate_document",
    "what_is_not_assessed",
    "whole_folder",
    "write_images",
    "write_result",
    "write_whole_file",
]
