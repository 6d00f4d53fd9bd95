"""A result folder to review, and a browser that has opened its link."""

from __future__ import annotations

import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

from calcidect.result import write_result
from calcidect.review._app import make_app
from calcidect.review._gate import Gate, Keys
from calcidect.review._serve import ReviewOptions, open_cases
from calcidect.review._voxels import encode
from support.results import small_result

PORT = 8123
BASE = f"http://127.0.0.1:{PORT}"
SAFE = {"origin": BASE, "x-calcidect": "1"}


def write_small_result(folder: Path, result=None) -> Path:
    """Write a made-up result with a stand-in for its report."""

    def add(hidden: Path) -> None:
        (hidden / "images").mkdir()
        for side in ("left", "right"):
            Image.new("RGB", (60, 90), (40, 40, 40)).save(hidden / "images" / f"coronal_{side}.png")
        (hidden / "report.html").write_text("<!doctype html><title>report</title>", encoding="utf-8")

    return write_result(result or small_result(), folder, extra=add)


class Browser:
    """One browser with the page: sends what the page sends."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str, **more: Any):
        return self.client.get(path, **more)

    def post(self, path: str, body: Any, **more: Any):
        """Send what is made on the result as it is told now."""
        headers = {**SAFE, **self.made_on(), **more.pop("headers", {})}
        return self.client.post(path, json=body, headers=headers, **more)

    def made_on(self) -> dict[str, str]:
        """Return the header that says which review was shown."""
        return {"x-calcidect-review": self.get("/api/results/r1").json()["identity"]}

    def do(self, kind: str, target: Any, *, base_seq: int | None = None, **more: Any):
        """Send one event, by default as one who has seen all others."""
        if base_seq is None:
            base_seq = len(self.get("/api/results/r1/events").json())
        body = {"id": str(uuid.uuid4()), "base_seq": base_seq, "kind": kind, "target": target, **more}
        return self.post("/api/results/r1/events", body)

    def row(self, deposit_id: int) -> dict[str, Any]:
        rows = self.get("/api/results/r1").json()["deposits"]
        return next(row for row in rows if row["deposit_id"] == deposit_id)


class Server:
    """The application behind its gate, in this process."""

    def __init__(self, *folders: Path, **options: Any) -> None:
        self.cases = open_cases(folders, ReviewOptions(**options))
        self.keys = Keys()
        self.gate = Gate(make_app(self.cases), PORT, self.keys)

    def closed_client(self, **more: Any) -> TestClient:
        """Return a client that has opened nothing."""
        return TestClient(self.gate, base_url=BASE, follow_redirects=False, **more)

    def browser(self) -> Browser:
        client = self.closed_client()
        assert client.get(f"/open?token={self.keys.token}").status_code == 303
        return Browser(client)


def stroke(labels: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    """Return chosen voxels, bool, as they stand in requests."""
    return encode(np.flatnonzero(chosen), labels.shape)


@contextmanager
def real_server(folder: Path, *words: str):
    """Start the command itself; give its process and the link that opens it."""
    command = [sys.executable, "-m", "calcidect", "review", str(folder), "--no-browser", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        link = next((line.strip() for line in process.stdout if "/open?token=" in line), "")
        assert link, process.stderr.read() if process.stderr else ""
        yield process, link
    finally:
        process.kill()
        process.communicate()
