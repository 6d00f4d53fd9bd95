"""The command line: doors to the rooms, one file a verb."""

from calcidect.cli._app import app, main

__all__ = ["app", "main"]
