"""The controls of a vantage, on the kernel's own routes, links and neighbours."""

import asyncio
import contextlib
from dataclasses import replace

import dns.message
import pytest
from dns.flags import Flag
from dns.rcode import Rcode
from requires import requires
from until import until

from ringback.monitor.config.load import load
from ringback.monitor.probe import ProbeContext, control
from ringback.monitor.probe.control import (
    GatewayControl,
    ResolverControl,
    TargetControl,
    is_public_name,
)
from ringback.testing.lab import Lab
from ringback.testing.lab.dns import Nameserver, bind
from ringback.testing.lab.namespace import run
from ringback.testing.lab.network import NAMESERVER, NEEDS, SERVER, Topology

ROUTER = "192.0.2.1"
QUICK = {"base_reachable_time_ms": 500, "delay_first_probe_time": 1, "retrans_time_ms": 200}
"""How soon the client doubts a neighbour: by default that takes up to a minute."""


class Hosts(Topology):
    def run(self, role, *commands):
        for command in commands:
            run(self._names[role], command.split())

    def check(self, *controls):
        """Check from the client, at the same time; return what was found, one check each."""

        async def main():
            return await asyncio.gather(*(control.check("here") for control in controls))

        with self.inside("client"):
            found = asyncio.run(main())
        return found if len(controls) > 1 else found[0]

    def until(self, checked, up):
        """Check again and again, as the monitor does, until it is known."""
        found = []
        until(lambda: found.append(self.check(checked)) or found[-1].up is up)
        return found[-1]


@pytest.fixture
def hosts():
    requires(*NEEDS)
    with Hosts() as made:
        yield made


def gateway(*addresses):
    return GatewayControl(lambda: addresses)


# The gateway


@pytest.mark.netns
def test_gateway_that_answers_is_up_and_one_removed_is_down(hosts, monkeypatch):
    check = hosts.until(gateway(SERVER[4]), True)
    assert (check.endpoint, check.vantage, check.address) == ("control:gateway", "here", ROUTER)
    assert check.detail == f"the gateway {ROUTER} on lab0 is reachable"
    hosts.run("router", f"ip addr del {ROUTER}/24 dev lab0")
    hosts.run("client", "ip neigh flush dev lab0")
    monkeypatch.setattr(control, "_PAUSES", (0.05,))  # nobody answers
    check = hosts.until(gateway(SERVER[4]), False)
    assert check.kind == "tcp.address_unreachable.host"
    check = hosts.until(gateway(SERVER[4], SERVER[6]), True)  # one way out of two is enough
    assert f"the gateway {ROUTER} on lab0 is" in check.detail
    assert "2001:db8:1::1 on lab0 is reachable" in check.detail


@pytest.mark.netns
@pytest.mark.nightly
def test_gateway_that_goes_silent_is_found_and_found_again(hosts):
    for name, value in QUICK.items():
        hosts.run("client", f"sysctl -qw net.ipv4.neigh.lab0.{name}={value}")
    hosts.until(gateway(SERVER[4]), True)
    hosts.run("client", f"ip neigh change {ROUTER} dev lab0 nud stale")
    assert hosts.check(gateway(SERVER[4])).up in {None, True}
    hosts.run("router", f"ip addr del {ROUTER}/24 dev lab0")
    hosts.until(gateway(SERVER[4]), False)
    hosts.run("router", f"ip addr add {ROUTER}/24 dev lab0")
    hosts.until(gateway(SERVER[4]), True)


@pytest.mark.netns
def test_route_and_carrier_of_the_way_out(hosts):
    nowhere, on_link = hosts.check(gateway(), gateway("192.0.2.99"))
    assert (nowhere.up, nowhere.detail) == (False, "there is no route to anywhere")
    assert (on_link.up, on_link.detail) == (None, "lab0 has a carrier, and no gateway to check")
    hosts.run("client", f"ip route add default via {ROUTER}")
    hosts.until(gateway(), True)

    hosts.run("router", "ip link set lab0 down")
    check = hosts.check(gateway(SERVER[4]))
    assert (check.up, check.kind) == (False, "tcp.address_unreachable.network")
    assert check.detail == "lab0 has no carrier"

    hosts.run("client", "ip link set lab0 down")
    check = hosts.check(gateway(SERVER[4], SERVER[6]))
    assert (check.up, check.kind) == (False, "tcp.address_unreachable.network")
    assert check.detail == f"there is no route to {SERVER[4]}"


def test_gateway_is_not_known_on_a_system_that_does_not_say(monkeypatch):
    monkeypatch.setattr(control.netlink.sys, "platform", "darwin")

    assert asyncio.run(gateway("192.0.2.7").check("here")).up is None


# The resolver


class Stub(Nameserver):
    """A nameserver that answers everything in one way."""

    code, flags, dead = Rcode.NXDOMAIN, 0, ()  # `dead`: zones whose own nameservers are

    def answer(self, wire, transport):
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(Rcode.SERVFAIL if name.endswith(self.dead) else self.code)
        reply.flags |= self.flags
        return reply.to_wire()


