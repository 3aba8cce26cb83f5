"""The controls of a vantage, on the kernel's own routes, links and neighbours."""

import asyncio
import contextlib
import socket
import struct
import threading
import time

import pytest

from ringback.monitor.config.load import load
from ringback.monitor.probe import ProbeContext, control
from ringback.monitor.probe.control import (
    GatewayControl,
    ResolverControl,
    TargetControl,
    is_public_name,
)
from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve
from ringback.testing.lab.namespace import run
from ringback.testing.lab.network import NAMESERVER, NEEDS, SERVER, Topology
from tests.requires import requires

ROUTER = "192.0.2.1"
QUICK = {"base_reachable_time_ms": 500, "delay_first_probe_time": 1, "retrans_time_ms": 200}
"""How soon the client doubts a neighbour: by default that takes up to a minute."""

NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
AUTHORITATIVE, AUTHENTIC = 0x0400, 0x0020


class Hosts(Topology):
    def run(self, role, command):
        return run(self._names[role], command.split()).stdout

    def quick(self):
        for name, value in QUICK.items():
            self.run("client", f"sysctl -qw net.ipv4.neigh.lab0.{name}={value}")

    def check(self, *controls):
        """Check from the client; return what was found, one check each."""

        async def main():
            return [await control.check("here") for control in controls]

        with self.inside("client"):
            found = asyncio.run(main())
        return found if len(controls) > 1 else found[0]

    def until(self, checked, up, seconds=20.0):
        """Check again and again, as the monitor does, until it is known."""
        ends = time.monotonic() + seconds
        while (found := self.check(checked)).up is not up:
            assert time.monotonic() < ends, found
            time.sleep(0.1)
        return found


@pytest.fixture
def hosts():
    requires(*NEEDS)
    with Hosts() as made:
        yield made


def gateway(*addresses):
    return GatewayControl(lambda: addresses)


# The gateway


@pytest.mark.netns
def test_a_gateway_that_answers_is_up(hosts):
    check = hosts.check(gateway(SERVER[4]))

    assert (check.endpoint, check.up, check.vantage) == ("control:gateway", True, "here")
    assert check.address == ROUTER
    assert check.detail == f"the gateway {ROUTER} on lab0 is reachable"


@pytest.mark.netns
def test_a_gateway_of_ipv6_is_checked_as_well(hosts):
    check = hosts.until(gateway(SERVER[6]), True)

    assert "2001:db8:1::1 on lab0 is reachable" in check.detail


@pytest.mark.netns
def test_a_gateway_that_was_never_there_has_failed(hosts):
    hosts.run("router", f"ip addr del {ROUTER}/24 dev lab0")
    check = hosts.check(gateway(SERVER[4]))

    assert (check.up, check.kind) == (False, "tcp.address_unreachable.host")
    assert check.detail in {
        f"the gateway {ROUTER} on lab0 is {state}" for state in ("failed", "incomplete")
    }


@pytest.mark.netns
def test_a_gateway_that_goes_silent_is_found_and_found_again(hosts):
    hosts.quick()
    assert hosts.check(gateway(SERVER[4])).up
    hosts.run("router", f"ip addr del {ROUTER}/24 dev lab0")
    hosts.until(gateway(SERVER[4]), False)
    hosts.run("router", f"ip addr add {ROUTER}/24 dev lab0")
    hosts.until(gateway(SERVER[4]), True)


@pytest.mark.netns
def test_a_stale_gateway_is_not_known_until_the_kernel_has_asked(hosts):
    hosts.quick()
    assert hosts.check(gateway(SERVER[4])).up
    hosts.run("client", f"ip neigh change {ROUTER} dev lab0 nud stale")
    check = hosts.check(gateway(SERVER[4]))

    assert check.up in {None, True}
    assert check.up or "delay" in check.detail
    hosts.until(gateway(SERVER[4]), True)


