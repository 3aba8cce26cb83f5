"""`ringback up` on a host whose uplink is cut, and joined again."""

import contextlib

import pytest
from monitor.running import Monitor

from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve
from ringback.testing.lab.namespace import run
from ringback.testing.lab.network import NEEDS, Topology
from tests.requires import requires


def listening(lab, hosts, address):
    """Open a port on a further address of the server; return its URL."""
    run(hosts._names["server"], ["ip", "addr", "add", f"{address}/24", "dev", "lab0"])
    with hosts.inside("server"):
        listener = lab.reserve(serve, host=address)
        listener.open()
    return listener.endpoint.url


def all_well(endpoints):
    return {endpoint["state"] for endpoint in endpoints} == {"ok"}


@pytest.fixture
def started(tmp_path):
    requires(*NEEDS)
    with Lab() as lab, Topology() as hosts, contextlib.ExitStack() as stack:

        def router(command):
            run(hosts._names["router"], command.split())

        def start(count, more=""):
            urls = [listening(lab, hosts, f"198.51.100.{60 + number}") for number in range(count)]
            (tmp_path / "ringback.toml").write_text(
                more
                + "".join(
                    f'[[endpoint]]\nname = "e{number}"\nurl = "{url}"\n'
                    "every = 2\nretry_every = 0.5\ntimeout = 1\n"
                    for number, url in enumerate(urls)
                )
            )
            monitor = Monitor(tmp_path, namespace=hosts.client)
            stack.callback(monitor.stop)
            monitor.until("/endpoints", all_well)
            return monitor, router

        yield start


@pytest.mark.netns
@pytest.mark.nightly
def test_a_link_without_a_carrier_is_the_own_network(started):
    monitor, router = started(1)
    router("ip link set lab0 down")
    (incident,) = monitor.until(
        "/incidents",
        lambda all_: [incident["pattern"] for incident in all_] == ["own_network_down"],
    )
    assert incident["evidence"][0] == "lab0 has no carrier"
    assert incident["members"] == ["e0"]
    assert any("1 host is watched without controls" in line for line in monitor.said)

    router("ip link set lab0 up")
    monitor.until("/incidents", lambda all_: {of["state"] for of in all_} == {"closed"})
    monitor.until("/endpoints", all_well)


@pytest.mark.netns
@pytest.mark.nightly
def test_one_dead_service_is_no_dead_network_where_a_control_replies(started):
    monitor, router = started(1, 'controls = ["tcp://198.51.100.53:9"]\n')
    router("iptables -w -A FORWARD -d 198.51.100.60 -p tcp -j DROP")
    (incident,) = monitor.until("/incidents", bool)

    assert incident["pattern"] == "service_outage"
    assert incident["kind"] == "tcp.timed_out"
    assert incident["members"] == ["e0"]


@pytest.mark.netns
@pytest.mark.nightly
def test_an_uplink_that_is_cut_behind_the_gateway_blames_nobody(started):
    """Each endpoint has a connection that was kept: its silence is no sign of life."""
    monitor, router = started(3)
    router("iptables -w -P FORWARD DROP")
    # On a busy machine one is blamed before the others were checked; it becomes part of the whole.
    (incident,) = monitor.until(
        "/incidents?state=open", lambda all_: [len(incident["members"]) for incident in all_] == [3]
    )

    assert incident["pattern"] == "own_network_down"
    assert sorted(incident["members"]) == ["e0", "e1", "e2"]
    assert {endpoint["state"] for endpoint in monitor.get("/endpoints")} == {"unknown"}
    router("iptables -w -P FORWARD ACCEPT")
    monitor.until("/endpoints", all_well)
