"""The programs of the recipes' pages."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "how-to" / "recipes"

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def code_of(page, section=""):
    """The one program of a section of a page; without a section that above all sections."""
    return programs(page)[section]


def programs(page):
    """Section → its program."""
    head, *rest = _SECTION.split((PAGES / f"{page}.md").read_text("utf-8"))
    sections = {"": head} | dict(zip(rest[::2], rest[1::2], strict=True))
    found = {section: _BLOCK.findall(text) for section, text in sections.items()}
    assert max(map(len, found.values())) <= 1, f"{page}: a section has one program"
    return {section: blocks[0] for section, blocks in found.items() if blocks}
