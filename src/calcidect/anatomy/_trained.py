"""What was trained and is shipped: the network that reads bones, and the trees that tell deposits from bone."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from importlib.resources import files
from typing import Any

_FILES = ("bones.onnx", "deposits.onnx")
_ERRORS_ONLY = 3
"""Of onnxruntime's levels of logging."""


def network_sha256() -> str:
    """Return the hash by which results name what was trained: of the network and the trees, one after the other."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(_contents(name))
    return digest.hexdigest()


@lru_cache(maxsize=len(_FILES))
def session_of(name: str) -> Any:
    """Return the session that runs one of the shipped files, on the processor."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # its builds for Windows report their use otherwise
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = os.cpu_count() or 1  # named, so that it does not try to pin them to processors
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it takes a third more than is used, and keeps it
    return onnxruntime.InferenceSession(_contents(name), options, providers=["CPUExecutionProvider"])


def _contents(name: str) -> bytes:
    return (files("calcidect.anatomy") / "data" / name).read_bytes()
