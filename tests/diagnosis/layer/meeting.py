"""Meeting a fault of the lab with one stage of a diagnosis."""

import urllib.parse

from ringback.client.trust import Trust
from ringback.diagnosis.context import DiagnosisContext, OpenRoute, Options
from ringback.diagnosis.layer import http, tls
from ringback.diagnosis.model import Asked


def scene_of(endpoint, *, client_certificate=None, protocol="http", timeout=10.0):
    """A diagnosis of an endpoint, before its first reading."""
    parts = urllib.parse.urlsplit(endpoint.url)
    asked = Asked(
        text=endpoint.url,
        scheme=parts.scheme,
        host=parts.hostname,
        port=endpoint.port,
        path=parts.path or "/",
        query=parts.query,
        protocol=protocol,
        tls=parts.scheme == "https",
    )
    trust = None
    if endpoint.verify:
        trust = Trust.of(endpoint.verify, client_certificate=client_certificate)
    return DiagnosisContext(asked, Options(trust=trust, timeout=timeout))


def route_of(endpoint):
    """The way to an endpoint, as the stage of TCP would have found it."""
    host = endpoint.host
    return OpenRoute(address="127.0.0.1" if host == "localhost" else host, port=endpoint.port)


def met_by_http(endpoint, **how):
    """A diagnosis of an endpoint behind its stages of TLS and of HTTP."""
    context, route = scene_of(endpoint, **how), route_of(endpoint)
    http.read_http(context, [route], tls.read_tls(context, [route]))
    return context


def met_by_tls(endpoint, **how):
    """A diagnosis of an endpoint behind its stage of TLS."""
    context = scene_of(endpoint, **how)
    for connection in tls.read_tls(context, [route_of(endpoint)]):
        connection.close()
    return context


def told(context, what):
    """The readings of one sort."""
    return [reading for reading in context.readings() if reading.what == what]


def only(context, what):
    """The reading of a sort that there is only one of."""
    (reading,) = told(context, what)
    return reading
