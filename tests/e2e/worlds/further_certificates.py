"""Further certificates and chains, refused or odd and well."""

from e2e import papers
from e2e.building import NAME, dual, listen, name, secure
from e2e.handlers import page, redirects
from e2e.world import WELL, World, broken
from e2e.worlds.tls import _SELF, _THEIRS, _UNKNOWN, _UNTRUSTED

_HTTPS = f"https://{NAME}/"
_EXPIRED = "tls.cert.date_invalid.expired"
_INTERCEPTED = broken(
    "tls_interception", f"{_UNTRUSTED}|{_UNKNOWN}", "tls", "this network|path|proxy|this host"
)


def _vouched(label, certificate, expected, *, target=_HTTPS, build=None, **more):
    curl = (0,) if expected.healthy else (60,)
    return World(
        name=f"vouched-{label}",
        target=target,
        build=build or (name(), secure(certificate=certificate)),
        expected=expected,
        curl=more.pop("curl", curl),
        **more,
    )


def trusting(*names):
    path = papers.trusting(*names)
    return {"SSL_CERT_FILE": path, "REQUESTS_CA_BUNDLE": path, "CURL_CA_BUNDLE": path}


def _refused(cause, kind, where=_THEIRS):
    return broken(cause, kind, "tls", where)


WORLDS = (
    _vouched(
        "old-root-trusted",
        "under_old_root",
        _refused("certificate_expired", _EXPIRED, f"{_THEIRS}|this program|this host"),
        variables=trusting("root", "old root"),
        fact=("expired",),
        note="the root itself has expired; this program still lists it",
    ),
    _vouched(
        "without-alternative-names",
        "without_names",
        _refused("certificate_wrong_name", "tls.cert.name_invalid"),
        fact=("match|not valid for",),
        curl=(0, 60),
        note="the name stands in the common name only, which nobody reads any more",
    ),
    _vouched("chain-out-of-order", "out_of_order", WELL),
    _vouched("chain-with-root", "with_root", WELL),
    _vouched("chain-of-three", "three", WELL),
    _vouched(
        "link-missing",
        "link_missing",
        _refused("certificate_missing_intermediate", _UNKNOWN),
        fact=("intermediate|local issuer",),
        note="the lower of two intermediates is sent, the upper is not",
    ),
    _vouched(
        "wrong-intermediate",
        "wrong_intermediate",
        _refused("certificate_missing_intermediate", _UNKNOWN),
        fact=("intermediate|local issuer",),
        note="an intermediate is sent that did not sign the leaf",
    ),
    _vouched(
        "expired-two-above",
        "expired_above",
        _refused("certificate_expired", _EXPIRED),
        fact=("expired",),
    ),
    _vouched(
        "company-root-not-sent",
        "company",
        _refused("certificate_unknown_issuer", f"{_UNKNOWN}|{_UNTRUSTED}"),
        fact=("local issuer|unknown authority",),
    ),
    _vouched(
        "company-root-sent",
        "company_with_root",
        _refused("certificate_unknown_issuer", f"{_UNKNOWN}|{_UNTRUSTED}"),
        fact=("self[- ]signed certificate in|unknown authority",),
    ),
    _vouched(
        "company-root-trusted",
        "company",
        WELL,
        variables=trusting("root", "company root"),
    ),
    _vouched(
        "outside-name-constraint",
        "outside_constraint",
        _refused("certificate_invalid", "tls.cert.invalid"),
        fact=("permitted subtree|constraint",),
    ),
    _vouched(
        "sha1",
        "sha1",
        _refused("certificate_weak", "tls.cert.invalid"),
        variables=trusting("root", "rsa root"),
        fact=("weak|digest|sha1",),
    ),
    _vouched("debugging-proxy", "debugged", _INTERCEPTED, fact=("mitmproxy",)),
    _vouched("virus-scanner", "scanned", _INTERCEPTED, fact=("kaspersky",)),
    _vouched(
        "valid-in-ten-minutes",
        "issued_in_ten_minutes",
        _refused("certificate_not_yet_valid", "tls.cert.date_invalid.not_yet_valid"),
        fact=("not yet valid",),
    ),
    _vouched(
        "expired-five-minutes-ago",
        "expired_five_minutes_ago",
        _refused("certificate_expired", _EXPIRED),
        fact=("expired",),
    ),
    _vouched(
        "self-signed-on-ipv6",
        "self_signed",
        _refused("certificate_self_signed", _SELF),
        build=(dual(), secure(certificate="self_signed")),
        fact=("self[- ]signed",),
    ),
    _vouched(
        "mail-server-expired",
        "expired",
        _refused("certificate_expired", _EXPIRED),
        target=f"smtps://{NAME}",
        build=(name(), secure(465, "expired")),
        curl=(),
        fact=("expired",),
    ),
    _vouched(
        "wrong-name-beside-http-that-redirects",
        "wrong_name",
        _refused("certificate_wrong_name", "tls.cert.name_invalid"),
        fact=("match|not valid for",),
        build=(name(), secure(certificate="wrong_name"), listen(80, redirects({"*": _HTTPS}))),
    ),
    _vouched(
        "portal-name-alone",
        "portal",
        _refused("certificate_wrong_name", "tls.cert.name_invalid"),
        build=(name(), secure(certificate="portal", handler=page(200))),
        fact=("match|not valid for",),
    ),
)
