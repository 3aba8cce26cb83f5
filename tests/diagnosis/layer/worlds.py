"""A client, a router and a server in network namespaces, for tests of what networks answer."""

import contextlib

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.host_facts import RouteFacts
from ringback.diagnosis.layer.connect import attempt_connect
from ringback.diagnosis.model import Asked
from ringback.testing.lab.namespace import run
from ringback.testing.lab.network import SERVER, Topology
from tests.until import until

GATEWAYS = {"IPv4": (4, "192.0.2.1"), "IPv6": (6, "2001:db8:1::1")}


class World(Topology):
    """The lab's three hosts, with rules that come and go."""

    def __enter__(self):
        with self.inside("client"):  # a link must have been up for a moment to carry IPv6
            until(lambda: attempt_connect(SERVER[6], 9, 10).outcome == "refused")
        return self

    def run(self, role, command):
        """Run a program on one of the hosts; return what it prints."""
        return run(self._names[role], command.split()).stdout

    @contextlib.contextmanager
    def rule(self, role, rule, program="iptables"):
        """Let a host have a rule of its firewall meanwhile."""
        self.run(role, f"{program} -w -A {rule}")
        try:
            yield
        finally:
            self.run(role, f"{program} -w -D {rule}")

    @contextlib.contextmanager
    def without(self, role, command):
        """Take something away from a host meanwhile: ``ip`` with ``add`` gives it back."""
        self.run(role, command)
        try:
            yield
        finally:
            self.run(role, command.replace(" del ", " add "))


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
