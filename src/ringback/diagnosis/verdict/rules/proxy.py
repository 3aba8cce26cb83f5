"""Rules about the proxy: it stands in front, or should."""

from collections.abc import Sequence

from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    ProxyCandidateFacts,
    ProxyConnectFacts,
    ProxyDirectFacts,
    ProxyTunnelFacts,
    ProxyVariablesFacts,
)
from ringback.diagnosis.model import Alternative, Reading
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding, need, new_rule

_UPSTREAM = frozenset({502, 503, 504})
_SOCKS_FORBIDS = frozenset({2})


_OfProxy = ReadingOf[ProxyConnectFacts] | ReadingOf[ProxyTunnelFacts]


def _tunnel(evidence: Evidence) -> ReadingOf[ProxyTunnelFacts] | None:
    failed = [reading for reading in evidence.all(ProxyTunnelFacts) if reading.state == "failed"]
    return failed[-1] if failed else None


def _name(reading: _OfProxy) -> str:
    return str(reading.facts["proxy"] or reading.subject)


def _shut(evidence: Evidence) -> ReadingOf[ProxyConnectFacts] | None:
    """Return the reading that shows the proxy itself failing, before any tunnel."""
    connects = evidence.all(ProxyConnectFacts)
    if not connects or any(reading.state == "ok" for reading in connects):
        return None
    return connects[0]


def _failing(evidence: Evidence) -> _OfProxy | None:
    return _shut(evidence) or _tunnel(evidence)


def _not_needed(evidence: Evidence) -> Finding | None:
    failed = _failing(evidence)
    if failed is None:
        return None
    direct = need(evidence.first(ProxyDirectFacts, works=True))
    return Finding(
        f"The proxy {_name(failed)} fails ({failed.result}), and {evidence.place} answers "
        "without it.",
        (failed, direct, *evidence.all(ProxyVariablesFacts)),
        kind=failed.kind,
    )


def _down(evidence: Evidence) -> Finding | None:
    shut = need(_shut(evidence))
    return Finding(
        f"The proxy {_name(shut)} cannot be reached: {shut.result}.",
        (shut, *evidence.all(ProxyDirectFacts)),
        where="DNS" if shut.facts["outcome"] == "unresolved" else None,
    )


def _wants_password(evidence: Evidence) -> Finding | None:
    failed = need(_tunnel(evidence))
    if failed.facts["status"] != 407 and failed.kind != "proxy.auth_required":
        return None
    return Finding(f"The proxy {_name(failed)} requires a user name and password.", (failed,))


def _upstream(evidence: Evidence) -> Finding | None:
    failed = need(_tunnel(evidence))
    status = failed.facts["status"]
    if status not in _UPSTREAM and failed.kind != "proxy.upstream_failed":
        return None
    said = f" (status {status})" if status else ""
    return Finding(
        f"The proxy {_name(failed)} cannot reach {evidence.place}{said}.",
        (failed,),
        alternatives=(
            Alternative(
                kind="proxy.upstream_failed",
                cause="proxy_upstream_failed",
                where="proxy",
                summary="The proxy's own name resolution or network is broken.",
                check="ask the proxy for another target",
            ),
        ),
    )


def _forbids(evidence: Evidence) -> Finding | None:
    failed = need(_tunnel(evidence))
    status = failed.facts["status"]
    forbidden = failed.kind == "proxy.denied" or failed.facts["socks_code"] in _SOCKS_FORBIDS
    if failed.kind == "proxy.protocol_error" and not failed.facts["via"]:
        return None  # A web server that is no proxy refuses the method; it names none it came by
    if not forbidden and not (status is not None and 400 <= status < 500):
        return None
    said = f" (status {status})" if status else ""
    summary = f"The proxy {_name(failed)} forbids {evidence.place}{said}."
    return Finding(summary, (failed,), kind=failed.kind)


def _plain_proxy(evidence: Evidence) -> Finding | None:
    """Return that a proxy named with https:// does not answer to TLS: it is most likely plain."""
    failed = need(_tunnel(evidence))
    if not str(failed.facts["proxy"] or "").startswith("https://"):
        return None
    if "TLS" not in str(failed.facts["reason"] or ""):
        return None
    return Finding(
        f"{_name(failed)} does not answer TLS: for an unencrypted proxy write http://.",
        (failed,),
        confidence=0.8,
        advice=(f"Write `http://{failed.facts['proxy'][8:]}`: the tunnel itself is encrypted.",),
    )


_NO_TLS = ("wrong version", "record", "packet length", "http request", "eof", "unknown protocol")
"""What OpenSSL says of one that does not speak TLS."""


def _unsecured(evidence: Evidence) -> Finding | None:
    """Return that TLS with the proxy itself fails, which it does speak."""
    failed = need(_tunnel(evidence))
    reason = str(failed.facts["reason"] or "")
    if failed.facts["outcome"] != "tls_failed" or any(words in reason for words in _NO_TLS):
        return None
    return Finding(f"TLS with the proxy {_name(failed)} itself fails: {reason}.", (failed,))


