"""Which of the findings decides, and how sure that is."""

import re
from bisect import bisect_left
from itertools import islice

from ringback.failure.reading import TIMEOUT, Reading
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page
from ringback.failure.text.rule import BARE_TIMEOUT

_LEAST = 4
_SURE = 90
_BEFORE, _AFTER = 1500, 300
_MOST_SIGNS = 20_000
_NETWORK = re.compile(
    r"https?:|wss?:|socket|connect|\brequest|\burl|\bssl|\btls|http|\bsend|\brecv|client|server"
    r"|\bpeer|\bhost|:\d{2,5}\b|\btcp|remote|network|\bapi\b|read timeout",
    re.IGNORECASE,
)


def choose(findings: list[Finding]) -> Finding | None:
    """The finding of the highest rank; of equals the first, for the root comes first."""
    telling = [f for f in findings if f.reading.kind and f.reading.rank >= _LEAST]
    return max(telling, key=lambda f: (f.reading.rank, -f.start), default=None)


def confidence(findings: list[Finding], best: Finding) -> float:
    """From the rank, less where another cause is named as strongly."""
    rank = best.reading.rank
    sure = 0.98 if rank >= _SURE else 0.3 + 0.68 * rank / _SURE
    kinds = {f.reading.kind for f in findings if f.reading.kind and f.reading.rank >= rank - 5}
    return round(sure * (0.85 if len(kinds) > 1 else 1.0), 2)


def with_a_network(page: Page, findings: list[Finding]) -> list[Finding]:
    """Without what files, pipes and other waits word alike, unless a network is named nearby."""
    if not any(_is_loose(finding.reading) for finding in findings):
        return findings
    signs = [sign.start() for sign in islice(_NETWORK.finditer(page.text), _MOST_SIGNS)]
    return [f for f in findings if not _is_loose(f.reading) or _near(signs, f)]


def _is_loose(reading: Reading) -> bool:
    return reading.needs_socket or (reading.kind == TIMEOUT and reading.rank <= BARE_TIMEOUT)


def _near(signs: list[int], finding: Finding) -> bool:
    index = bisect_left(signs, finding.start - _BEFORE)
    return any(
        sign < finding.start or finding.end <= sign < finding.end + _AFTER
        for sign in signs[index : index + 50]
    )
