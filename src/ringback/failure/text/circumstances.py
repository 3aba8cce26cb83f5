"""How far the call had come and by what way, as far as a text tells beside the deciding words.

The functions of a pasted traceback say most (the same table as for live exceptions); then the
wrappers in the line of the deciding words, then the rest of the text.
"""

import re
from typing import NamedTuple

from ringback.failure.frames import phase_of_frame, phase_of_read
from ringback.failure.model import Phase
from ringback.failure.reading import TIMEOUT
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page

_FRAME = re.compile(r"File \"([^\"\n]{1,300})\", line \d{1,7}, in (\w{1,80})")
_TRACEBACK = "Traceback (most recent call last)"
_FARTHEST = 6000
_MOST_FRAMES = 60
_ON_THE_WAY = frozenset({"dns", "connect", "unknown"})
_EXCHANGE = frozenset({"send", "wait", "body"})
_NEAR = 400
_PROXY_FRAME = re.compile(r"/(?:http|socks)_proxy\.py\", line|, in _create_proxy_connection\b")
_TUNNEL_FRAME = re.compile(
    r", in (?:_tunnel|_create_proxy_connection|_init_socks5_connection|_negotiate_SOCKS\d)\b"
    r"|connect_response = "
)
_REDIRECT_FRAME = re.compile(
    r", in (?:resolve_redirects|_build_redirect_request|_redirect_url|redirect_request"
    r"|http_error_302|process_redirect)\b|RedirectClientError|Redirection to url"
)
_CHUNK_FRAME = re.compile(
    r", in (?:read_chunked|_update_chunk_length|_readinto_chunked|_read_chunked|_get_chunk_left)\b"
)


class Circumstances(NamedTuple):
    """The kind as the rest of the text corrects it, the phase, and whether by way of a proxy."""

    kind: str
    phase: Phase
    proxied: bool


def circumstances(page: Page, findings: list[Finding], best: Finding) -> Circumstances:
    """What the rest of the text adds to the deciding words."""
    kind = best.reading.kind or "unknown"
    if kind.startswith("url.") and _REDIRECT_FRAME.search(page.text):
        return Circumstances("http.response.redirect_invalid", "wait", proxied=False)
    if kind.endswith("content_length_mismatch") and _CHUNK_FRAME.search(page.text):
        kind = "http.response.invalid.incomplete_chunked_encoding"
    phase = _phase(page, findings, best)
    in_tunnel = _inside_proxy_error(page, best) or _TUNNEL_FRAME.search(page.text)
    if in_tunnel and phase in _EXCHANGE:
        phase = "proxy"
    return Circumstances(kind, phase, phase == "proxy" or _proxied(page, findings, best, phase))


def _phase(page: Page, findings: list[Finding], best: Finding) -> Phase:
    reading = best.reading
    if reading.kind not in {TIMEOUT, "tcp.timed_out"} and reading.phase != "unknown":
        return reading.phase
    told = _phase_of_frames(page, best)
    if told is not None:
        return told
    if reading.phase != "unknown":
        return reading.phase
    return _phase_nearby(page, findings, best)


def _phase_of_frames(page: Page, best: Finding) -> Phase | None:
    """The functions of the traceback that ends in the deciding words, or of the root's."""
    begin = max(page.text.rfind(_TRACEBACK, 0, best.start), best.start - _FARTHEST, 0)
    told = _innermost(page.text, begin, best.start)
    first = page.text.find(_TRACEBACK, 0, begin)
    if first < 0 or told not in {None, "connect"}:
        return told
    root = _innermost(page.text, first, page.text.find(_TRACEBACK, first + 1))
    return "tls" if root == "tls" else told


def _innermost(text: str, begin: int, end: int) -> Phase | None:
    told: Phase | None = None
    fallback: Phase | None = None
    for match in list(_FRAME.finditer(text, begin, end))[-_MOST_FRAMES:]:
        told = phase_of_frame(match[1], match[2]) or told
        fallback = phase_of_read(match[2]) or fallback
        if told in {"proxy", "tls"}:
            break
    return told or fallback


def _phase_nearby(page: Page, findings: list[Finding], best: Finding) -> Phase:
    """What the wrappers in the same line know; else what the text says elsewhere."""
    begin, end = page.line_of(best.start)
    telling = [finding for finding in findings if finding.reading.phase != "unknown"]
    near = [finding for finding in telling if begin <= finding.start < end] or telling
    near.sort(key=lambda finding: (-finding.reading.rank, abs(finding.start - best.start)))
    return near[0].reading.phase if near else "unknown"


def _proxied(page: Page, findings: list[Finding], best: Finding, phase: Phase) -> bool:
    if best.reading.proxy or (phase == "tls" and _inside_proxy_error(page, best)):
        return True
    if phase not in _ON_THE_WAY:
        return False
    begin, end = page.line_of(best.start)
    if _TRACEBACK in page.text:
        begin, end = 0, len(page.text)
    return bool(_PROXY_FRAME.search(page.text)) or any(
        finding.reading.proxy and begin - _NEAR <= finding.start < end + _NEAR
        for finding in findings
    )


def _inside_proxy_error(page: Page, best: Finding) -> bool:
    """Whether a ``ProxyError(`` of urllib3 or requests is open around the deciding words."""
    begin = max(page.line_of(best.start)[0], best.start - 500)
    return page.text.find("ProxyError('", begin, best.start) >= 0
