"""The forms in which the page sends what a reader did."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from calcidect.review._events import Kind, ResultState

LONGEST_WHY = 2000
"""Characters. Our choice: a paragraph."""

Text = Annotated[str, StringConstraints(max_length=LONGEST_WHY)]
Index = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Triple = Annotated[list[Index], Field(min_length=3, max_length=3)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class VoxelsBody(_Body):
    """A box along i, j, k, and runs in it."""

    start: Triple
    shape: Triple
    rle: Annotated[str, StringConstraints(max_length=4 * 2**20)]


class EventBody(_Body):
    """One thing that a reader did."""

    id: UUID
    base_seq: Index
    kind: Kind
    target: Index | Annotated[list[Index], Field(max_length=1000)] | Literal["new"] | None = None
    after: dict[str, Any] | None = None
    why: Text = ""
    voxels: VoxelsBody | None = None


class StateBody(_Body):
    """What is said of the whole result."""

    state: ResultState
    why: Text = ""
    id: UUID | None = None
    base_seq: Index | None = None
