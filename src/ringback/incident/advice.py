"""What to do about an incident: advice for whoever keeps the service running.

A kind of failure advises whoever made the call: wait, repeat it, change the client. Somebody who is
notified of an incident has made no call. So steps that only a caller can take are left out, some
kinds have steps of their own here, and patterns that are not about the service say where to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringback.failure.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringback.failure.names import KindName
    from ringback.incident.model import Incident, Pattern

CALLERS_STEPS: Final = (
    "Ask for what you want,",
    "Cache what you ask for repeatedly",
    "Call `raise_for_status()`",
    "Call the final URL directly",
    "Check that no connection is shared over a fork",
    "Check the length yourself",
    "Continue where it stopped",
    "Do not follow automatically",
    "Find the phase:",
    "For large downloads, continue",
    "For large uploads, read",
    "Get the certificate from the server's owner",
    "Give the certificate and its key: `cert=",
    "Give the whole traceback",
    "If a connection failed as well",
    "If it is rightly slow, raise the read timeout",
    "Install the missing extra",
    "Keep pooled connections idle",
    "Let `CancelledError` pass",
    "Let the client drop idle connections",
    "Limit the rate on your side",
    "Log exceptions with their traceback",
    "Look for what cancelled the task",
    "Look up the number",
    "Open sessions after a fork",
    "Or point to a bundle",
    "Pass the exception object",
    "Pin the public key",
    "Print `repr(host)`",
    "Print status,",
    "Protect work that must finish",
    "Read the last line of the traceback",
    "Read the message for the argument",
    "Read the whole traceback",
    "Remove a forced address family",
    "Repeat a 5xx",
    "Repeat it after a wait",
    "Repeat it on a fresh connection",
    "Repeat it once",
    "Repeat only what may be processed twice",
    "Repeat the request",
    "Report the text to the ringback project",
    "Retry after a wait",
    "Send `Expect: 100-continue`",
    "Set `TCP_USER_TIMEOUT`",
    "Strip tokens read from a file",
    "Turn on TCP keep-alive",
    "Until then, clear `ssl.VERIFY_X509_STRICT`",
    "Upload in parts",
    "Use a session, so that",
    "Use the system's trust store",
    "Wait as long as `Retry-After` says",
    "While the service is starting, retry",
    "With aiohttp",
    "With httpx",
    "With requests",
)
"""How steps begin that only a program that calls, or its author, can take."""

_LOG = "Read the service's log at this time: restarts, exceptions, a limit that is reached."

_BY_KIND: Final[Mapping[KindName, tuple[str, ...]]] = {
    "http.error.unavailable": (
        "Check whether it is being deployed or in maintenance, and else its load and capacity.",
        "If the body says “no healthy upstream”, look at the load balancer's health checks.",
    ),
    "http.error.rate_limited": (
        "See who uses up the limit: the service's log, or its gateway's, by client.",
        "If it is the monitor, let the service allow it, or check less often (`every`).",
    ),
    "http.error.auth": (
        "Find out whether a credential or a rule has changed: the monitor got through before.",
        "Check that the token in the endpoint's `headers` is valid and not expired.",
    ),
    "http.error": (
        _LOG,
        "If the status is meant, let the endpoint expect it (`status`).",
    ),
    "http.response.unexpected_content": (
        "Look at what it answers, `curl -i URL`, and compare it with what the endpoint expects.",
        "If the new content is meant, correct the expectation (`body_contains`, `json` …).",
    ),
    "http.response.invalid.content_length_mismatch": (_LOG,),
    "h2.refused_stream": (_LOG,),
    "tcp.closed": (_LOG,),
    "tcp.closed.stale": (_LOG,),
    "tcp.failed": ("Try each address by itself: `curl -4 -v URL` and `curl -6 -v URL`.", _LOG),
    "dns.name_not_resolved": (
        "Look it up from the root on and elsewhere: `dig +trace NAME`, `dig @1.1.1.1 NAME`.",
        "If the record was removed or the domain has expired, restore it.",
    ),
    "tls.cert.authority_invalid.self_signed": (
        "Give the service a certificate from a CA, or name its CA to the endpoint (`ca`).",
    ),
    "tls.cert.authority_invalid.untrusted_root": (
        "Read who signed it: `openssl s_client -connect HOST:443 </dev/null`.",
        "Serve a certificate of a CA that callers trust, or name its CA to the endpoint (`ca`).",
    ),
    "request.invalid": ("Correct what the message names in the endpoint's configuration.",),
    "abandoned": ("Look for what ended the program that called: a shutdown or a first error.",),
    "unknown": (_LOG, "Look from elsewhere: `ringback diagnose URL`."),
    "not_a_connection_failure": ("Read the log of the program that called.",),
}
"""Kind to what comes before its own steps."""

_COMPARE = "compare the two with `ringback compare`"

_BY_PATTERN: Final[Mapping[Pattern, tuple[str, ...]]] = {
    "own_network_down": (
        "Look at this host's link and gateway: `ip route`, then `ping -c 3 GATEWAY`.",
        "Look from elsewhere before you act on a service: from here none can be judged now.",
    ),
    "prober_sick": (
        "Look at the monitor's host: load, memory, clock, open descriptors.",
        "Check less often, or fewer endpoints, if it is the monitor itself that is too slow.",
    ),
    "vantage_silent": (
        "Look at the agent's host: whether it runs, and what `ringback agent` logs there.",
        "Look whether it reaches this monitor: `ringback diagnose URL` there, with the hub's URL.",
    ),
    "callers_only": (
        f"Run `ringback diagnose URL --json` on the host that fails and here, and {_COMPARE}.",
        "Look at what only that host has: its resolver, proxy, route, firewall or credentials.",
    ),
    "prober_path": (
        f"Run `ringback diagnose URL --json` here and where it works, and {_COMPARE}.",
        "Look at what only the monitor meets: a firewall, an allow-list, a bot check.",
    ),
    "network_partition": (
        f"Run `ringback diagnose URL --json` where it fails and where it works, and {_COMPARE}.",
    ),
    "flapping": (
        "Ask each backend or address by itself: perhaps one of several fails.",
        _LOG,
    ),
    "latency": (
        "See on the endpoint's page which phase is slower: name, connect, TLS or first byte.",
        "Look at the load of the service and of what it waits for: CPU, queue, database.",
    ),
    "error_budget": (
        "See on the endpoint's page when it fails, and whether that began with a change.",
        "If the target is stricter than anybody needs, say so in `slo`.",
    ),
    "heartbeat_missed": (
        "See whether the job ran: its log, `systemctl list-timers`, `crontab -l`.",
        "If it ran, send its report by hand from its host: perhaps the way to the monitor is cut.",
    ),
}
"""Pattern that is not about the service alone, to what comes before anything else."""

_OTHERWISE: Final[Mapping[Pattern, tuple[str, ...]]] = {
    "port_change": (
        "Look where it listens now, `ss -ltn`, and correct the endpoint or the service.",
    ),
    "certificate": ("Renew the certificate, and have every server take the new one.",),
    "rejected": ("Find out whether a credential, a rule or a limit has changed.",),
    "dns_failure": ("Look the name up at several resolvers: `dig NAME`, `dig @1.1.1.1 NAME`.",),
}


def operators_steps(steps: Iterable[str]) -> tuple[str, ...]:
    """Return the steps that somebody who runs the service can take."""
    return tuple(step for step in steps if not step.startswith(CALLERS_STEPS))


_MIN_SAME_WORDS = 20  # Characters before a command that make two steps the same


def operators_advice(incident: Incident) -> tuple[str, ...]:
    """Return what to do about an incident, most helpful first; there is always something.

    Commands have placeholders where nothing is known of the target, as those of kinds.
    """
    verdict = (incident.diagnosis or {}).get("verdict") or {}
    kind = incident.kind
    known = KINDS.get(kind) if kind is not None else None
    # Two places were compared: what came of it replaces the step that asks for that.
    compared = incident.advice if incident.partial else ()
    steps = (
        *(compared or _BY_PATTERN.get(incident.pattern, ())),
        *(_BY_KIND.get(kind, ()) if kind is not None else ()),
        *operators_steps(map(str, verdict.get("advice") or ())),
        *incident.advice,
        *operators_steps(known.do if known is not None else ()),
    )
    # A step with the command filled in comes before the same with a placeholder.
    distinct: dict[str, str] = {}
    for step in steps:
        words = step.partition("`")[0]
        distinct.setdefault(words if len(words) >= _MIN_SAME_WORDS else step, step)
    return tuple(distinct.values()) or _OTHERWISE.get(incident.pattern, (_LOG,))
