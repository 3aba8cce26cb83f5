import pytest

from ringback.client.trust import Trust
from ringback.diagnosis.context import OpenRoute
from ringback.diagnosis.layer import tls, tls_extras, tls_trust
from ringback.testing.lab.message import response
from tests.diagnosis.layer.meeting import met_by_tls, only, route_of, scene_of, told


@pytest.fixture
def asking_plainly(monkeypatch):
    """Sets how long it is waited for a greeting, and for an answer."""
    ask = tls_extras.ask_plainly
    return lambda listen, wait: monkeypatch.setattr(
        tls_extras, "ask_plainly", lambda context, route, *_: ask(context, route, listen, wait)
    )


@pytest.fixture(autouse=True)
def _patient(asking_plainly, monkeypatch):
    """The machine may be slower than a person likes to wait."""
    asking_plainly(0.05, 60.0)
    monkeypatch.setattr(tls_extras, "_ANSWERED_TIMEOUT", 60.0)


@pytest.mark.parametrize("name", ["tcp.reset:in_handshake", "tls.closed:in_handshake"])
def test_a_port_that_hangs_up_is_asked_plainly(lab, name):
    assert only(met_by_tls(lab.start(name)), "plain").facts["speaks"] == "nothing"


@pytest.mark.parametrize(("name", "speaks"), [("plain_http", "http"), ("plain_ssh", "ssh")])
def test_what_is_no_tls_is_known_by_its_first_bytes(lab, name, speaks):
    facts = only(met_by_tls(lab.start("tls.protocol.error.not_tls", name)), "plain").facts

    assert (facts["speaks"], facts["asked_with"]) == (speaks, "tls")


def test_a_plain_server_that_drops_what_it_does_not_know_is_found(lab):
    def handler(connection):
        if connection.read().startswith(b"GET"):
            connection.send(response(200, b"ok"))
            connection.finish(linger=True)
        else:
            connection.reset()

    facts = only(met_by_tls(lab.listen(handler, scheme="https")), "plain").facts

    assert (facts["speaks"], facts["status"]) == ("http", 200)


def test_a_tls_port_that_says_so_is_not_taken_for_a_plain_one(lab):
    def handler(connection):
        if connection.read().startswith(b"GET"):
            text = b"<title>400 The plain HTTP request was sent to HTTPS port</title>"
            connection.send(response(400, text))
            connection.finish(linger=True)
        else:
            connection.reset()

    assert only(met_by_tls(lab.listen(handler, scheme="https")), "plain").facts["speaks"] == "tls"


def test_a_silent_port_is_asked_otherwise_meanwhile(lab, asking_plainly, monkeypatch):
    asking_plainly(0.05, 0.05)
    monkeypatch.setattr(tls, "HANDSHAKE_TIMEOUT", 0.6)
    monkeypatch.setattr(tls_extras, "STALL_SECONDS", 0.02)
    monkeypatch.setattr(tls_extras, "_UNANSWERED_TIMEOUT", 0.1)
    context = met_by_tls(lab.start("tls.timed_out:plain_server"))

    assert not only(context, "small_segments").facts["works"]
    assert only(context, "plain").facts["speaks"] == "nothing"
    assert only(context, "handshake").kind == "tls.timed_out"


def test_the_systems_store_is_tried_where_the_issuer_is_not_trusted(lab, monkeypatch):
    endpoint = lab.start("tls.cert.authority_invalid.untrusted_root")
    system = tls_trust.TrustStore(Trust(ca=(_pem(lab),)), "system")
    monkeypatch.setattr(tls_trust, "_SYSTEM", system)

    assert only(met_by_tls(endpoint), "system_store").facts["verified"]


def _pem(lab):
    path = lab.directory / "unknown_root.pem"
    path.write_bytes(lab.certificates.unknown_root.pem())
    return str(path)


def test_no_more_than_three_connections_are_made(lab):
    endpoint = lab.start("tcp.reset:in_handshake")
    before = len(endpoint.seen)
    endpoint.url = endpoint.url.replace("127.0.0.1", "localhost")
    met_by_tls(endpoint)

    assert len(endpoint.seen) - before <= 3


def test_a_way_that_is_no_longer_open_is_recorded(lab, unused_port):
    endpoint = lab.start("ok:tls")
    context = scene_of(endpoint)

    assert tls.read_tls(context, [OpenRoute(address="127.0.0.1", port=unused_port)]) == ()
    assert only(context, "connection").state == "failed"


def test_connections_are_closed_where_nothing_more_is_asked(lab):
    endpoint = lab.start("ok:tls")
    context = scene_of(endpoint, protocol="none")
    (connection,) = tls.read_tls(context, [route_of(endpoint)])

    assert connection.channel.raw.fileno() == -1


def test_files_that_cannot_be_used_are_recorded(lab, tmp_path):
    endpoint = lab.start("ok:tls")
    context = scene_of(endpoint)
    missing = str(tmp_path / "missing.pem")
    object.__setattr__(context.options, "trust", Trust(ca=(missing,)))
    assert tls.read_tls(context, [route_of(endpoint)]) == ()
    trust = only(context, "trust")

    assert (trust.state, trust.kind) == ("failed", "config.tls_files_invalid")
    assert (trust.facts["loaded"], trust.facts["authorities"]) == (False, 0)
    assert missing in trust.facts["path"]


def test_the_first_of_several_addresses_may_be_the_bad_one(lab):
    good, bad = lab.start("ok:tls"), lab.start("tls.cert.date_invalid.expired")
    context = scene_of(good)
    connections = tls.read_tls(context, [route_of(bad), route_of(good)])
    for connection in connections:
        connection.close()

    assert [connection.route.port for connection in connections] == [good.port]
    assert sorted(handshake.state for handshake in told(context, "handshake")) == ["failed", "ok"]