@pytest.fixture
def stub(hosts):
    with contextlib.ExitStack() as stack:

        def start(role="server", address=NAMESERVER):
            with hosts.inside(role):
                return stack.enter_context(Stub({}, bind(address, 53)))

        yield start


def resolver(address=NAMESERVER, hosts=("www.example.net",)):
    return ResolverControl(lambda: hosts, ((address, 53),))


@pytest.mark.netns
def test_resolver_is_up_whatever_it_answers_and_down_when_silent(hosts, stub, monkeypatch):
    server = stub()
    asking = resolver()
    for server.code in (Rcode.NXDOMAIN, Rcode.SERVFAIL, Rcode.REFUSED):
        check = hosts.check(asking)
        assert (check.endpoint, check.up) == ("control:resolver", True)
        assert check.address == NAMESERVER
    assert len(set(server.asked)) >= 3  # a name that is nowhere remembered
    assert all(name.endswith(".www.example.net") for name in server.asked)

    with_a_silent_one = ResolverControl(lambda: (), (("198.51.100.77", 53), (NAMESERVER, 53)))
    check = hosts.check(with_a_silent_one)
    assert (check.up, check.address) == (True, NAMESERVER)

    monkeypatch.setattr(control, "_ROUND_SECONDS", 0.05)
    hosts.run("router", "iptables -w -A FORWARD -p udp --sport 53 -j DROP")
    check, new = hosts.check(asking, resolver())
    assert (check.up, check.kind) == (False, "dns.unreachable")
    assert check.detail == f"{NAMESERVER} does not answer"
    assert new.up is None
    assert "has not answered since the start" in new.detail


@pytest.mark.netns
def test_forwarder_on_the_link_must_have_asked_others(hosts, stub, monkeypatch):
    server = stub("router", ROUTER)
    asking = resolver(ROUTER, ("a.example.net", "b.example.org"))
    assert hosts.check(asking).up
    server.dead = ("example.net", "example.org")  # zones that are dead make no dead resolver
    assert hosts.check(asking).up
    assert server.asked[-1].endswith(".com")

    monkeypatch.setattr(control, "_ROUNDS", 2)
    others = [f"192.0.2.{n}" for n in (22, 23)]
    hosts.run("router", *(f"ip addr add {address}/24 dev lab0" for address in others))
    authoritative, authentic = (stub("router", address) for address in others)
    authoritative.flags, authentic.flags = Flag.AA, Flag.AD
    server.code = Rcode.SERVFAIL
    failing, *knowing, nobody = hosts.check(asking, *map(resolver, [*others, "127.0.0.53"]))
    for check in knowing:
        assert check.up is None
        assert "perhaps of its own knowledge" in check.detail
    assert (failing.up, failing.kind) == (False, "dns.server")
    assert failing.detail == f"{ROUTER} answers with an error (code 2)"
    assert nobody.up is None
    assert "Connection refused" in nobody.detail


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("www.example.com", True),
        ("bücher.example", True),
        ("db", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("printer.local", False),
        (f"{'a' * 64}.example.com", False),
        (".".join(["a" * 60] * 4) + ".example.com", False),
    ],
)
def test_names_that_a_resolver_has_to_ask_others_for(host, public):
    assert is_public_name(host) is public


# Targets


def target(tmp_path, url):
    file = tmp_path / "ringback.toml"
    file.write_text(f'controls = ["{url}"]\n')
    (found,) = load(file, {}).controls
    return found


def check_target(hosts, endpoint, between=None):
    """Check a target from the client, and again after ``between``; return the last check."""

    async def main():
        context = ProbeContext(loop=asyncio.get_running_loop())
        checked = TargetControl(endpoint, context)
        try:
            found = await checked.check("here")
            if between:
                assert found.up, found
                between()
                checked.endpoint = replace(endpoint, timeout=0.2)
                found = await checked.check("here")
            return found
        finally:
            context.close()

    with hosts.inside("client"):
        return asyncio.run(main())


@pytest.mark.netns
def test_target_beyond_the_gateway_replies_whatever_it_says(hosts, tmp_path):
    with Lab() as lab:
        met = hosts.listen(lab, lambda connection: connection.send(b"HTTP/1.1 400 -\r\n\r\n"))
        check = check_target(hosts, target(tmp_path, f"https://{met.host}:{met.port}/"))
    assert check.endpoint == f"control:target:https-198-51-100-2-{met.port}"
    assert check.up, check
    assert check.kind.startswith("tls.")  # it speaks plain HTTP

    refusing = target(tmp_path, f"tcp://{SERVER[4]}:9")
    assert check_target(hosts, refusing).kind == "tcp.refused"
    check = check_target(
        hosts, refusing, lambda: hosts.run("router", "iptables -w -P FORWARD DROP")
    )
    assert (check.up, check.kind) == (False, "tcp.timed_out")

    check = check_target(hosts, target(tmp_path, f"tcp://{ROUTER}:9"))
    assert check.up is None
    assert check.detail.startswith("on this link: ")
