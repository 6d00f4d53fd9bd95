"""The review application on a free port of this process, and a browser's page on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import uvicorn

from calcidect.review._app import make_app
from calcidect.review._case import Case
from calcidect.review._gate import Gate, Keys
from calcidect.review._scan import Scan, ScanReading
from calcidect.review._serve import _listening
from calcidect.review._worklist import Recorded
from calcidect.settings import FindingsSettings, Settings
from support.results import small_scene

PATIENCE_MS = 120_000  # software drawing on a busy machine
AIR_HU = -500


@dataclass
class Running:
    """A running server."""

    port: int
    keys: Keys
    cases: dict[str, Case]
    errors: list[str] = field(default_factory=list)

    def link(self) -> str:
        """Return the link that opens the application once."""
        return f"http://127.0.0.1:{self.port}/open?token={self.keys.token}"


@contextmanager
def running(cases: dict[str, Case], port: int = 0, recorded: Callable[[], Recorded] | None = None) -> Iterator[Running]:
    """Serve cases until the block ends."""
    listener = _listening(port)
    port, keys = int(listener.getsockname()[1]), Keys()
    config = uvicorn.Config(
        Gate(make_app(cases, recorded), port, keys, lambda: None),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Running(port, keys, cases)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


def made_up_scan() -> ScanReading:
    """Return the scan of the made-up result as if it had been read."""
    scene, reading = small_scene(), ScanReading()
    settings = Settings(findings=FindingsSettings(bulky_deposit_mm3=300.0))
    hands = tuple(
        replace(hand, body=scene.study.low.cropped(hand.start, hand.size).array > AIR_HU)
        for hand in scene.anatomy.hands
    )
    reading.scan = Scan(scene.study, scene.maps, replace(scene.anatomy, hands=hands), settings)
    reading.state = "ready"
    return reading


class Reader:
    """A browser's page of one reader, and the few things that tests do on it."""

    def __init__(self, context, server: Running) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.goto(server.link())
        self.page.wait_for_selector("#worklist tbody tr")

    def _note(self, message) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.errors.append(message.text)

    def open(self, name: str, *, images: bool = True) -> Reader:
        """Open a result of the work list, and stay with its coarse images."""
        self.page.click(f"#worklist tbody a >> text={name}")
        self.page.wait_for_selector("#deposits tbody tr")
        if images:
            self.page.wait_for_selector("#images[data-shown]")
            self.page.select_option("#view-grid", "coarse")
            self.wait_for_images("coarse")
        return self

    def wait_for_images(self, grid: str) -> None:
        """Wait until all images of a grid are there."""
        self.page.wait_for_selector(f'#images[data-loaded="{grid}"]')

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def answer(self, **values: str) -> None:
        """Fill the form that is open, and send it."""
        for name, value in values.items():
            control = self.page.locator(f'#dialog [name="{name}"]')
            if control.evaluate("element => element.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        self.page.click("#dialog button[type=submit]")

    def chosen(self) -> int:
        """Return the id of the selected deposit."""
        return int(self.page.get_attribute("#deposits tr.chosen", "data-deposit"))

    def states(self) -> dict[int, str]:
        """Return the review state of each row of the list."""
        rows = self.page.eval_on_selector_all(
            "#deposits tbody tr", "rows => rows.map(row => [row.dataset.deposit, row.dataset.review])"
        )
        return {int(deposit): state for deposit, state in rows}

    def wait_for_history(self, text: str) -> None:
        """Wait until an edit stands in the history, sent."""
        self.page.wait_for_selector(f"#history li:not(.waits):has-text('{text}')")
