"""A small cohort like the study's: ten people with systemic sclerosis and calcinosis. All values are made up."""

from __future__ import annotations

import io

import pandas as pd

from calcidect.cohort import Variable, read_codebook

CODEBOOK = """\
name,label,kind,unit,categories
female,Female,binary,,
subset,SSc subset,categorical,,"limited, Limited | diffuse, Diffuse"
age,Age,continuous,years,
duration,Disease duration,continuous,years,
bulky,Bulky deposits,binary,,
ulcers,Ischaemic digital ulcers,binary,,
ha_mass,HA mass,continuous,mg,
deposits,Deposits,count,,
grade,Acro-osteolysis grade,ordinal,,"0, None | 1, 1 | 2, 2 | 3, 3 | 4, 4"
"""
PEOPLE = """\
person,female,subset,age,duration,bulky,ulcers,ha_mass,deposits,grade
p01,1,limited,61,22.0,1,1,812.4,14,3
p02,1,diffuse,48,15.5,1,1,401.0,9,2
p03,1,limited,70,31.0,1,1,1650.2,31,4
p04,1,diffuse,52,12.0,1,1,366.8,11,2
p05,1,limited,66,28.0,1,1,590.1,18,3
p06,0,diffuse,39,9.0,0,0,44.9,4,1
p07,1,diffuse,57,17.0,1,unknown,701.7,12,2
p08,1,limited,63,26.5,1,1,1210.0,22,not_done
p09,1,diffuse,55,14.0,1,1,298.5,7,2
p10,1,limited,59,19.0,0,not_applicable,61.3,3,1
"""


def text_frame(text: str) -> pd.DataFrame:
    """Return a table of text, as the command line reads it."""
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def codebook() -> dict[str, Variable]:
    """Return the variables by name."""
    return {v.name: v for v in read_codebook(text_frame(CODEBOOK))}


def people() -> pd.DataFrame:
    """Return a row per person."""
    return text_frame(PEOPLE)
