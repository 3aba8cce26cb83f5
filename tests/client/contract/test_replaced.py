"""What others have put in the place of a library's own function is called, for each attempt."""

from __future__ import annotations

import importlib

import pytest
from client.contract.integrations import INTEGRATIONS, across, of_ours, present
from nightly import pairs

from ringback import errors, install

OURS = [name for name in present() if of_ours(INTEGRATIONS[name])]

of_our_own = across(also="httpx2", only=of_ours)

SENDS = {
    # library: where a mock puts its own function
    "requests": ("urllib3", "HTTPConnectionPool.urlopen", "HTTPConnectionPool._make_request"),
    "urllib3": ("urllib3", "HTTPConnectionPool.urlopen", "HTTPConnectionPool._make_request"),
    "httpx": ("httpx", "HTTPTransport.handle_request"),
    "httpx-async": ("httpx", "AsyncHTTPTransport.handle_async_request"),
    "httpx2": ("httpx2", "HTTPTransport.handle_request"),
    "httpx2-async": ("httpx2", "AsyncHTTPTransport.handle_async_request"),
    "aiohttp": ("aiohttp", "TCPConnector.connect"),
}
RESET = ConnectionResetError(104, "reset by peer")


def broken(library):
    """What a mock of a library raises for a connection that was reset."""
    if library in {"requests", "urllib3"}:
        exceptions = importlib.import_module("urllib3.exceptions")
        return exceptions.ProtocolError("Connection aborted.", RESET)
    module = importlib.import_module(library.partition("-")[0])
    return (
        module.ClientOSError(104, "reset by peer")
        if library == "aiohttp"
        else module.ReadError("x")
    )


def places(integration):
    library, *functions = SENDS[integration.library]
    return importlib.import_module(library), functions


@pytest.mark.parametrize(("where", "name"), pairs([0, 1], OURS))
@pytest.mark.parametrize("under", ["alone", "install"])
def test_it_is_called_for_each_attempt_and_nothing_else_is(
    lab, integration, events, monkeypatch, where, under
):
    library, functions = places(integration)
    owner, _, method = functions[where % len(functions)].partition(".")
    endpoint, seen, twice = lab.listen(lambda connection: None), [], []

    def replaced(self, *args, **options):
        seen.append(self)
        raise broken(integration.library)

    async def replaced_async(self, *args, **options):
        replaced(self, *args, **options)

    waits = "async" in method or integration.library == "aiohttp"
    monkeypatch.setattr(getattr(library, owner), method, replaced_async if waits else replaced)
    with integration.client(sink=events.append) as client:
        if under == "install":
            with install(sinks=[twice.append]), pytest.raises(errors.RingbackError) as caught:
                client.request("GET", endpoint.url)
        else:
            with pytest.raises(errors.RingbackError) as caught:
                client.request("GET", endpoint.url)
    assert (len(seen), len(caught.value.attempts), len(events), twice) == (3, 3, 3, [])
    assert len(endpoint.seen) == 0


@of_our_own
def test_under_install_a_call_is_told_once(lab, integration, events):
    endpoint, twice = lab.start("http.error.unavailable:503"), []
    with (
        integration.client(sink=events.append) as client,
        install(retry=True, sinks=[twice.append]),
    ):
        assert client.request("GET", endpoint.url).status == 503
    assert (endpoint.requests, len(events), twice) == (3, 3, [])
