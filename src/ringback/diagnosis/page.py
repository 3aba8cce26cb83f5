"""Diagnoses as one page of HTML that needs no other file and no network."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from ringback import __version__
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.record import moment
from ringback.diagnosis.wording import MARKS, TITLES, duration, label, stage_state, standing
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringback.diagnosis.model import Diagnosis, Reading, State, Verdict

_CODE = re.compile(r"`([^`]*)`")
_BAR, _HIGH = 80, 10
"""Width and height of a bar, in pixels."""

_SAID: dict[State, str] = {
    "ok": "works",
    "failed": "failed",
    "noted": "noted",
    "skipped": "could not be read",
}
_HEAD = (
    '<table><caption>What was read</caption><colgroup><col class="state"><col class="what"><col>'
    '<col class="time"></colgroup><thead><tr>'
    '<th scope="col"><span class="hidden">State</span></th><th scope="col">Tried</th>'
    '<th scope="col">Came of it</th><th scope="col">Took</th></tr></thead>'
)


def report_page(diagnoses: Sequence[Diagnosis]) -> str:
    """Return a page that shows diagnoses: the verdict, the advice, and every reading.

    Whatever a reading holds is shown as text; the page's policy forbids it to load or run anything.
    """
    style = files("ringback.diagnosis").joinpath("page.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    targets = ", ".join(_text(diagnosis.target) for diagnosis in diagnoses)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ',
            f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>Diagnosis of {targets}</title><style>{style}</style></head><body><main>",
            *(_contents(diagnoses) if len(diagnoses) > 1 else ()),
            *(_article(number, diagnosis) for number, diagnosis in enumerate(diagnoses)),
            f"</main><footer><p>ringback {_text(__version__)}</p></footer></body></html>\n",
        )
    )


def _contents(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    yield '<nav aria-label="Targets"><ul>'
    for number, diagnosis in enumerate(diagnoses):
        said = _text(diagnosis.verdict.summary)
        yield f'<li><a href="#t{number}">{_text(diagnosis.target)}</a>: {said}</li>'
    yield "</ul></nav>"


def _article(number: int, diagnosis: Diagnosis) -> str:
    cut = "" if diagnosis.complete else " Interrupted: not every stage was read."
    when = f"{moment(diagnosis.at)}, in {duration(diagnosis.elapsed)}.{cut}"
    return "\n".join(
        (
            f'<article id="t{number}"><h1>{_text(diagnosis.target)}</h1>',
            *_verdict(diagnosis.verdict),
            _HEAD,
            *_rows(diagnosis),
            f'</table><p class="soft">Diagnosed {_text(when)}</p></article>',
        )
    )


def _verdict(verdict: Verdict) -> Iterator[str]:
    sort = "healthy" if verdict.healthy else "unknown" if verdict.kind == "unknown" else "broken"
    yield f'<div class="verdict {sort}"><p>{_text(verdict.summary)}</p>'
    yield f'<p class="soft">{_text(standing(verdict))}</p></div>'
    yield from _list("ol", "What to do", verdict.advice)
    others = (f"{other.summary} To check: {other.check}" for other in verdict.alternatives)
    yield from _list("ul", "What else it could be", others)
    yield from _list("ul", "Also noticed", verdict.beside)


def _list(tag: str, title: str, lines: Iterable[str]) -> Iterator[str]:
    items = [f"<li>{_prose(line)}</li>" for line in lines]
    if items:
        yield f"<h2>{title}</h2><{tag}>{''.join(items)}</{tag}>"


def _prose(line: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _text(line))


def _rows(diagnosis: Diagnosis) -> Iterator[str]:
    numbered = list(enumerate(diagnosis.readings))
    for stage in STAGES:
        rows = [(number, reading) for number, reading in numbered if reading.layer == stage]
        if not rows:
            continue
        state = stage_state(reading for _, reading in rows)
        yield f'<tbody><tr><th class="{state}" aria-hidden="true">{MARKS[state]}</th>'
        yield f'<th scope="rowgroup" colspan="3">{TITLES[stage]}</th></tr>'
        for number, reading in rows:
            yield _row(reading, diagnosis.elapsed, decided=number in diagnosis.verdict.evidence)
        yield "</tbody>"


def _row(reading: Reading, elapsed: float, *, decided: bool) -> str:
    took = duration(reading.seconds) if reading.seconds else ""
    mark = f'<span aria-hidden="true">{MARKS[reading.state]}</span>'
    said = f'<span class="hidden">{_SAID[reading.state]}</span>'
    note = ' <span class="hidden">(this decided)</span>' if decided else ""
    return (
        f'<tr{" class=decided" if decided else ""}><td class="{reading.state}">{mark}{said}</td>'
        f"<td>{_text(label(reading))}{note}</td><td>{_text(reading.result)}</td>"
        f"<td>{_bar(reading, elapsed)}{took}</td></tr>"
    )


def _bar(reading: Reading, elapsed: float) -> str:
    if elapsed <= 0 or reading.seconds <= 0:
        return ""
    start = min(_BAR - 1.0, _BAR * reading.at / elapsed)
    long = max(1.0, min(_BAR - start, _BAR * reading.seconds / elapsed))
    return (
        f'<svg width="{_BAR}" height="{_HIGH}" aria-hidden="true" focusable="false">'
        f'<rect x="{start:.1f}" y="1" width="{long:.1f}" height="{_HIGH - 2}" rx="1"/></svg>'
    )


def _text(text: str) -> str:
    """Return text for HTML: escaped, without secrets, and what drives a terminal made visible."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in without_secrets(text))
    return escape(shown)
