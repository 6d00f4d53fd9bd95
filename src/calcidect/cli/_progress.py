"""How far a long step is, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from calcidect.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

SHOWN_AFTER_S = 2.0


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give a callback that draws a bar in a terminal, and writes one line per step elsewhere."""
    if not sys.stderr.isatty():
        yield _one_line_per_step()
        return
    with _bars() as bars:
        yield _drawn_on(bars)


def _one_line_per_step() -> Progress:
    begun: set[str] = set()

    def progress(step: str, fraction: float) -> None:
        if step not in begun:
            begun.add(step)
            typer.echo(f"{step} ...", err=True)

    return progress


def _drawn_on(bars: Bars) -> Progress:
    tasks: dict[str, int] = {}

    def progress(step: str, fraction: float) -> None:
        if step not in tasks:
            for task in tasks.values():
                bars.update(task, completed=1.0)  # type: ignore[arg-type]  # TaskID is a new type of int
            tasks[step] = bars.add_task(step, total=1.0)
        bars.update(tasks[step], completed=fraction)  # type: ignore[arg-type]

    return progress


def _bars() -> Bars:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType
    from rich.progress import Progress as Bars

    class SlowStepsOnly(Bars):
        """Shows a step once it has taken two seconds, until it is done."""

        def get_renderables(self) -> Iterable[RenderableType]:
            slow = [t for t in self.tasks if not t.finished and (t.elapsed or 0.0) >= SHOWN_AFTER_S]
            yield self.make_tasks_table(slow)

    return SlowStepsOnly(console=Console(stderr=True), transient=True)
