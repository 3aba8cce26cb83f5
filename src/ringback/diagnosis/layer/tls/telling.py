"""Handshakes and chains as readings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.tls.certificate.chain import certificates, chain_of, path
from ringback.diagnosis.layer.tls.certificate.kin import kin_of, role_of
from ringback.diagnosis.layer.tls.certificate.names import matches
from ringback.diagnosis.layer.tls.spoken import plain, printable

if TYPE_CHECKING:
    import datetime as dt
    import ssl

    from ringback.diagnosis.layer.tls.certificate.x509 import Certificate
    from ringback.diagnosis.layer.tls.handshake import Handshake
    from ringback.diagnosis.scene import Route, Scene

ISSUER_CODES = frozenset({2, 18, 19, 20, 21, 27})
"""Results of verification that say that nobody who is trusted vouches for the certificate."""
_DAY = 86400.0
_WORDS = {
    "closed": "the connection was closed during the handshake",
    "reset": "the connection was reset during the handshake",
    "timeout": "the handshake was not finished in time",
    "not_tls": "what answers does not speak TLS",
    "unsupported": "no TLS version or cipher in common",
    "protocol": "the rules of TLS were broken",
}


def subject_of(route: Route) -> str:
    """Return an address and port as readings name them."""
    address = f"[{route.address}]" if ":" in route.address else route.address
    return f"{address}:{route.port}"


def tell_handshake(
    scene: Scene, route: Route, made: Handshake, *, name: str | None, own_certificate: bool
) -> None:
    """Tell what came of a handshake."""
    channel = made.channel
    leaf = next(iter(certificates(chain_of(channel)[0][:1])), None)
    asked = made.client_certificate_asked
    facts: dict[str, Any] = {
        "address": route.address,
        "port": route.port,
        "proxied": route.proxy is not None,
        "sni": name,
        **_agreed(made),
        "error": made.error,
        "verify_code": made.verify_code,
        "verify_message": made.verify_message and plain(made.verify_message),
        "alert": made.alert,
        "reason": made.reason and plain(made.reason, 100),
        "sent_something": channel.received > 0,
        "first_bytes": printable(channel.first, 100) if made.error == "not_tls" else None,
        "unacked": made.confirmed.get("unacked"),
        "retransmits": made.confirmed.get("retransmits"),
        "bytes_acked": made.confirmed.get("bytes_acked"),
        "bytes_received": made.confirmed.get("bytes_received"),
        "sent": channel.sent,
        "received": channel.received,
        "client_certificate_asked": asked,
        "local_certificate_used": bool(own_certificate and asked is not False),
        "days_left": None if leaf is None else _days(leaf.not_after),
    }
    scene.tell(
        "tls",
        "handshake",
        subject_of(route),
        state="failed" if made.error else "ok",
        result=_result(made, facts),
        kind=made.kind,
        since=scene.now() - made.seconds,
        facts=facts,
    )


def tell_chain(scene: Scene, route: Route, made: Handshake, context: ssl.SSLContext) -> None:
    """Tell the certificates that came with a handshake, where there were any."""
    sent, as_sent = chain_of(made.channel)
    chain = certificates(sent)
    if not sent:
        return
    leaf = chain[0] if chain else None
    right = leaf is not None and matches(leaf.names, scene.asked.host)
    scene.tell(
        "tls",
        "chain",
        subject_of(route),
        state="noted",
        result=_chain_result(chain),
        facts={
            "chain": [_fields(one) for one in chain],
            "as_sent": as_sent,
            "leaf_only": len(sent) == 1,
            "matches_name": right,
            "key": leaf.key if leaf else None,
            "signature": leaf.signature if leaf else None,
            "days_left": _days(leaf.not_after) if leaf else None,
            "unreadable": len(sent) - len(chain),
            "error": made.error,
            **_issuer(chain, made, context),
        },
    )


def _agreed(made: Handshake) -> dict[str, Any]:
    tls = made.channel.tls
    done = made.error is None and tls is not None
    cipher = tls.cipher() if tls is not None and done else None
    return {
        "version": tls.version() if tls is not None and done else None,
        "cipher": cipher[0] if cipher else None,
        "alpn": tls.selected_alpn_protocol() if tls is not None and done else None,
        "verified": done,
    }


def _result(made: Handshake, facts: dict[str, Any]) -> str:
    if made.error is None:
        left = facts["days_left"]
        until = "" if left is None else f", certificate valid for {left:.0f} more days"
        return f"{facts['version']}, {facts['cipher']}{until}"
    if made.error == "certificate":
        return f"the certificate was refused: {facts['verify_message'] or facts['reason']}"
    if made.error == "alert":
        return f"the server answered with alert {made.alert} ({facts['reason'] or 'no name'})"
    if made.error == "not_tls":
        return f"{_WORDS['not_tls']}: {facts['first_bytes']!r}"
    silent = "" if facts["sent_something"] else "; the server sent nothing"
    return _WORDS[made.error] + silent


def _issuer(
    chain: list[Certificate], made: Handshake, context: ssl.SSLContext
) -> dict[str, str | None]:
    """Who would have to vouch for the last certificate above the leaf, where nobody does."""
    last = path(chain)[-1] if chain and made.verify_code in ISSUER_CODES else None
    top = None if last is None else last.issuer
    return {
        "issuer_kin": None if top is None else kin_of(top, context),
        "issuer_role": None if top is None else role_of(top),
        "unsent_issuer": None if last is None or last.self_signed else last.issuer,
    }


def _chain_result(chain: list[Certificate]) -> str:
    if not chain:
        return "no certificate of the chain can be read"
    leaf = chain[0]
    names = ", ".join(leaf.names[:3]) or "no name"
    more = f" and {len(leaf.names) - 3} more" if len(leaf.names) > 3 else ""
    return (
        f"for {names}{more}; issued by {leaf.issuer or 'nobody named'}; "
        f"until {leaf.not_after:%Y-%m-%d}; {len(chain)} sent"
    )


def _fields(one: Certificate) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "names": list(one.names[:20]),
        "not_before": _rfc3339(one.not_before),
        "not_after": _rfc3339(one.not_after),
        "days_left": _days(one.not_after),
        "serial": one.serial,
        "sha256": one.sha256,
        "self_signed": one.self_signed,
        "is_authority": one.is_authority,
        "ca_issuers": list(one.ca_issuers),
        "key": one.key,
        "signature": one.signature,
    }


def _days(moment: dt.datetime) -> float:
    return round((moment.timestamp() - time.time()) / _DAY, 2)


def _rfc3339(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
