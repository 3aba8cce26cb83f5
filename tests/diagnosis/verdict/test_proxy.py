"""What fails with the proxy itself."""

import pytest
from diagnosis.verdict.readings import reading

from ringback.diagnosis.verdict import judge

PROXY = "https://192.0.2.8:3128"


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("ip address mismatch, certificate is not valid for '192.0.2.8'.", "proxy_tls_failed"),
        ("unable to get local issuer certificate", "proxy_tls_failed"),
        ("wrong version number", "not_a_proxy"),
    ],
)
def test_tls_with_the_proxy_itself(reason: str, cause: str) -> None:
    known = {"scheme": "https", "host": "web.test", "port": 443, "protocol": "http", "tls": True}
    found = judge(
        (
            reading("url", "parse", **known),
            reading("proxy", "connect", state="ok", proxy=PROXY),
            reading(
                "proxy",
                "tunnel",
                state="failed",
                kind="proxy.protocol_error",
                proxy=PROXY,
                outcome="tls_failed",
                reason=reason,
                status=None,
            ),
        )
    )

    assert found.cause == cause


def test_a_proxy_whose_name_is_not_resolved_is_a_matter_of_dns() -> None:
    known = {"scheme": "https", "host": "web.test", "port": 443, "protocol": "http", "tls": True}
    facts = {"proxy": "http://proxy.test:3128", "outcome": "unresolved", "eai": "EAI_AGAIN"}
    found = judge(
        (
            reading("url", "parse", **known),
            reading("proxy", "connect", state="failed", **facts),
        )
    )

    assert (found.cause, found.where) == ("proxy_down", "DNS")


@pytest.mark.parametrize(("status", "said"), [(429, "limits how often"), (403, "forbids web.test")])
def test_a_proxy_that_is_asked_too_often_forbids_nothing(status: int, said: str) -> None:
    known = {"scheme": "https", "host": "web.test", "port": 443, "protocol": "http", "tls": True}
    found = judge(
        (
            reading("url", "parse", **known),
            reading("proxy", "connect", state="ok", proxy=PROXY),
            reading(
                "proxy",
                "tunnel",
                state="failed",
                kind="proxy.denied",
                proxy=PROXY,
                outcome="refused",
                status=status,
            ),
        )
    )

    assert found.cause == "proxy_forbids"
    assert said in found.summary


@pytest.mark.parametrize("status", [403, 429])
def test_a_status_in_the_clear_may_be_the_proxys_own(status: int) -> None:
    known = {"scheme": "http", "host": "web.test", "port": 80, "protocol": "http", "tls": False}
    asked = {"status": status, "outcome": "answered", "proxied": True, "headers": {}}
    found = judge(
        (
            reading("url", "parse", **known),
            reading("proxy", "connect", state="ok", proxy=PROXY),
            reading(
                "http", "request", "http://web.test/", state="failed", kind="http.error", **asked
            ),
        )
    )

    assert [other.cause for other in found.alternatives] == ["proxy_forbids"]
    assert found.confidence <= 0.8
