"""``/probe``: a check of a target now, as blackbox_exporter reports it."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from ringback.diagnosis.layer.x509 import DERError, ParsedCertificate, parse_certificate
from ringback.monitor.web.access import require
from ringback.monitor.web.metrics import (
    CONTENT_TYPE,
    MetricFamily,
    exposition_of,
    gauge,
    known_kind,
)
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.incident.model import Check
    from ringback.monitor.commands import Probed
    from ringback.monitor.probe.outcome import ProbeNotes

_MAX_TARGET: Final = 2000
_SCRAPE_TIMEOUT: Final = "x-prometheus-scrape-timeout-seconds"
_SCRAPE_RESERVE: Final = 0.5  # Seconds of the scrape's timeout that are left for the answer
_MIN_TIMEOUT: Final = 0.1


async def probe_target(request: Request) -> PlainTextResponse:
    """Return the metrics of a check of a target now."""
    require(request, "read")
    site = site_of(request)
    target = request.query_params.get("target", "")
    module = request.query_params.get("module", "http_2xx")
    if not target or len(target) > _MAX_TARGET:
        raise HTTPProblem(400, "a target is expected")
    allowed = partial(is_allowed, allowed=site.settings.probe_targets)
    if not allowed(target):
        raise HTTPProblem(403, "this target is not in probe_allow.targets")
    began = monotonic()
    try:
        probed = await site.commands.probe(module, target, allowed, _seconds_left(request))
    except LookupError:
        raise HTTPProblem(400, "unknown module") from None
    except ValueError as error:
        raise HTTPProblem(400, f"not a valid target: {error}") from None
    found = exposition_of(probe_metrics(probed, monotonic() - began))
    return PlainTextResponse(found, media_type=CONTENT_TYPE)


def _seconds_left(request: Request) -> float | None:
    """How long Prometheus waits for an answer, less a reserve; ``None``: it does not say."""
    try:
        seconds = float(request.headers.get(_SCRAPE_TIMEOUT, ""))
    except ValueError:
        return None
    return max(_MIN_TIMEOUT, seconds - _SCRAPE_RESERVE) if math.isfinite(seconds) else None


def is_allowed(target: str, allowed: tuple[str, ...]) -> bool:
    asked = _parts(target)
    return asked is not None and any(_matches(asked, pattern) for pattern in allowed)


_Parts = tuple[str, str, int | None]  # Scheme, host and port

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def _parts(text: str) -> _Parts | None:
    """What is asked for; ``None`` for what two readers could read as two things."""
    if any(not c.isprintable() or c in " \\@#" for c in text):
        return None
    try:
        split = urlsplit(text if "://" in text else f"//{text}")
        return split.scheme.lower(), (split.hostname or "").rstrip("."), split.port
    except ValueError:
        return None


def _matches(asked: _Parts, pattern: str) -> bool:
    wanted = _parts(pattern)
    if wanted is None or not asked[1]:
        return False
    scheme, host, port = asked
    return (
        wanted[0] in ("", scheme)
        and fnmatchcase(host, wanted[1])
        and wanted[2] in (None, port or _PORTS.get(scheme))
    )


_HTTP_PHASES: Final = {
    "dns": "resolve",
    "connect": "connect",
    "tls": "tls",
    "first_byte": "processing",
    "transfer": "transfer",
}
"""Phase of a check to what blackbox_exporter calls it."""
_TIMED_AS: Final = {
    "dns": "dns",
    "connect": "connect",
    "tls": "tls",
    "send": "first_byte",
    "wait": "first_byte",
    "body": "transfer",
}
"""How far a check came to the phase that this is timed as."""


def probe_metrics(probed: Probed, took: float) -> Iterator[MetricFamily]:
    """Yield what a probe found, by the names of blackbox_exporter where it has one."""
    check, notes = probed.check, probed.notes
    seconds = took if check.seconds is None else check.seconds
    timings = _whole_timings(check, notes, seconds)
    yield gauge("probe_success", "Whether the check succeeded.", check.up is True)
    yield gauge("probe_duration_seconds", "How long the probe took.", seconds)
    lookup = notes.lookup if probed.type == "dns" else timings.get("dns", 0.0)
    yield gauge("probe_dns_lookup_time_seconds", "Name resolution.", lookup)
    yield from _address_metrics(check.address or "")
    if probed.type == "http":
        yield from _http_metrics(check, notes, timings)
    elif probed.type == "dns":
        yield from _dns_metrics(check, notes, seconds)
    elif probed.type == "icmp":
        yield from _icmp_metrics(check, notes, seconds)
    else:
        yield _regex_gauge(check.kind == "service.rejected")
    yield from _tls_metrics(check, notes)
    if check.kind is not None:
        kind = known_kind(check.kind)
        yield gauge("probe_failure_info", "1 with the kind of failure.", 1, kind=kind)


def _whole_timings(check: Check, notes: ProbeNotes, seconds: float) -> dict[str, float]:
    """The phases of all exchanges; what is not in them was spent where a check failed."""
    timings = dict(notes.redirected)
    for phase, taken in check.timings.items():
        timings[phase] = timings.get(phase, 0.0) + taken
    left = seconds - sum(timings.values())
    if check.kind is not None and left > 0:
        phase = _TIMED_AS.get(notes.phase, "connect")
        timings[phase] = timings.get(phase, 0.0) + left
    return timings


def _address_metrics(text: str) -> Iterator[MetricFamily]:
    version: int
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
        version, hashed = address.version, fnv_1a(address.packed)
    except ValueError:
        version = hashed = 0
    yield gauge("probe_ip_protocol", "4 or 6; 0: no address is known.", version)
    meaning = "Hash of the address (FNV-1a, 32 bits): it tells that it has changed."
    yield gauge("probe_ip_addr_hash", meaning, hashed)


def fnv_1a(data: bytes) -> int:
    """Return the hash of 32 bits by which blackbox_exporter knows addresses."""
    found = 0x811C9DC5
    for byte in data:
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


def _regex_gauge(unexpected: bool) -> MetricFamily:
    return gauge("probe_failed_due_to_regex", "Whether the content was unexpected.", unexpected)


def _phases(name: str, phases: Mapping[str, float]) -> MetricFamily:
    samples = [(seconds, {"phase": phase}) for phase, seconds in phases.items()]
    return MetricFamily(name, "How long each phase took.", samples)


def _http_metrics(
    check: Check, notes: ProbeNotes, timings: Mapping[str, float]
) -> Iterator[MetricFamily]:
    if timings:  # else this machine was too busy to tell what took how long
        phases = {name: timings.get(phase, 0.0) for phase, name in _HTTP_PHASES.items()}
        yield _phases("probe_http_duration_seconds", phases)
    yield gauge(
        "probe_http_status_code", "Status of the last response; 0: none.", check.status or 0
    )
    yield gauge("probe_http_redirects", "How many redirects were followed.", notes.redirects)
    yield gauge("probe_http_ssl", "Whether it was encrypted.", bool(notes.tls_version))
    yield _regex_gauge(
        check.kind == "http.response.unexpected_content" and not check.detail.startswith("status")
    )
    answered = bool(notes.http_version)
    length = -int(answered) if notes.content_length is None else notes.content_length
    version = float(notes.http_version or 0)
    yield gauge("probe_http_version", "Version of HTTP; 0: there was no response.", version)
    yield gauge("probe_http_content_length", "By its header; -1: it does not say.", length)
    meaning = "Bytes of the body that were read."
    yield gauge("probe_http_uncompressed_body_length", meaning, notes.body_length)
    if (modified := _moment(notes.last_modified)) is not None:
        meaning = "When it was last modified by its header, in seconds since 1970 UTC."
        yield gauge("probe_http_last_modified_timestamp_seconds", meaning, modified)


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _dns_metrics(check: Check, notes: ProbeNotes, seconds: float) -> Iterator[MetricFamily]:
    request = check.timings.get("dns", seconds) - notes.lookup
    phases = {"resolve": notes.lookup, "connect": 0.0, "request": max(0.0, request)}
    yield _phases("probe_dns_duration_seconds", phases)
    answered = notes.records is not None or check.up is True
    yield gauge("probe_dns_query_succeeded", "Whether a nameserver answered.", answered)
    for section, count in zip(
        ("answer", "authority", "additional"), notes.records or (), strict=False
    ):
        yield gauge(f"probe_dns_{section}_rrs", f"Records in the {section} section.", count)
    if notes.serial is not None:
        yield gauge("probe_dns_serial", "Serial number of the zone.", notes.serial)


def _icmp_metrics(check: Check, notes: ProbeNotes, seconds: float) -> Iterator[MetricFamily]:
    resolve = check.timings.get("dns", 0.0)
    answered = check.timings.get("first_byte", 0.0 if check.up is not True else seconds)
    setup = max(0.0, seconds - resolve - answered)
    phases = {"resolve": resolve, "setup": setup, "rtt": answered}
    yield _phases("probe_icmp_duration_seconds", phases)
    if notes.hop_limit is not None:
        meaning = "Hop limit of the reply (of IPv4: its TTL)."
        yield gauge("probe_icmp_reply_hop_limit", meaning, notes.hop_limit)


def _tls_metrics(check: Check, notes: ProbeNotes) -> Iterator[MetricFamily]:
    ends = [certificate.not_after.timestamp() for certificate in _parsed(notes.chain)]
    if not ends and check.certificate is not None:
        ends = [check.certificate.not_after]
    if ends:
        meaning = "When the first certificate of those sent ends, in seconds since 1970 UTC."
        yield gauge("probe_ssl_earliest_cert_expiry", meaning, min(ends))
    if trusted := [certificate.not_after.timestamp() for certificate in _parsed(notes.verified)]:
        meaning = "When the chain that is trusted ends, in seconds since 1970 UTC."
        yield gauge("probe_ssl_last_chain_expiry_timestamp_seconds", meaning, min(trusted))
    for leaf in _parsed(notes.chain[:1]):
        yield gauge(
            "probe_ssl_last_chain_info",
            "1 with what the certificate says.",
            1,
            fingerprint_sha256=leaf.sha256,
            subject=leaf.subject,
            issuer=leaf.issuer,
            subjectalternative=",".join(name for name in leaf.names if not _is_address(name)),
            serialnumber=leaf.serial.zfill(len(leaf.serial) + len(leaf.serial) % 2),
        )
    if notes.tls_version:
        version = notes.tls_version.replace("TLSv1", "TLS 1")
        version = "TLS 1.0" if version == "TLS 1" else version
        yield gauge("probe_tls_version_info", "1 with the version of TLS.", 1, version=version)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _parsed(chain: tuple[bytes, ...]) -> list[ParsedCertificate]:
    found = []
    for der in chain[:_MAX_CERTIFICATES]:
        try:
            found.append(parse_certificate(der))
        except DERError:
            continue
    return found


_MAX_CERTIFICATES: Final = 20  # Of a chain that are looked at
