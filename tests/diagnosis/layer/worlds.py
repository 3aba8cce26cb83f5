"""A context whose host has gateways, and what it was told."""

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.host_facts import RouteFacts
from ringback.diagnosis.model import Asked

GATEWAYS = {"IPv4": (4, "192.0.2.1"), "IPv6": (6, "2001:db8:1::1")}


def scene_of(port, scheme="http", host="service.test", **options):
    """Return a context whose host has told its gateways."""
    asked = Asked(
        text="", scheme=scheme, host=host, port=port, protocol="http", tls=scheme == "https"
    )
    context = DiagnosisContext(asked, Options(**options))
    for subject, (family, gateway) in GATEWAYS.items():
        context.record(RouteFacts, subject, facts={"family": family, "gateway": gateway})
    return context


def told(context, layer, what):
    """Return the facts of the readings of a kind, in their order."""
    return [
        reading.facts
        for reading in context.readings()
        if (reading.layer, reading.what) == (layer, what)
    ]
