"""Programs that do not know of ringback: what they do is unchanged, what they learn is not."""

import asyncio
import gc
import subprocess
import sys
import textwrap
import time
import weakref

import aiohttp
import httpx
import pytest
from client.callers import PLAIN

from ringback import Breaker, Policy, Timeout, errors
from ringback.client.install import install

clients = pytest.mark.parametrize(("fetch", "library"), PLAIN.values(), ids=PLAIN)


@clients
def test_what_is_raised_says_what_it_is_and_is_recorded_once(lab, events, fetch, library):
    endpoint = lab.start("tcp.refused")
    with install(sinks=[events.append]), pytest.raises(library) as caught:
        fetch(endpoint.url)
    assert isinstance(caught.value, errors.ConnectionRefused)
    assert any("tcp.refused" in note for note in caught.value.__notes__)
    assert [(event.failure.kind, event.attempt) for event in events] == [("tcp.refused", 1)]
    assert (events[0].target.host, events[0].target.port) == ("127.0.0.1", endpoint.port)


@clients
def test_nothing_is_sent_twice_unless_asked_for(lab, events, fetch, library):
    endpoint = lab.start("http.error.unavailable:503")
    with install(sinks=[events.append]):
        assert fetch(endpoint.url) == 503
    assert endpoint.requests == 1


@clients
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_certificates_and_proxies_stay_the_programs_own(lab, events, fetch, library):
    local = {"127.0.0.1", "localhost"}
    expired = lab.start("tls.cert.date_invalid.expired")
    policy = Policy(insecure_hosts=local, direct_hosts=local)
    with install(policy, sinks=[events.append]), pytest.raises(errors.CertificateError):
        fetch(expired.url)
    gc.collect()
    assert expired.requests == 0
    assert [event.what for event in events] == ["attempt"]


def test_an_unknown_library_is_refused():
    with pytest.raises(ValueError, match="cannot reach pycurl; known: requests"):
        install(libraries=["pycurl"])


SCRIPT = """
    import sys
    import ringback

    installed = ringback.install(sinks=[])
    assert installed.libraries == (), installed.libraries
    assert "requests" not in sys.modules
    import requests
    assert set(installed.libraries) == {"requests", "urllib3"}, installed.libraries
    assert requests.__spec__.loader.__class__.__name__ == "SourceFileLoader"
    assert requests.__loader__.get_filename().endswith("__init__.py")
    try:
        requests.get("http://127.0.0.1:9", timeout=2)
    except ConnectionRefusedError as error:
        print(error.failure.kind)
    installed.remove()
"""


def test_a_library_that_is_imported_later_is_reached_then():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SCRIPT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("tcp.refused\n", "")


@pytest.mark.parametrize("fetch", ["httpx", "aiohttp"])
def test_a_patient_program_is_left_its_patience(lab, events, fetch):
    """Limits of the policy are defaults: neither they nor its deadline cut a longer call short."""
    policy = Policy(timeout=Timeout(connect=0.01, read=0.01), deadline=0.02)
    patience, began = 0.2, time.monotonic()
    url = lab.start("http.response.timed_out:silent").url

    async def with_aiohttp():
        timeout = aiohttp.ClientTimeout(total=patience)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url):
            pass

    with (
        install(policy, sinks=[events.append]),
        pytest.raises((TimeoutError, httpx.TimeoutException)),
    ):
        asyncio.run(with_aiohttp()) if fetch == "aiohttp" else httpx.get(url, timeout=patience)
    assert time.monotonic() - began >= patience


@pytest.mark.parametrize("library", ["requests", "httpx", "httpx-async", "aiohttp"])
def test_a_dead_proxy_refuses_only_what_goes_through_it(lab, library):
    service, proxy, (get, _) = lab.start("ok").url, lab.start("tcp.refused").url, PLAIN[library]
    lasting = Breaker(consecutive=1, sustained=0.0, open_for=60, open_cap=60)
    with install(Policy(attempts=1, breaker=lasting), retry=True, sinks=[]):
        with pytest.raises(errors.RingbackError) as caught:
            get(service, proxy=proxy)
        assert not isinstance(caught.value, errors.CircuitOpen)
        with pytest.raises(errors.CircuitOpen):
            get(service, proxy=proxy)
        assert get(service) == 200


def test_under_a_program_nothing_is_kept_that_the_program_lets_go(lab):
    url = lab.start("ok").url
    with install(sinks=[]):
        client = httpx.Client(trust_env=False)
        assert client.get(url).status_code == 200
        assert client.get(url).status_code == 200
        transport = weakref.ref(client._transport)
        client.close()
        gc.collect()  # httpx has cycles of its own
        gc.disable()
        try:
            client._transport = None
            assert transport() is None
        finally:
            gc.enable()