@pytest.mark.netns
def test_a_link_without_a_carrier(hosts):
    hosts.run("router", "ip link set lab0 down")
    check = hosts.check(gateway(SERVER[4]))

    assert (check.up, check.kind) == (False, "tcp.address_unreachable.network")
    assert check.detail == "lab0 has no carrier"


@pytest.mark.netns
def test_a_link_that_is_switched_off_leaves_no_route(hosts):
    hosts.run("client", "ip link set lab0 down")
    check = hosts.check(gateway(SERVER[4], SERVER[6]))

    assert (check.up, check.kind) == (False, "tcp.address_unreachable.network")
    assert check.detail == f"there is no route to {SERVER[4]}"


@pytest.mark.netns
def test_a_host_without_a_default_route_is_well_where_its_targets_have_one(hosts):
    nowhere, there = hosts.check(gateway(), gateway(SERVER[4]))
    assert (nowhere.up, nowhere.detail) == (False, "there is no route to anywhere")
    assert there.up
    hosts.run("client", f"ip route add default via {ROUTER}")
    assert hosts.check(gateway()).up


@pytest.mark.netns
def test_one_way_out_of_two_is_enough(hosts):
    hosts.run("router", f"ip addr del {ROUTER}/24 dev lab0")
    hosts.run("client", "ip neigh flush dev lab0")
    check = hosts.until(gateway(SERVER[4], SERVER[6]), True)

    assert f"the gateway {ROUTER} on lab0 is" in check.detail
    assert "2001:db8:1::1 on lab0 is reachable" in check.detail


@pytest.mark.netns
def test_a_link_without_a_gateway_says_nothing(hosts):
    check = hosts.check(gateway("192.0.2.99"))

    assert check.up is None
    assert check.detail == "lab0 has a carrier, and no gateway to check"


def test_what_cannot_be_read_is_not_known(monkeypatch):
    monkeypatch.setattr(control.netlink.sys, "platform", "darwin")
    check = asyncio.run(gateway("192.0.2.7").check("here"))

    assert check.up is None


# The resolver


class Stub:
    """A nameserver that answers everything in one way."""

    def __init__(self, hosts, role, address):
        with hosts.inside(role):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind((address, 53))
        self._socket.settimeout(0.1)
        self.code, self.flags = NXDOMAIN, 0
        self.silent, self.dead = False, ()  # `dead`: zones whose own nameservers are
        self.names = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                asked, client = self._socket.recvfrom(512)
                self.names.append(name_of(asked))
                if not self.silent:
                    code = SERVFAIL if self.names[-1].endswith(self.dead) else self.code
                    flags = 0x8180 | self.flags | code
                    reply = asked[:2] + struct.pack("!H", flags) + asked[4:]
                    self._socket.sendto(reply, client)


def name_of(asked):
    labels, at = [], 12
    while asked[at]:
        labels.append(asked[at + 1 : at + 1 + asked[at]].decode())
        at += 1 + asked[at]
    return ".".join(labels)


@pytest.fixture
def stub(hosts):
    with contextlib.ExitStack() as stack:

        def start(role="server", address=NAMESERVER):
            started = Stub(hosts, role, address)
            stack.callback(started.close)
            return started

        yield start


def resolver(address=NAMESERVER, hosts=("www.example.net",)):
    return ResolverControl(lambda: hosts, ((address, 53),))


@pytest.mark.netns
def test_any_answer_from_beyond_the_gateway_is_a_reply(hosts, stub):
    server = stub()
    asking = resolver()
    for server.code in (NXDOMAIN, SERVFAIL, REFUSED):
        check = hosts.check(asking)
        assert (check.endpoint, check.up) == ("control:resolver", True)
        assert check.address == NAMESERVER

    assert len(set(server.names)) == 3  # a name that is nowhere remembered
    assert all(name.endswith(".www.example.net") for name in server.names)


