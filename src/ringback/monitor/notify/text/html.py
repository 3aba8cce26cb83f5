"""A message as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from ringback.monitor.notify.text.sheet import Sheet, sheets_of

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message


def html(message: Message) -> str:
    """Return the body of a message as a piece of HTML.

    Args:
        message: Any.
    """
    return "\n<hr>\n".join(_one(sheet) for sheet in sheets_of(message))


def _one(sheet: Sheet) -> str:
    lines = [f"<p><strong>{escape(sheet.title)}</strong></p>"]
    lines.append(_listed("ul", (f"{name}: {fact}" for name, fact in sheet.facts)))
    if sheet.evidence:
        lines.append("<p>Evidence:</p>" + _listed("ul", sheet.evidence))
    if sheet.advice:
        lines.append("<p>Advice:</p>" + _listed("ol", sheet.advice))
    if sheet.link:
        lines.append(f'<p><a href="{escape(sheet.link)}">{escape(sheet.link)}</a></p>')
    return "\n".join(lines)


def _listed(tag: str, items: Iterable[str]) -> str:
    return f"<{tag}>" + "".join(f"<li>{escape(one)}</li>" for one in items) + f"</{tag}>"