def _silent(evidence: Evidence) -> Finding | None:
    failed = need(_tunnel(evidence))
    if failed.facts["outcome"] not in {"timeout", "closed"}:
        return None
    how = "does not answer" if failed.facts["outcome"] == "timeout" else "closes it"
    return Finding(f"The proxy {_name(failed)} accepts the connection and {how}.", (failed,))


def _no_proxy_at_all(evidence: Evidence) -> Finding | None:
    failed = need(_tunnel(evidence))
    summary = f"{_name(failed)} does not answer as a proxy of this type."
    if failed.facts["status"] is None:
        return Finding(summary, (failed,))
    forbids = Alternative(
        kind="proxy.denied",
        cause="proxy_forbids",
        where="proxy",
        summary="It is a proxy, and opens no tunnel to anybody, or none to this port.",
        check="Ask it for an http:// URL, and for a tunnel to port 443.",
    )
    return Finding(summary, (failed,), confidence=0.8, alternatives=(forbids,))


def _needed(evidence: Evidence) -> Finding | None:
    if evidence.reached or evidence.proxied:
        return None
    better = need(evidence.first(ProxyCandidateFacts, works=True))
    stuck: Sequence[Reading] = evidence.unopened or evidence.all(GetaddrinfoFacts)
    kind = next((reading.kind for reading in stuck if reading.kind), None)
    source = better.facts["source"] or "elsewhere"
    excluded = evidence.facts(ProxyVariablesFacts)["excluded_by"]
    why = f"; NO_PROXY ({excluded}) excludes this host" if excluded else ""
    return Finding(
        f"{evidence.place} is reached only through the proxy {better.subject}, which is set in "
        f"{source} and not used by this program{why}.",
        (better, *stuck, *evidence.all(ProxyVariablesFacts)),
        kind=kind,
    )


_ASK_THE_PROXY = (
    "Ask the proxy's operators.",
    "Check `env | grep -i proxy`: is it the right proxy?",
)

PROXY = (
    new_rule("proxy_needed", "tcp.timed_out", "this program")(
        meaning="The direct route is blocked, and a proxy that this program does not use works.",
        decided_by="the direct route fails, a proxy set elsewhere (another scheme, another file, "
        "excluded by NO_PROXY) opens a tunnel",
        when=_needed,
        advice=(
            "Set the proxy for this scheme: `HTTPS_PROXY` for https, `HTTP_PROXY` for http.",
            "Remove the host from `NO_PROXY` if it is listed.",
        ),
    ),
    new_rule("proxy_not_needed", "proxy.unreachable", "this program")(
        meaning="The configured proxy fails, and the target answers without it.",
        decided_by="the proxy fails, the direct connection opens",
        when=_not_needed,
        advice=(
            "Unset the proxy variable, or add the host to `NO_PROXY`.",
            "If the proxy is required, have it repaired.",
        ),
    ),
    new_rule("proxy_down", "proxy.unreachable", "proxy")(
        meaning="The proxy cannot be reached.",
        decided_by="its name or port fails, and so does the direct route",
        when=_down,
    ),
    new_rule("proxy_wants_password", "proxy.auth_required", "proxy")(
        meaning="The proxy requires credentials, or rejects those given.",
        decided_by="status 407, or the SOCKS authentication fails",
        when=_wants_password,
    ),
    new_rule("proxy_upstream_failed", "proxy.upstream_failed", "their service")(
        meaning="The proxy works, but cannot reach the target.",
        decided_by="status 502, 503 or 504 to CONNECT, SOCKS reply 1 or 3 to 6",
        when=_upstream,
        confidence=0.8,
    ),
    new_rule("proxy_forbids", "proxy.denied", "proxy")(
        meaning="The proxy's rules forbid the target.",
        decided_by="status 403 or another 4xx to CONNECT, SOCKS reply 2",
        when=_forbids,
        advice=(*_ASK_THE_PROXY, "Ports other than 443 are often forbidden for CONNECT."),
    ),
    new_rule("proxy_tls_failed", "proxy.protocol_error", "proxy")(
        meaning="The proxy's own certificate is not accepted, or TLS with it fails otherwise.",
        decided_by="the TLS handshake with an https:// proxy",
        when=_unsecured,
        advice=(
            "Use the name in the proxy's certificate, and trust the authority that issued it.",
            "Or write `http://` if it also works without TLS: the tunnel itself is encrypted.",
        ),
    ),
    new_rule("not_a_proxy", "proxy.protocol_error", "this program")(
        meaning="The proxy's URL says https://, but the proxy does not use TLS.",
        decided_by="a TLS handshake with the proxy that gets no answer",
        when=_plain_proxy,
    ),
    new_rule("proxy_silent", "proxy.no_response", "proxy")(
        meaning="The proxy accepts the connection and does not answer.",
        decided_by="no reply to CONNECT, or the connection is closed before one",
        when=_silent,
    ),
    new_rule("not_a_proxy", "proxy.protocol_error", "this program")(
        meaning="What answers is not a proxy of this type.",
        decided_by="a reply that does not match the proxy's protocol",
        when=_no_proxy_at_all,
        advice=("Compare the scheme and port of the proxy's URL with what its operators state.",),
    ),
)
