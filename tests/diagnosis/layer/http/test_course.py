import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer.http_exchange import status_of
from ringback.testing.lab.message import response
from tests.diagnosis.layer.meeting import met_by_http, only, told
from tests.requires import requires


def answering(lab, answers):
    """A server with an answer for each path; what it is asked is in ``Endpoint.seen``."""

    def handler(connection):
        while request := connection.read_request():
            connection.send(answers(request))

    return lab.listen(handler, scheme="http")


def redirect(*fields):
    return response(302, b"", *fields)


def test_a_redirect_is_followed_on_the_same_connection(lab):
    def answers(request):
        if request.target == "/new?key=secret":
            return response(200, b"ok")
        return redirect("Location: /new?key=secret")

    endpoint = answering(lab, answers)
    context = met_by_http(endpoint)

    assert [reading.facts["status"] for reading in told(context, "request")] == [302, 200]
    assert only(context, "redirect").facts["location"] == "/new"
    assert len(endpoint.seen) == 1
    assert "secret" not in str(context.readings())


def test_a_redirect_to_itself_that_sets_a_cookie_is_no_loop(lab):
    def answers(request):
        if "seen=1" in request.headers.get("cookie", ""):
            return response(200, b"ok")
        return redirect("Location: /", "Set-Cookie: seen=1; Path=/")

    context = met_by_http(answering(lab, answers))

    assert [reading.facts["status"] for reading in told(context, "request")] == [302, 200]


def test_a_redirect_to_another_host_is_noted_and_left_to_a_look_of_its_own(lab):
    context = met_by_http(answering(lab, lambda _: redirect("Location: http://localhost/x?y=1")))
    reading = only(context, "redirect")

    assert (reading.state, reading.kind) == ("noted", None)
    assert (reading.facts["leaves_host"], reading.facts["followed"]) == (True, True)
    assert reading.facts["location"] == "http://localhost/x"
    assert len(told(context, "request")) == 1


def test_a_redirect_to_nowhere_is_invalid(lab):
    reading = only(met_by_http(answering(lab, lambda _: redirect())), "redirect")

    assert reading.kind == "http.response.redirect_invalid"


def test_a_redirect_to_a_closed_port_is_recorded(lab, unused_port):
    there = f"Location: https://127.0.0.1:{unused_port}/"
    context = met_by_http(answering(lab, lambda _: redirect(there)))
    refused = only(context, "connection")

    assert (refused.layer, refused.kind) == ("http", "tcp.refused")


def test_a_redirect_to_tls_is_verified(lab):
    requires("cryptography")
    good = lab.start("ok:tls")
    there = f"Location: https://127.0.0.1:{good.port}/"
    endpoint = answering(lab, lambda _: redirect(there))
    endpoint.verify = good.verify
    context = met_by_http(endpoint)

    assert only(context, "redirect").facts["to_tls"]
    assert only(context, "handshake").facts["verified"]
    assert [reading.facts["status"] for reading in told(context, "request")] == [302, 200]


def test_a_redirect_to_a_bad_certificate_ends_there(lab):
    requires("cryptography")
    bad = lab.start("tls.cert.date_invalid.expired")
    there = f"Location: https://127.0.0.1:{bad.port}/"
    endpoint = answering(lab, lambda _: redirect(there))
    endpoint.verify = bad.verify
    context = met_by_http(endpoint)

    assert only(context, "handshake").kind == "tls.cert.date_invalid.expired"
    assert len(told(context, "request")) == 1


def test_clocks_apart_are_recorded(lab):
    date = "Date: Sat, 21 Nov 2009 10:00:00 GMT"
    clock = only(met_by_http(answering(lab, lambda _: response(200, b"", date))), "clock")

    assert clock.layer == "host"
    assert clock.facts["offset"] > 86400


def test_a_date_that_a_cache_has_kept_says_nothing(lab):
    fields = ("Date: Sat, 21 Nov 2009 10:00:00 GMT", "Age: 100")
    context = met_by_http(answering(lab, lambda _: response(200, b"", *fields)))

    assert told(context, "clock") == []
    assert only(context, "request").facts["clock_offset"] is None


def test_a_filter_is_known_by_its_marks(lab):
    answer = response(403, b"<title>Just a moment</title>", "cf-mitigated: challenge")
    facts = only(met_by_http(answering(lab, lambda _: answer)), "request").facts

    assert (facts["filter"], facts["title"]) == ("Cloudflare", "Just a moment")


def test_a_server_that_speaks_only_http2_is_asked_in_it(lab):
    requires("cryptography", "h2")
    context = met_by_http(lab.start("ok:http2"))
    request = told(context, "request")[-1]

    assert (request.facts["version"], request.facts["status"]) == ("2", 200)
    assert (request.state, request.kind) == ("ok", None)
    assert only(context, "http2").facts["works"]


@pytest.mark.parametrize("status", [200, 204, 404, 201, 503])
@pytest.mark.parametrize("huffman", [True, False])
def test_the_status_is_read(status, huffman):
    encoder = pytest.importorskip("hpack").Encoder()

    assert status_of(encoder.encode([(":status", str(status))], huffman=huffman)) == status


@given(st.binary(max_size=40))
def test_any_block_is_read(block):
    assert 0 <= status_of(block) <= 999
