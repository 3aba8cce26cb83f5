"""Worlds and steps that several files of the gate share."""

import base64

from e2e.building import NAME, blocked, ip, listen, name, proxying, secure
from e2e.expectations import (
    HTTP,
    HTTPS,
    SERVICE_LAYERS,
    STATUS_LAYERS,
    THEIR_APPLICATION,
    THEIR_CERTIFICATE,
    THEIR_SERVICE,
    UNRESOLVED,
)
from e2e.handlers import page, proxy
from e2e.site import PROXY
from e2e.world import SILENT, WELL, World, broken


def routed(label, target, route, kind, causes="local_policy_route"):
    return World(
        name=f"route-{label}",
        target=target,
        build=(name(), listen(), ip("client", route)),
        expected=broken(causes, kind, "ip", "this host"),
        curl=(7,),
        fact=("route|policy|prohibit|Permission denied|Invalid argument",),
    )


def name_answered(label, causes, kinds, fact, answer, *, url=HTTP, beside=(), **more):
    """A name that its resolver answers so."""
    return World(
        name=label,
        target=url,
        build=(name(NAME, **answer), listen(), secure(), *beside),
        expected=broken(causes, kinds, "dns", "DNS"),
        **{"curl": (6,), "fact": (fact,), **more},
    )


def dns_error(rcode, code, text):
    return {"rcode": rcode, "error": (code, text)}


def resolver_world(label, cause, *build, limit=SILENT, fact="", where="DNS", also_causes=""):
    """A resolver that cannot be used."""
    causes = f"{cause}|{also_causes}" if also_causes else cause
    return World(
        name=label,
        target=HTTP,
        build=(name(), listen(), *build),
        expected=broken(causes, UNRESOLVED, "dns", where),
        limit=limit,
        curl=(6, 28),
        fact=(fact or "192.0.2.1[57]|resolver|nameserver",),
    )


AT = f"http://{PROXY}:3128"

USERS = base64.b64encode(b"app:open-sesame").decode()

ALL = {"http_proxy": AT, "https_proxy": AT}
"""Variables that send everything through the proxy."""


def proxied(label, expected, *build, url=HTTPS, variables=ALL, direct=False, **more):
    """A client that gets out through the proxy only, unless ``direct`` says otherwise."""
    way = () if direct else (blocked(),)
    return World(
        name=label,
        target=url,
        build=(name(), secure(), listen(), *way, *build),
        expected=expected,
        variables=variables,
        **more,
    )


def proxy_says(status, cause, kind, *fields, **more):
    return proxied(
        f"proxy-says-{status}",
        broken(cause, kind, "proxy", "proxy|path|their service"),
        proxying(proxy, outcome=status, fields=fields),
        curl=(56,),
        fact=(f"{status}",),
        **more,
    )


def certificate_world(
    certificate, cause, kind, fact, *, url=HTTPS, where=THEIR_CERTIFICATE, build=None
):
    return World(
        name=f"certificate-{certificate.replace('_', '-')}",
        target=url,
        build=build or (name(), secure(certificate=certificate)),
        expected=broken(cause, kind, "tls", where),
        curl=(60,),
        fact=(fact,),
    )


def handshake_world(
    label,
    cause,
    kind,
    where,
    fact,
    *build,
    url=HTTPS,
    limit=1.0,
    curl=(35,),
    layers="tls|tcp|http|config",
):
    return World(
        name=label,
        target=url,
        build=(name(), *build),
        expected=broken(cause, kind, layers, where),
        limit=limit,
        curl=curl,
        fact=(fact,),
    )


def served(
    label,
    cause,
    kind,
    fact,
    *build,
    where=THEIR_APPLICATION,
    limit=1.0,
    curl=(0,),
    url=HTTP,
    layers="http|tcp|tls",
):
    return World(
        name=label,
        target=url,
        build=(name(), *build),
        expected=broken(cause, kind, layers, where),
        limit=limit,
        curl=curl,
        fact=(fact,),
    )


def http_status(code, cause, kind, *fields, where="their application", label="", tls=False, **how):
    handler = page(code, *fields, **how)
    served = secure(handler=handler) if tls else listen(80, handler)
    return World(
        name=label or f"status-{code}",
        target=f"https://{NAME}/orders" if tls else f"{HTTP}orders",
        build=(name(), served),
        expected=broken(cause, kind, STATUS_LAYERS, where),
        curl=(0,),
        fact=(rf"\b{code}\b",),
    )


def service_world(label, target, handler, port, *expected, fact, **more):
    return World(
        name=label,
        target=target,
        build=(name(), listen(port, handler)),
        expected=broken(*expected, SERVICE_LAYERS, f"{THEIR_SERVICE}|this program"),
        fact=(fact,),
        **more,
    )


def well(label, target, *build, curl=(0,), **more):
    return World(
        name=f"healthy-{label}", target=target, build=build, expected=WELL, curl=curl, **more
    )
