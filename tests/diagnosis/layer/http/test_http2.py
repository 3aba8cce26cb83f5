import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer import http, tls
from ringback.diagnosis.layer.http_exchange import status_of
from ringback.testing.lab import Lab
from tests.diagnosis.layer.meeting import only, route_of, scene_of, told
from tests.requires import requires


@pytest.fixture(scope="module")
def lab():
    requires("cryptography", "h2")
    with Lab() as running:
        yield running


def met(endpoint):
    context = scene_of(endpoint)
    route = route_of(endpoint)
    http.read_http(context, [route], tls.read_tls(context, [route]))
    return context


def test_a_server_that_speaks_only_http2_is_asked_in_it(lab):
    context = met(lab.start("ok:http2"))
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
