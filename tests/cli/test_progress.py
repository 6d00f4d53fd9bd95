"""The bar in a terminal: only for steps that take a while."""

import pytest
from rich.console import Console

from calcidect.cli import _progress


@pytest.fixture
def bars():
    return _progress._bars()


def shown(bars) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(*bars.get_renderables())
    return captured.get()


def test_a_step_is_drawn_once_it_has_taken_two_seconds(bars):
    now = [100.0]
    bars.get_time = lambda: now[0]
    progress = _progress._drawn_on(bars)
    progress("anatomy", 0.25)
    now[0] += 1.9
    assert "anatomy" not in shown(bars)
    now[0] += 0.2
    assert "anatomy" in shown(bars)
    assert "25%" in shown(bars)


def test_the_next_step_ends_the_one_before(bars):
    bars.get_time = iter(range(0, 1000, 10)).__next__
    progress = _progress._drawn_on(bars)
    progress("anatomy", 0.25)
    progress("deposits", 0.0)
    assert "anatomy" not in shown(bars)
    assert "deposits" in shown(bars)


def test_a_step_that_is_done_is_drawn_no_more(bars):
    bars.get_time = iter(range(0, 1000, 10)).__next__
    progress = _progress._drawn_on(bars)
    progress("anatomy", 1.0)
    assert "anatomy" not in shown(bars)
