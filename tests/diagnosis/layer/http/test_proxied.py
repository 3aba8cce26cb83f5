from urllib.parse import urlsplit

import pytest

from ringback.diagnosis.context import OpenRoute
from ringback.diagnosis.layer import http
from ringback.testing.lab.http import greeting
from ringback.testing.lab.message import answering, response
from ringback.testing.lab.proxy import USER, proxy_with_users
from tests.diagnosis.layer.meeting import only, scene_of, told


def met(lab, handler, user=""):
    between = lab.listen(handler)
    place = urlsplit(between.url).netloc
    route = OpenRoute(
        address="127.0.0.1", port=between.port, proxy=f"http://{user and user + '@'}{place}"
    )
    context = scene_of(lab.start("ok"))
    http.read_http(context, [route], ())
    return context, between


def test_the_user_is_named_to_the_proxy_and_to_nobody_else(lab):
    context, _ = met(lab, proxy_with_users, USER)

    assert only(context, "request").facts["status"] == 200
    assert "sesame" not in str(context.readings())


def test_a_proxy_that_wants_a_user_is_recorded(lab):
    context, _ = met(lab, proxy_with_users)
    tunnel = only(context, "tunnel")

    assert (tunnel.layer, tunnel.kind) == ("proxy", "proxy.auth_required")
    assert (tunnel.facts["outcome"], tunnel.facts["status"]) == ("refused_by_proxy", 407)
    assert tunnel.facts["method"] == "GET"
    assert only(context, "request").kind == "proxy.auth_required"


@pytest.mark.parametrize(
    ("status", "kind"), [(403, "proxy.denied"), (503, "proxy.upstream_failed")]
)
def test_an_error_page_of_the_proxy_is_known_by_its_marks(lab, status, kind):
    answer = response(status, b"", "X-Squid-Error: ERR_DNS_FAIL 0", "Server: squid/5.7")
    context, _ = met(lab, answering(answer))

    assert only(context, "tunnel").kind == kind


def test_an_error_without_marks_is_the_services(lab):
    context, _ = met(lab, answering(response(503, b"")))

    assert told(context, "tunnel") == []
    assert only(context, "request").kind == "http.error.unavailable"


def test_what_is_not_http_is_the_words_of_the_proxy_itself(lab):
    context, _ = met(lab, greeting(b"SSH-2.0-OpenSSH_9.6\r\n"))
    tunnel = only(context, "tunnel")

    assert (tunnel.layer, tunnel.kind) == ("proxy", "proxy.protocol_error")
    assert tunnel.facts["outcome"] == "nonsense"
    assert tunnel.facts["first_bytes"].startswith("SSH-2.0")
