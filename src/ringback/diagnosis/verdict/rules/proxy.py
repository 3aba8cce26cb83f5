"""Rules about the proxy: it stands in front, or should."""

from collections.abc import Sequence

from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    ProxyCandidateFacts,
    ProxyConnectFacts,
    ProxyDirectFacts,
    ProxyTunnelFacts,
)
from ringback.diagnosis.host_facts import ProxyVariablesFacts
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
        rival=True,
    )


def _down(evidence: Evidence) -> Finding | None:
    shut = need(_shut(evidence))
    return Finding(
        f"The proxy {_name(shut)} cannot be reached: {shut.result}.",
        (shut, *evidence.all(ProxyDirectFacts)),
        where="DNS" if shut.facts["outcome"] == "unresolved" else None,
        alternatives=(_RESOLVER,) if shut.facts["eai"] in _NO_WORD else (),
    )


_NO_WORD = frozenset({"EAI_AGAIN", "EAI_TIMEOUT"})
_RESOLVER = Alternative(
    kind="dns.unreachable",
    cause="resolver_silent",
    where="DNS",
    summary="This host's resolver answers for no name, and the proxy's is only the first.",
    check="look up another name: `getent hosts example.com`",
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
    if status == _TOO_MANY:
        return Finding(
            f"The proxy {_name(failed)} limits how often it is asked (status {status}).",
            (failed,),
            kind=failed.kind,
            advice=_LESS_OFTEN,
        )
    said = f" (status {status})" if status else ""
    summary = f"The proxy {_name(failed)} forbids {evidence.place}{said}."
    return Finding(
        summary,
        (failed,),
        kind=failed.kind,
        alternatives=(_WEB_SERVER,) if _is_web_server(failed) else (),
    )


_TOO_MANY = 429
_LESS_OFTEN = (
    "Wait before the next request, and retry with growing waits and jitter: fewer workers, batches.",
    "Keep connections open in place of a tunnel for each request.",
)
_WEB_SERVERS = ("nginx", "apache", "microsoft-iis", "caddy", "lighttpd", "gunicorn", "cloudflare")
_WEB_SERVER = Alternative(
    kind="proxy.protocol_error",
    cause="not_a_proxy",
    where="this program",
    summary="What answers is a web server that is no proxy, and refuses the method.",
    check="ask it for an http:// URL of another host: `curl -x {proxy} http://example.com/`",
)


def _is_web_server(failed: ReadingOf[ProxyTunnelFacts]) -> bool:
    """Return whether the answer names a web server, and bears no mark of a proxy."""
    facts = failed.facts
    if facts["via"] or facts["squid_error"] or facts["authenticate"]:
        return False
    return str(facts["server"] or "").lower().startswith(_WEB_SERVERS)


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
    silent = failed.facts["outcome"] == "timeout"
    how = "does not answer" if silent else "closes it"
    return Finding(
        f"The proxy {_name(failed)} accepts the connection and {how}.",
        (failed,),
        alternatives=(_WAITS if silent else _HANGS_UP,),
    )


_WAITS = Alternative(
    kind="proxy.upstream_failed",
    cause="proxy_upstream_failed",
    where="their service",
    summary="The proxy is well, and waits for the target, which does not answer it.",
    check="ask the proxy for another target: `curl -v -x {proxy} http://example.com/`",
)
_HANGS_UP = Alternative(
    kind="proxy.protocol_error",
    cause="not_a_proxy",
    where="this program",
    summary="What listens there is no proxy of this type, and hangs up on what it cannot read.",
    check="compare the scheme and port of the proxy's URL with what its operators state",
)


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


PROXY = (
    new_rule("proxy_needed", "tcp.timed_out", "this program")(
        meaning="The direct route is blocked, and a proxy that this program does not use works.",
        decided_by="the direct route fails, a proxy set elsewhere (another scheme, another file, "
        "excluded by NO_PROXY) opens a tunnel",
        when=_needed,
        advice=(
            "{if_excluded}Remove {host} from `NO_PROXY`, which excludes it.",
            "Give the program the proxy: `{wanted_variable}={candidate}`.",
            "{else}Set the proxy for this scheme.",
        ),
    ),
    new_rule("proxy_not_needed", "proxy.unreachable", "this program")(
        meaning="The configured proxy fails, and the target answers without it.",
        decided_by="the proxy fails, the direct connection opens",
        when=_not_needed,
        advice=(
            "Unset `{variable}`, or add {host} to `NO_PROXY`: the target answers without {proxy}.",
            "If {proxy} is required, have it repaired.",
            "{else}Call without the proxy.",
        ),
    ),
    new_rule("proxy_down", "proxy.unreachable", "proxy")(
        meaning="The proxy cannot be reached.",
        decided_by="its name or port fails, and so does the direct route",
        when=_down,
        advice=(
            "{if_unresolved}Correct the name of the proxy in `{variable}`, or connect to the network whose resolver knows it.",
            "{if_resolved}Start the proxy on {proxy_place}, or connect the VPN that leads to it.",
            "Or correct `{variable}`, which names {proxy}; unset it where no proxy is wanted.",
            "{else}Have the proxy repaired, or call without it.",
        ),
    ),
    new_rule("proxy_wants_password", "proxy.auth_required", "proxy")(
        meaning="The proxy requires credentials, or rejects those given.",
        decided_by="status 407, or the SOCKS authentication fails",
        when=_wants_password,
        advice=(
            "Give the proxy a user and a password: `{variable}=http://USER:PASSWORD@{proxy_place}`, percent-encoded.",
            "{if_single_sign_on}It asks for {authenticate}, which few clients speak: run a helper such as cntlm or px, and use that as the proxy.",
            "{else}Give the program the user and the password for the proxy.",
        ),
    ),
    new_rule("proxy_upstream_failed", "proxy.upstream_failed", "their service")(
        meaning="The proxy works, but cannot reach the target.",
        decided_by="status 502, 503 or 504 to CONNECT, SOCKS reply 1 or 3 to 6",
        when=_upstream,
        confidence=0.8,
        advice=(
            "Check that {place} answers in the network of the proxy {proxy_place}: its name and port, and whether it is up.",
            "If {host} is internal, list it in `NO_PROXY`.",
            "{if_socks}Let the proxy resolve the name: write `socks5h://` in place of `socks5://`.",
            "{else}Ask the proxy's operators.",
        ),
    ),
    new_rule("proxy_forbids", "proxy.denied", "proxy")(
        meaning="The proxy's rules forbid the target.",
        decided_by="status 403 or another 4xx to CONNECT, SOCKS reply 2",
        when=_forbids,
        advice=(
            "Ask the operators of the proxy {proxy_place} to allow {place}.",
            "{if_odd_port}Many proxies allow a tunnel to port 443 alone: use that, if the service is there as well.",
            "Or correct `{variable}`, which names {proxy}; unset it where no proxy is wanted.",
            "{else}Ask the proxy's operators.",
        ),
    ),
    new_rule("proxy_tls_failed", "proxy.protocol_error", "proxy")(
        meaning="The proxy's own certificate is not accepted, or TLS with it fails otherwise.",
        decided_by="the TLS handshake with an https:// proxy",
        when=_unsecured,
        advice=(
            "Use the name in the certificate of {proxy_place}, and trust the authority that issued it.",
            "Or write `http://{proxy_place}` if it also works without TLS: the tunnel itself is encrypted.",
            "{else}Have the proxy's certificate repaired.",
        ),
    ),
    new_rule("not_a_proxy", "proxy.protocol_error", "this program")(
        meaning="The proxy's URL says https://, but the proxy does not use TLS.",
        decided_by="a TLS handshake with the proxy that gets no answer",
        when=_plain_proxy,
        advice=(
            "Write `http://` in place of `https://` in the proxy's URL: the tunnel itself is encrypted.",
        ),
    ),
    new_rule("proxy_silent", "proxy.no_response", "proxy")(
        meaning="The proxy accepts the connection and does not answer.",
        decided_by="no reply to CONNECT, or the connection is closed before one",
        when=_silent,
        advice=(
            "Look into the log and the load of the proxy {proxy_place}.",
            "Ask it for another target: `curl -v -x {proxy} http://example.com/`; if that works, this target is at fault.",
            "Or correct `{variable}`, which names {proxy}; unset it where no proxy is wanted.",
            "{else}Have the proxy repaired.",
        ),
    ),
    new_rule("not_a_proxy", "proxy.protocol_error", "this program")(
        meaning="What answers is not a proxy of this type.",
        decided_by="a reply that does not match the proxy's protocol",
        when=_no_proxy_at_all,
        advice=(
            "Compare {proxy} with what the proxy's operators state: its scheme or its port is wrong.",
            "Correct it in `{variable}`.",
            "{else}Correct the proxy's URL.",
        ),
    ),
)
