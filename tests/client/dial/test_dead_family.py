"""One family's packets are dropped on their way: for real, in network namespaces."""

import json
import socket
import sys

import pytest

from ringback.client.dial import dial
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.message import serve
from ringback.testing.lab.namespace import inside, run
from ringback.testing.lab.network import SERVER, topology
from tests.requires import requires

pytestmark = pytest.mark.netns

DIAL = """
import json, sys, time
from ringback import classify
from ringback.client.dial import dial
from ringback.client.dial.address import avoided

host, port, timeout = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
began = time.monotonic()
try:
    with dial(host, port, timeout=timeout) as sock:
        ended = sock.getpeername()[0]
except OSError as error:
    ended = classify(error).kind
print(json.dumps([ended, time.monotonic() - began, list(avoided.of((host, port)))]))
"""


@pytest.fixture
def lab():
    requires("root", "netns", "ip", "iptables", "ip6tables")
    with Lab() as running:
        yield running


def dialled(endpoint, timeout):
    """How a call ended, after how many seconds, and which addresses are avoided from then on."""
    words = [endpoint.host, str(endpoint.port), str(timeout)]
    done = run(endpoint.namespace, [sys.executable, "-W", "error", "-c", DIAL, *words])
    return json.loads(done.stdout)


def test_dead_ipv6_costs_a_quarter_of_a_second_and_is_avoided_then(lab):
    ended, seconds, avoided = dialled(FAULTS["ok:ipv6_dead"].start(lab), 20)

    assert (ended, avoided) == (SERVER[4], [SERVER[6]])
    assert seconds >= 0.25


def test_dead_ipv4_leaves_the_call_to_ipv6(lab, replaced):
    hosts = topology(lab)
    met = hosts.listen(lab, serve, 6)
    replaced.answers["api.test"] = [SERVER[4], SERVER[6]]
    with inside(hosts.client):
        dial(SERVER[6], met.port, timeout=20).close()  # now the hosts know their neighbours
        run(hosts._names["router"], ["iptables", "-w", "-A", "FORWARD", "-p", "tcp", "-j", "DROP"])
        with dial("api.test", met.port, timeout=20) as sock:
            assert sock.family == socket.AF_INET6


@pytest.mark.nightly
def test_a_family_without_a_route_masks_nothing(lab):
    kind, _, _ = dialled(FAULTS["tcp.refused:ipv6_missing"].start(lab), 20)

    assert kind == "tcp.refused"


@pytest.mark.nightly
def test_a_silent_name_server_ends_in_time(lab):
    kind, seconds, _ = dialled(FAULTS["dns.temporary_failure:glibc_silent"].start(lab), 0.3)

    assert kind == "dns.timed_out"  # what the C library says after 2 s is another
    assert seconds >= 0.3
