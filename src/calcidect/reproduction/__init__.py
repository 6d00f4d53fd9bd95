"""The study of Hsu, Bramwit and Schlesinger (EULAR 2014), reproduced on ten simulated people.

Above the rooms that it calls, phantom, api, registry, cohort and validation, and below the command line: no room on the
analysis path may know the simulator or its truth, and this one needs both.
"""

from calcidect.reproduction._comparison import Compared, compare, comparison_table
from calcidect.reproduction._crosstabs import Crosstab, crosstab_table, crosstabs, deposit_table, people_table
from calcidect.reproduction._outcome import Outcome, make_outcome
from calcidect.reproduction._people import PEOPLE, record_of, scenario_of
from calcidect.reproduction._reproduce import reproduce
from calcidect.reproduction._traits import TRAITS, Traits, found_traits, true_traits
from calcidect.reproduction._work import Work

__all__ = [
    "PEOPLE",
    "TRAITS",
    "Compared",
    "Crosstab",
    "Outcome",
    "Traits",
    "Work",
    "compare",
    "comparison_table",
    "crosstab_table",
    "crosstabs",
    "deposit_table",
    "found_traits",
    "make_outcome",
    "people_table",
    "record_of",
    "reproduce",
    "scenario_of",
    "true_traits",
]
