"""``/probe``: a check of a target now, as blackbox_exporter reports it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

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

_MAX_TARGET: Final = 2000
_PHASES: Final = {
    "dns": "resolve",
    "connect": "connect",
    "tls": "tls",
    "first_byte": "processing",
    "transfer": "transfer",
}
"""Phase of a check to what blackbox_exporter calls it."""


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
    try:
        check = await site.commands.probe(module, target, allowed)
    except LookupError:
        raise HTTPProblem(400, "unknown module") from None
    except ValueError as error:
        raise HTTPProblem(400, f"not a valid target: {error}") from None
    return PlainTextResponse(
        exposition_of(check_metrics(check, http=module.startswith("http"))), media_type=CONTENT_TYPE
    )


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


def check_metrics(check: Check, *, http: bool) -> Iterator[MetricFamily]:
    """Yield a check as metrics, by the names of blackbox_exporter where it has one."""
    yield gauge("probe_success", "Whether the check succeeded.", check.up is True)
    yield gauge("probe_duration_seconds", "How long the probe took.", check.seconds or 0.0)
    if "dns" in check.timings:
        yield gauge("probe_dns_lookup_time_seconds", "Name resolution.", check.timings["dns"])
    if check.address is not None:
        yield gauge("probe_ip_protocol", "4 or 6.", 6 if ":" in check.address else 4)
    if http:
        yield from _http_metrics(check)
    if check.certificate is not None:
        yield gauge(
            "probe_ssl_earliest_cert_expiry",
            "When the certificate ends, in seconds since 1970 UTC; also after it has expired.",
            check.certificate.not_after,
        )
    if check.kind is not None:
        kind = known_kind(check.kind)
        yield gauge("probe_failure_info", "1 with the kind of failure.", 1, kind=kind)


def _http_metrics(check: Check) -> Iterator[MetricFamily]:
    unexpected = check.kind == "http.response.unexpected_content"
    yield gauge(
        "probe_http_status_code", "Status of the last response; 0: none.", check.status or 0
    )
    yield gauge("probe_failed_due_to_regex", "Whether the content was unexpected.", unexpected)
    yield MetricFamily(
        "probe_http_duration_seconds",
        "How long each phase took.",
        [(check.timings.get(phase, 0.0), {"phase": name}) for phase, name in _PHASES.items()],
    )
    ssl = check.certificate is not None or "tls" in check.timings
    yield gauge("probe_http_ssl", "Whether it was encrypted.", ssl)
