"""Every client's failure at a proxy says which proxy it was, and what the proxy answered."""

import gc
import warnings

import pytest
from nightly import pairs

from ringback import classify
from ringback.failure.target import proxy_of
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import Lab

CONNECT_STATUS = {
    "proxy.auth_required": "407",
    "proxy.auth_required:rejected": "407",
    "proxy.denied:403": "403",
    "proxy.upstream_failed:502": "502",
    "proxy.upstream_failed:503": "503",
    "proxy.upstream_failed:504": "504",
}
SOCKS_REPLY = {
    "proxy.denied:socks5_2": "0x02",
    **{f"proxy.upstream_failed:socks5_{number}": f"0x0{number}" for number in (1, 3, 4, 5, 6)},
    **{f"proxy.protocol_error:socks5_{number}": f"0x0{number}" for number in (7, 8)},
}
NO_ANSWER = ("proxy.unreachable", "proxy.unreachable:socks5", "proxy.no_response:reset")
THROUGH_HTTP = [name for name in CLIENTS if name != "socket"]
THROUGH_SOCKS = ["urllib3", "requests", "httpx", "httpx-async"]


# A client that fails leaves its socket to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def lab():
    with warnings.catch_warnings(), Lab() as running:
        warnings.simplefilter("ignore")
        yield running
        gc.collect()


def meet(lab, client, fault):
    endpoint = lab.start(fault)
    try:
        CLIENTS[client](endpoint, 30)
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        return endpoint, classify(error)
    pytest.fail("nothing was raised")


@pytest.mark.parametrize(("fault", "client"), pairs(CONNECT_STATUS, THROUGH_HTTP))
def test_the_status_of_connect_is_data(lab, client, fault):
    endpoint, failure = meet(lab, client, fault)
    assert failure.kind == fault.partition(":")[0]
    assert failure.code == CONNECT_STATUS[fault]
    assert failure.target.proxy == f"{endpoint.host}:{endpoint.port}"
    assert failure.delivered == "no"


@pytest.mark.parametrize(("fault", "client"), pairs(SOCKS_REPLY, THROUGH_SOCKS))
def test_the_reply_of_socks_is_data(lab, client, fault):
    endpoint, failure = meet(lab, client, fault)
    assert (failure.kind, failure.code) == (fault.partition(":")[0], SOCKS_REPLY[fault])
    assert failure.target.proxy == f"{endpoint.host}:{endpoint.port}"


@pytest.mark.parametrize(
    ("client", "fault"),
    [
        (client, fault)
        for client in THROUGH_HTTP
        for fault in NO_ANSWER
        if client in THROUGH_SOCKS or "socks" not in fault
    ],
)
def test_a_proxy_that_does_not_answer_is_named(lab, client, fault):
    endpoint, failure = meet(lab, client, fault)
    assert failure.kind == fault.partition(":")[0]
    assert failure.target.proxy == f"{endpoint.host}:{endpoint.port}"


def test_what_the_caller_knows_of_the_proxy_stands(lab):
    error = OSError("Tunnel connection failed: 407 Proxy Authentication Required")
    assert classify(error).target.proxy is None
    assert proxy_of([error]) is None
