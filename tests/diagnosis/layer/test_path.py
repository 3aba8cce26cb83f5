import contextlib

import pytest

from ringback.diagnosis.host_facts import RouteToFacts
from ringback.diagnosis.layer import path, tcp
from ringback.diagnosis.layer.connect import ConnectResult, attempt_connect
from ringback.diagnosis.layer.kernel import Icmp
from ringback.diagnosis.layer.path import path_tasks
from ringback.testing.lab.namespace import run
from ringback.testing.lab.network import SERVER, Topology
from tests.diagnosis.layer.worlds import scene_of, told
from tests.requires import requires
from tests.until import until

ROUTER = {4: "192.0.2.1", 6: "2001:db8:1::1"}


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


@pytest.fixture(scope="module")
def world():
    requires("root", "netns", "ip", "iptables", "ip6tables")
    with World() as hosts:
        yield hosts


def hops(world, port, address):
    with world.inside("client"):
        context = scene_of(port)
        path.walk_path(context, address)
    return {hop["ttl"]: hop for hop in told(context, "path", "hop")}, context


@pytest.mark.netns
@pytest.mark.parametrize("version", [4, 6])
def test_the_target_answers(world, version):
    found, context = hops(world, 8081, SERVER[version])
    assert (found[1]["sender"], found[1]["reached"]) == (ROUTER[version], False)
    assert (found[2]["sender"], found[2]["reached"]) == (SERVER[version], True)
    assert set(found) == {1, 2, 3}
    assert context._tried[SERVER[version], 8081] == 2  # those that came so far


@pytest.mark.netns
def test_silence_beyond_the_router(world):
    with world.rule("router", "FORWARD -p tcp --dport 8082 -j DROP"):
        found, context = hops(world, 8082, SERVER[4])
    assert found[1] == {
        "address": SERVER[4],
        "ttl": 1,
        "sender": ROUTER[4],
        "icmp_type": 11,
        "icmp_code": 0,
        "own": False,
        "reached": False,
        "silent": False,
        "unsent": None,
    }
    assert [found[ttl]["silent"] for ttl in (2, 3)] == [True, True]
    [silence] = told(context, "path", "silence")
    assert silence == {
        "address": SERVER[4],
        "port": 8082,
        "ttl": 2,
        "other_port": 80,
        "other_sender": None,
        "other_reached": True,
        "lost_before": False,
    }


@pytest.mark.netns
def test_lost_before_a_router_that_another_port_reaches(world):
    with world.rule("router", "PREROUTING -t raw -p tcp --dport 8088 -j DROP"):
        _, context = hops(world, 8088, SERVER[4])
    [silence] = told(context, "path", "silence")
    assert (silence["ttl"], silence["other_sender"]) == (1, ROUTER[4])
    assert silence["lost_before"] is True


def made(outcome, **more):
    return ConnectResult(address="192.0.2.7", port=80, family=4, outcome=outcome, **more)


def test_what_is_asked_of_the_path():
    icmp = Icmp(type=3, code=3, sender="192.0.2.1", own=False, is_target=False, family=4)
    context = scene_of(80)
    assert (
        len(path_tasks(context, {"192.0.2.7": None, "192.0.2.8": None, "2001:db8::7": None})) == 2
    )
    assert len(path_tasks(context, {"192.0.2.7": made("timeout", withheld=True)})) == 1
    assert len(path_tasks(context, {"192.0.2.7": made("refused")})) == 1
    assert path_tasks(context, {"192.0.2.7": made("refused", icmp=icmp)}) == []
    assert path_tasks(context, {"192.0.2.7": made("host_unreachable")}) == []
    context.record(RouteToFacts, "192.0.2.7", facts={"on_link": True})
    assert path_tasks(context, {"192.0.2.7": made("refused")}) == []


def seen(world, port, version=4):
    with world.inside("client"):
        context = scene_of(port)
        path.measure_refusal(context, SERVER[version])
    [facts] = told(context, "path", "refusal")
    return facts


@pytest.mark.netns
@pytest.mark.parametrize("version", [4, 6])
def test_as_far_as_another_port(world, version):
    assert seen(world, 8081, version) == {
        "address": SERVER[version],
        "port": 8081,
        "hops": 2,
        "other_port": 80,
        "other_hops": 2,
        "other_passed": 1,
        "near": False,
    }


@pytest.mark.netns
def test_this_host_refuses(world):
    with world.rule("client", "OUTPUT -p tcp --dport 8083 -j REJECT --reject-with tcp-reset"):
        facts = seen(world, 8083)
    assert (facts["hops"], facts["near"]) == (1, True)


@pytest.mark.netns
def test_whoever_answers_for_every_port_is_not_taken_for_a_firewall(world):
    with world.rule("client", "OUTPUT -p tcp --syn -j REJECT --reject-with tcp-reset"):
        facts = seen(world, 8084)
    assert (facts["hops"], facts["other_hops"], facts["near"]) == (1, 1, False)


@pytest.mark.netns
def test_what_this_host_drops_is_known_to_be_unsent(world, monkeypatch):
    monkeypatch.setattr(tcp, "SILENT_SECONDS", 60.0)  # the kernel knows after its second SYN
    with (
        world.rule("client", "OUTPUT -p tcp --dport 8082 -j DROP"),
        world.inside("client"),
    ):
        context = scene_of(8082)
        assert tcp.read_tcp(context, [SERVER[4]]) == ()
    [connect] = told(context, "tcp", "connect")
    assert connect["unsent"] is True
    assert told(context, "tcp", "again") == []
    [hop] = told(context, "path", "hop")
    assert (hop["ttl"], hop["unsent"], hop["silent"]) == (1, "EPERM", False)
