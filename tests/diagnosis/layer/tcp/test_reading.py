import pytest

from ringback.diagnosis.layer import tcp
from ringback.diagnosis.layer.opening import open_connection
from ringback.testing.lab.message import serve
from tests.diagnosis.layer.worlds import scene_of, told


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


def test_no_more_connections_than_are_polite(unused_port):
    context = scene_of(unused_port)
    addresses = [f"127.0.0.{number}" for number in range(1, 15)]
    assert tcp.read_tcp(context, addresses) == ()
    assert len(told(context, "tcp", "connect")) == 8
    assert context._tried.total() <= 12
