import pytest

from ringback.diagnosis.layer import tls, tls_extras
from tests.diagnosis.layer.meeting import only, route_of, scene_of, told

CERTIFICATES = {
    "tls.cert.date_invalid.expired": 10,
    "tls.cert.date_invalid.not_yet_valid": 9,
    "tls.cert.name_invalid:wrong_host": 62,
    "tls.cert.name_invalid:wrong_address": 64,
    "tls.cert.authority_invalid.self_signed": 18,
    "tls.cert.authority_invalid.untrusted_root": 19,
    "tls.cert.authority_invalid.unknown_issuer": 20,
    "tls.cert.authority_invalid.unknown_issuer:missing_intermediate": 20,
    "tls.cert.invalid:weak_key": 66,
}
ENDS = {
    "tcp.reset:in_handshake": ("reset", False),
    "tls.closed:in_handshake": ("closed", False),
    "tls.version_or_cipher_mismatch:old_server_hello": ("unsupported", True),
    "tls.protocol.error.not_tls:plain_http": ("not_tls", True),
    "tls.protocol.error.not_tls:plain_ssh": ("not_tls", True),
}


def met(lab, name, **how):
    endpoint = lab.start(name)
    context = scene_of(endpoint, **how)
    connections = tls.read_tls(context, [route_of(endpoint)])
    for connection in connections:
        connection.close()
    return context, connections


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_is_refused_with_the_number_and_the_chain(lab, name):
    context, connections = met(lab, name)
    handshake, chain = only(context, "handshake"), only(context, "chain")

    assert connections == ()
    assert handshake.state == "failed"
    assert handshake.kind == name.partition(":")[0]
    assert handshake.facts["error"] == "certificate"
    assert handshake.facts["verify_code"] == CERTIFICATES[name]
    assert chain.facts["as_sent"]
    assert chain.facts["leaf_only"] == ("untrusted_root" not in name)
    assert chain.facts["matches_name"] == ("name_invalid" not in name)


@pytest.mark.parametrize("name", ENDS)
def test_an_end_in_the_handshake_is_recorded(lab, name, monkeypatch):
    monkeypatch.setattr(tls_extras, "_ANSWERED_TIMEOUT", 0.1)
    error, something = ENDS[name]
    context, connections = met(lab, name)
    handshake = only(context, "handshake")

    assert connections == ()
    assert (handshake.facts["error"], handshake.facts["sent_something"]) == (error, something)
    assert handshake.kind == name.partition(":")[0]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("tls.timed_out:mid_server_hello", 1.1), ("tls.timed_out:plain_server", 0.1)],
)
def test_silence_ends_in_time(lab, name, seconds, monkeypatch):
    monkeypatch.setattr(tls, "HANDSHAKE_TIMEOUT", seconds)
    context, connections = met(lab, name)
    handshake = only(context, "handshake")

    assert connections == ()
    assert handshake.kind == "tls.timed_out"
    assert handshake.facts["sent_something"] == ("hello" in name)


def test_a_good_server_is_verified_and_the_connection_kept(lab):
    context, connections = met(lab, "ok:tls")
    handshake, chain = only(context, "handshake"), only(context, "chain")

    assert len(connections) == 1
    assert handshake.state == "ok"
    assert handshake.kind is None
    assert handshake.facts["verified"]
    assert 29 < handshake.facts["days_left"] <= 30
    assert [certificate["subject"] for certificate in chain.facts["chain"]] == [
        "CN=localhost",
        "CN=ringback lab intermediate",
    ]


@pytest.mark.parametrize(
    ("name", "open_", "alert"),
    [("ok:client_certificate", 1, None), ("tls.bad_client_auth_cert:unknown_issuer", 0, 48)],
)
def test_a_client_certificate_is_presented(lab, name, open_, alert):
    certificate = lab.start(name).client_certificate
    context, connections = met(lab, name, client_certificate=certificate)
    facts = only(context, "handshake").facts

    assert len(connections) == open_
    assert (facts["local_certificate_used"], facts["alert"]) == (True, alert)


def test_nothing_is_done_where_no_tls_is_asked(lab):
    context, connections = met(lab, "ok")

    assert connections == ()
    assert told(context, "handshake") == []
