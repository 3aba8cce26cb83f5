"""A message as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.monitor.notify.text.sheet import Sheet, sheets_of

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message


def plain(message: Message) -> str:
    """Return the body of a message as plain text.

    Args:
        message: Any.
    """
    return "\n\n".join(_one(sheet) for sheet in sheets_of(message))


def _one(sheet: Sheet) -> str:
    lines = [sheet.title, *(f"{name}: {fact}" for name, fact in sheet.facts)]
    if sheet.evidence:
        lines += ["Evidence:", *(f"- {one}" for one in sheet.evidence)]
    if sheet.advice:
        lines += ["Advice:", *(f"{n}. {one}" for n, one in enumerate(sheet.advice, 1))]
    if sheet.link:
        lines.append(sheet.link)
    return "\n".join(lines)
