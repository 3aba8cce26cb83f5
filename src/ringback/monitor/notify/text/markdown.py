"""A message as Markdown (CommonMark 0.31)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringback.monitor.notify.text.sheet import Sheet, sheets_of

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")


def markdown(message: Message) -> str:
    """Return the body of a message as Markdown.

    Args:
        message: Any.
    """
    return "\n\n---\n\n".join(_one(sheet) for sheet in sheets_of(message))


def _one(sheet: Sheet) -> str:
    blocks = [f"**{_escaped(sheet.title)}**"]
    blocks.append("\n".join(f"- {name}: {_escaped(fact)}" for name, fact in sheet.facts))
    if sheet.evidence:
        blocks.append("Evidence:\n\n" + "\n".join(f"- {_escaped(one)}" for one in sheet.evidence))
    if sheet.advice:
        listed = (f"{n}. {_escaped(one)}" for n, one in enumerate(sheet.advice, 1))
        blocks.append("Advice:\n\n" + "\n".join(listed))
    if sheet.link:
        blocks.append(f"<{sheet.link}>")
    return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
