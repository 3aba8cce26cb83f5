import pytest

from ringback.diagnosis.layer import tcp
from ringback.diagnosis.layer.opening import open_connection
from ringback.testing.lab.message import serve
from ringback.testing.lab.network import SERVER
from tests.diagnosis.layer.worlds import World, scene_of, told
from tests.requires import requires


@pytest.fixture(scope="module")
def world():
    requires("root", "netns", "ip", "iptables", "ip6tables")
    with World() as hosts:
        yield hosts


@pytest.fixture
def read(world):
    """Reads from the client; returns the ways that are open and the context."""

    def from_client(addresses, port, **more):
        with world.inside("client"):
            context = scene_of(port, **more)
            return tcp.read_tcp(context, addresses), context

    return from_client


def test_the_open_connection_is_used_by_the_next_stage(lab):
    met = lab.listen(serve)
    context = scene_of(met.port)
    [way] = tcp.read_tcp(context, (met.host, met.host))
    [connect] = context.readings()[2:]
    assert (connect.layer, connect.what, connect.state) == ("tcp", "connect", "ok")
    assert connect.subject == f"127.0.0.1:{met.port}"
    assert connect.facts["proxied"] is False
    assert way.rtt == pytest.approx(connect.facts["rtt"], abs=1e-5)
    with open_connection(context, way, met.host, met.port, 30) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab.test\r\nConnection: close\r\n\r\n")
        assert sock.recv(15) == b"HTTP/1.1 200 OK"
    assert context._tried.total() == 1


def test_no_address():
    context = scene_of(80)
    assert tcp.read_tcp(context, ()) == ()
    assert len(context.readings()) == 2


def test_refused_at_once(unused_port):
    context = scene_of(unused_port)
    assert tcp.read_tcp(context, ("127.0.0.1",)) == ()
    [connect] = told(context, "tcp", "connect")
    assert connect["outcome"] == "refused"
    assert told(context, "tcp", "again") == []


def test_no_more_connections_than_are_polite(unused_port):
    context = scene_of(unused_port)
    addresses = [f"127.0.0.{number}" for number in range(1, 15)]
    assert tcp.read_tcp(context, addresses) == ()
    assert len(told(context, "tcp", "connect")) == 8
    assert context._tried.total() <= 12


@pytest.mark.netns
def test_dropped_on_the_way(world, read, monkeypatch):
    # The kernel sends a SYN again after a second: only then it is known that it had left.
    monkeypatch.setattr(tcp, "CONNECT_TIMEOUT", 1.6)
    monkeypatch.setattr(tcp, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(tcp, "_FIRST_RETRY", 0.1)
    monkeypatch.setattr(tcp, "_RETRY_INTERVAL", 0.1)
    monkeypatch.setattr(tcp, "LAST_ATTEMPT_END", 1.6)
    with world.rule("router", "FORWARD -p tcp --dport 8081 -j DROP"):
        ways, context = read([SERVER[4]], 8081)
    assert ways == ()
    [connect] = told(context, "tcp", "connect")
    assert (connect["outcome"], connect["unsent"]) == ("timeout", False)
    [again] = told(context, "tcp", "again")
    assert (again["attempts"], again["opened"]) == (3, 0)
    neighbours = {
        (neighbour["role"], neighbour["port"]): neighbour
        for neighbour in told(context, "neighbours", "connect")
    }
    assert set(neighbours) == {("partner", 80), ("partner", 443), ("gateway", 80)}
    assert {neighbour["outcome"] for neighbour in neighbours.values()} == {"refused"}
    hops = {hop["ttl"]: hop for hop in told(context, "path", "hop")}
    assert (hops[1]["sender"], hops[1]["icmp_type"]) == ("192.0.2.1", 11)
    assert hops[2]["silent"]
    assert not hops[2]["reached"]


@pytest.mark.netns
def test_dropped_by_this_host(world, read):
    with world.rule("client", "OUTPUT -p tcp --dport 8082 -j DROP"):
        ways, context = read([SERVER[4]], 8082)
    assert ways == ()
    [connect] = told(context, "tcp", "connect")
    assert connect["unsent"] is True
    assert told(context, "tcp", "again") == []
    [hop] = told(context, "path", "hop")
    assert (hop["ttl"], hop["unsent"], hop["silent"]) == (1, "EPERM", False)
    assert {neighbour["outcome"] for neighbour in told(context, "neighbours", "connect")} == {
        "refused"
    }


@pytest.mark.netns
def test_the_gateway_is_dead(world, read):
    with world.without("router", "ip addr del 192.0.2.1/24 dev lab0"):
        world.run("client", "ip neigh flush all")
        _, context = read([SERVER[4]], 8085)
    [connect] = told(context, "tcp", "connect")
    assert (connect["outcome"], connect["icmp"]["own"]) == ("host_unreachable", True)
    [gateway] = told(context, "neighbours", "connect")
    assert gateway["role"] == "gateway"
    assert (gateway["outcome"], gateway["icmp"]["own"]) == ("host_unreachable", True)
