"""A timeout that is not given is the policy's; one that is ``None`` is none but the deadline."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest
from client.contract.integrations import AT_ONCE, UNSET, across, few, of_http

from ringback import Timeout, errors
from ringback.testing.lab.message import response

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

QUICK = replace(AT_ONCE, attempts=1, timeout=Timeout(connect=0.2, read=0.05, write=0.05))
SILENT = "http.response.timed_out:silent"

of_any_http = across(also="httpx2-async", only=of_http)
of_few = few("Session", "PoolManager", "httpx-async", "aiohttp", "install urllib3", only=of_http)


def late(connection):
    """Answer after longer than the policy waits."""
    if connection.read_request() and connection.hold(0.2):
        connection.send(response(200, b"{}"))


@of_any_http
def test_where_none_is_given_the_policys_counts(lab, integration):
    with integration.client(QUICK, timeout=UNSET) as client:
        if integration.library.startswith("httpx"):  # whose own go before the policy's
            assert client.request("GET", lab.listen(late).url).status == 200
            return
        with pytest.raises(TimeoutError):
            client.request("GET", lab.start(SILENT).url)


@of_any_http
def test_one_that_is_given_goes_before_the_policys(lab, integration):
    with (
        integration.client(timeout=Timeout(connect=60, read=0.05)) as client,
        pytest.raises(errors.ReadTimeout) as caught,
    ):
        client.request("GET", lab.start(SILENT).url)
    assert len(caught.value.attempts) == 3


def nones(integration):
    """How no timeout is asked for."""
    if integration.library != "aiohttp":
        return [None]
    return [None, importlib.import_module("aiohttp").ClientTimeout(total=None)]


@of_few
@pytest.mark.parametrize("of", ["client", "call"])
def test_a_call_that_is_to_have_none_waits(lab, integration, of):
    url = lab.listen(late).url
    if of == "client":
        with integration.client(QUICK, timeout=nones(integration)[-1]) as client:
            assert client.request("GET", url).status == 200
    else:
        for none in nones(integration):
            with integration.client(QUICK, timeout=UNSET) as client:
                assert client.request("GET", url, timeout=none).status == 200


@of_few
def test_and_still_ends_by_its_deadline(lab, integration):
    policy = replace(QUICK, deadline=0.2)
    for none in nones(integration):
        with (
            integration.client(policy, timeout=none) as client,
            pytest.raises(errors.RingbackError),
        ):
            client.request("GET", lab.start(SILENT).url)


@pytest.mark.parametrize("reads", [True, False])
def test_where_aiohttp_has_one_timeout_the_policys_count_for_the_rest(lab, reads):
    """It has none for an upload, nor for a resolver."""
    library = pytest.importorskip("aiohttp")
    integration = importlib.import_module("client.contract.integrations").INTEGRATIONS["aiohttp"]
    given = library.ClientTimeout(sock_read=60)
    with (
        integration.client(QUICK, timeout=given, reads=reads) as client,
        pytest.raises(TimeoutError),
    ):
        client.request("GET", lab.start(SILENT).url)
