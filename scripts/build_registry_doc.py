"""Write the tables of items in ``docs/registry.md`` anew from the catalogue.

Run it after each change of the catalogue: ``python scripts/build_registry_doc.py``.
"""

from __future__ import annotations

from pathlib import Path

from calcidect.registry import catalogue_markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "registry.md"
MARK = "<!-- from here on made by scripts/build_registry_doc.py -->\n\n"

if __name__ == "__main__":
    by_hand = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(by_hand + MARK + catalogue_markdown(), encoding="utf-8")