@pytest.mark.netns
def test_a_resolver_whose_answers_are_lost_is_down_and_up_again(hosts, stub):
    stub()
    asking = resolver()
    assert hosts.check(asking).up
    hosts.run("router", "iptables -w -A FORWARD -p udp --sport 53 -j DROP")
    began = time.monotonic()
    check = hosts.check(asking)
    assert time.monotonic() - began < 10.0
    assert (check.up, check.kind) == (False, "dns.unreachable")
    assert check.detail == f"{NAMESERVER} does not answer"
    hosts.run("router", "iptables -w -F FORWARD")
    assert hosts.check(asking).up


@pytest.mark.netns
def test_silence_of_one_who_never_spoke_says_nothing(hosts, stub):
    stub().silent = True
    check = hosts.check(resolver())

    assert check.up is None
    assert "has not answered since the start" in check.detail


@pytest.mark.netns
def test_a_forwarder_on_the_link_must_have_asked_others(hosts, stub):
    server = stub("router", ROUTER)
    asking = resolver(ROUTER)
    assert hosts.check(asking).up
    for server.flags in (AUTHORITATIVE, AUTHENTIC):
        check = hosts.check(asking)
        assert check.up is None
        assert "perhaps of its own knowledge" in check.detail
    server.flags, server.code = 0, SERVFAIL
    check = hosts.check(asking)
    assert (check.up, check.kind) == (False, "dns.server")
    assert check.detail == f"{ROUTER} answers with an error (code 2)"


@pytest.mark.netns
def test_a_zone_that_is_dead_makes_no_dead_resolver(hosts, stub):
    server = stub("router", ROUTER)
    asking = resolver(ROUTER, ("a.example.net", "b.example.org"))
    assert hosts.check(asking).up
    server.dead = ("example.net", "example.org")
    assert hosts.check(asking).up
    assert server.names[-1].endswith(".com")


@pytest.mark.netns
def test_one_nameserver_of_two_is_enough(hosts, stub):
    stub()
    asking = ResolverControl(lambda: (), (("198.51.100.77", 53), (NAMESERVER, 53)))
    began = time.monotonic()
    check = hosts.check(asking)

    assert (check.up, check.address) == (True, NAMESERVER)
    assert time.monotonic() - began < 3.0  # the silent one is not waited for


@pytest.mark.netns
def test_no_nameserver_on_this_host(hosts):
    check = hosts.check(resolver("127.0.0.53"))

    assert check.up is None
    assert "Connection refused" in check.detail


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("www.example.com", True),
        ("bücher.example", True),
        ("db", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("printer.local", False),
        ("a.localhost", False),
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


class Target:
    """Checks a target from the client, with what belongs to an event loop made for each check."""

    def __init__(self, hosts, endpoint):
        self.hosts, self.endpoint = hosts, endpoint
        self.control = None

    def check(self):
        async def main():
            context = ProbeContext(loop=asyncio.get_running_loop())
            if self.control is None:
                self.control = TargetControl(self.endpoint, context)
            self.control._context = context
            try:
                return await self.control.check("here")
            finally:
                context.close()

        with self.hosts.inside("client"):
            return asyncio.run(main())


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.mark.netns
def test_a_target_replies_whatever_it_says(hosts, lab, tmp_path):
    met = hosts.listen(lab, serve)
    target_ = Target(hosts, target(tmp_path, f"https://{met.host}:{met.port}/"))
    check = target_.check()
    assert check.endpoint == f"control:target:https-198-51-100-2-{met.port}"
    assert check.up, check
    assert check.kind.startswith("tls.")  # it speaks plain HTTP
    refused = Target(hosts, target(tmp_path, f"tcp://{SERVER[4]}:9"))
    check = refused.check()
    assert (check.up, check.kind) == (True, "tcp.refused")
    hosts.run("router", "iptables -w -P FORWARD DROP")
    check = refused.check()
    assert (check.up, check.kind) == (False, "tcp.timed_out")


@pytest.mark.netns
def test_a_target_on_the_link_says_nothing_of_what_is_beyond(hosts, tmp_path):
    check = Target(hosts, target(tmp_path, f"tcp://{ROUTER}:9")).check()

    assert check.up is None
    assert check.detail.startswith("on this link: ")
