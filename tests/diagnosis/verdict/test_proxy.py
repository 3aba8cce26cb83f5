"""What fails with the proxy itself."""

from typing import Any

import pytest
from diagnosis.verdict.readings import parsed, reading

from ringback.diagnosis.model import Verdict
from ringback.diagnosis.verdict import judge

PROXY = "https://192.0.2.8:3128"
CONNECTED = reading("proxy", "connect", state="ok", proxy=PROXY)


def tunnelled(kind: str, outcome: str, **facts: Any) -> Verdict:
    facts = {"proxy": PROXY, "outcome": outcome, "status": None} | facts
    tunnel = reading("proxy", "tunnel", state="failed", kind=kind, **facts)
    return judge((parsed(), CONNECTED, tunnel))


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("ip address mismatch, certificate is not valid for '192.0.2.8'.", "proxy_tls_failed"),
        ("unable to get local issuer certificate", "proxy_tls_failed"),
        ("wrong version number", "not_a_proxy"),
    ],
)
def test_tls_with_the_proxy_itself(reason: str, cause: str) -> None:
    assert tunnelled("proxy.protocol_error", "tls_failed", reason=reason).cause == cause


def test_a_proxy_whose_name_is_not_resolved_is_a_matter_of_dns() -> None:
    facts = {"proxy": "http://proxy.test:3128", "outcome": "unresolved", "eai": "EAI_AGAIN"}
    found = judge((parsed(), reading("proxy", "connect", state="failed", **facts)))

    assert (found.cause, found.where) == ("proxy_down", "DNS")


@pytest.mark.parametrize(("status", "said"), [(429, "limits how often"), (403, "forbids web.test")])
def test_a_proxy_that_is_asked_too_often_forbids_nothing(status: int, said: str) -> None:
    found = tunnelled("proxy.denied", "refused", status=status)

    assert found.cause == "proxy_forbids"
    assert said in found.summary


@pytest.mark.parametrize("status", [403, 429])
def test_a_status_in_the_clear_may_be_the_proxys_own(status: int) -> None:
    facts = {"status": status, "outcome": "answered", "proxied": True, "headers": {}}
    request = reading(
        "http", "request", "http://web.test/", state="failed", kind="http.error", **facts
    )
    found = judge((parsed(scheme="http", port=80, tls=False), CONNECTED, request))

    assert [other.cause for other in found.alternatives] == ["proxy_forbids"]
    assert found.confidence <= 0.8
