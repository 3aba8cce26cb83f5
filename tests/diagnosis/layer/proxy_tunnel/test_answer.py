import pytest

from ringback.diagnosis.layer.proxy_tunnel import TunnelError, TunnelReply
from ringback.failure import KINDS


def answer(outcome, **more):
    return TunnelReply(method="CONNECT", outcome=outcome, **more)


@pytest.mark.parametrize(
    ("told", "kind", "text"),
    [
        (answer("open", status=200, reason="OK"), None, "200 OK"),
        (answer("refused_by_proxy", status=407), "proxy.auth_required", "407"),
        (answer("refused_by_proxy", status=403, reason="No"), "proxy.denied", "403 No"),
        (answer("refused_by_proxy", status=405), "proxy.protocol_error", "405"),
        (answer("refused_by_proxy", status=504), "proxy.upstream_failed", "504"),
        (answer("refused_by_proxy", socks_code=2), "proxy.denied",
          "SOCKS reply 2: not allowed by its rules"),
        (answer("refused_by_proxy", socks_code=9), "proxy.upstream_failed",
          "SOCKS reply 9: an unknown reply"),
        (answer("refused_by_proxy", socks_code=255), "proxy.auth_required",
          "it wants another authentication"),
        (answer("closed"), "proxy.no_response",
          "the proxy closed the connection without an answer"),
        (answer("timeout", reason="within the TLS handshake"), "proxy.no_response",
          "the proxy did not answer: within the TLS handshake"),
        (answer("nonsense", first_bytes="SSH-2.0"), "proxy.protocol_error",
          "what answers is not a proxy of this kind: it says 'SSH-2.0'"),
        (answer("tls_failed"), "proxy.protocol_error", "TLS with the proxy failed"),
        (answer("unresolved"), "dns.failed",
          "the target's name is not resolved here, as this proxy wants it to be"),
    ],
)  # fmt: skip
def test_kind_and_words(told, kind, text):
    assert (told.kind, told.text) == (kind, text)
    assert kind is None or kind in KINDS


def test_the_error_carries_the_answer():
    told = answer("timeout")
    error = TunnelError(told)
    assert error.answer is told
    assert isinstance(error, OSError)
    assert str(error) == told.text
