"""Badges: a label and a value side by side, as SVG."""

from __future__ import annotations

from html import escape
from typing import Final, Literal

Tone = Literal["good", "unsure", "bad", "none"]

COLOURS: Final[dict[Tone, str]] = {
    "good": "#1a7f37",
    "unsure": "#8a5a00",
    "bad": "#c21f2e",
    "none": "#57606a",
}
"""Each with a contrast of at least 4.5 to white."""

_LONGEST = 60


def badge(label: str, value: str, tone: Tone) -> str:
    """Return a badge.

    Args:
        label: What it is about.
        value: How it is.
        tone: The colour behind the value.
    """
    label, value = label[:_LONGEST], value[:_LONGEST]
    left, right = _width(label), _width(value)
    said = escape(f"{label}: {value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{said}"><title>{said}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[tone]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, 0, left)}{_text(value, left, right)}</g></svg>"
    )


def _width(text: str) -> int:
    """About 7 units a letter of Verdana 11, and a margin; textLength makes it fit exactly."""
    return round(6.6 * len(text)) + 12


def _text(text: str, at: int, width: int) -> str:
    return f'<text x="{at + 6}" y="14" textLength="{width - 12}">{escape(text)}</text>'
