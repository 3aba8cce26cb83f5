"""What callers of plain requests catch today, they go on catching."""

import ssl
from contextlib import nullcontext

import pytest
import requests
import urllib3
from nightly import one_of_each
from requests import exceptions

from ringback import Adapter, Session
from ringback.client.call import Clock
from ringback.errors import RingbackError
from ringback.testing.lab import FAULTS
from ringback.testing.lab.fault import missing
from ringback.testing.lab.resolver import resolving

# What these give is decided by a race, also between two calls of plain requests.
RACY = ("on_accept", "mid_request", "client_auth", "tls_port", "upload_not_read")
# These change from call to call, last long, or are met only with more than a GET.
LEFT_OUT = ("ok", "trickling", "stale", "moved", "comes_back", "first_two", "h2", "unexpected")

TRUNCATED = {
    "http.response.headers.truncated:mid_headers": requests.ConnectionError,
    "http.response.invalid.content_decoding:truncated_gzip": exceptions.ContentDecodingError,
    "tls.closed:without_close_notify": exceptions.ChunkedEncodingError,
}
"""What plain requests takes for a success."""
if urllib3.__version__.startswith("1."):
    short = "http.response.invalid.content_length_mismatch:mid_body"
    TRUNCATED[short] = exceptions.ChunkedEncodingError

TABLE = [
    name
    for name, fault in FAULTS.items()
    if "root" not in fault.needs
    and not missing(fault.needs)
    and not any(word in name for word in (*RACY, *LEFT_OUT))
    and name not in TRUNCATED
]


@pytest.fixture
def session(policy):
    """A session that does not wait between attempts, whatever the server asks for."""
    with Session(policy=policy, sinks=[], clock=Clock(sleep=lambda seconds: None)) as one:
        one.trust_env = False
        yield one


def patience(name):
    """Seconds: few where nothing comes, else enough for a machine that is busy."""
    if "body_timed_out" in name:
        return 2
    return 0.3 if "timed_out" in name or "silent" in name else 30


def outcome(session, endpoint, timeout=30):
    """The exception that a GET raises, or the status it returns."""
    name = resolving(endpoint.nameserver) if endpoint.nameserver else nullcontext()
    options = {"verify": endpoint.verify or True, "proxies": endpoint.proxies or None}
    try:
        with name:
            return session.get(endpoint.url, timeout=timeout, **options).status_code
    except Exception as error:  # noqa: BLE001 - plain requests lets foreign classes through
        return error


@pytest.mark.parametrize("name", one_of_each(TABLE, lambda name: FAULTS[name].kind, turn=0))
def test_raises_what_plain_requests_raises(lab, session, name):
    endpoint = lab.start(name)
    with requests.Session() as plain:
        plain.trust_env = False
        expected = outcome(plain, endpoint, patience(name))
    got = outcome(session, endpoint, patience(name))
    if isinstance(expected, int):
        assert got == expected
        return
    assert isinstance(got, type(expected))
    assert [type(arg) for arg in got.args] == [type(arg) for arg in expected.args]
    if isinstance(expected, requests.RequestException):
        assert isinstance(got, RingbackError)


@pytest.mark.parametrize("name", TRUNCATED)
def test_a_response_that_breaks_off_is_none(lab, session, name):
    error = outcome(session, lab.start(name))
    assert isinstance(error, TRUNCATED[name])
    assert error.failure.kind == name.partition(":")[0]


def test_urllib3s_own_retries_are_off():
    assert Adapter().max_retries.total == 0


class Loaded(Adapter):
    """With a context for all its connections, as requests 2.32.0 to 2.32.3 had one."""

    def __init__(self, context, **options):
        self._context = context
        super().__init__(**options)

    def init_poolmanager(self, connections, maxsize, block=False, **options):
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **options)


@pytest.mark.usefixtures("lenient_python")
@pytest.mark.parametrize("handed_in", [False, True])
def test_a_cut_is_no_end_where_python_takes_it_for_one(lab, lenient, policy, session, handed_in):
    endpoint = lab.start("tls.closed:without_close_notify")
    context = ssl.create_default_context(cafile=endpoint.verify)
    context.check_hostname = False  # urllib3 does it; 1.26 names no address to a context
    if handed_in:
        session.mount("https://", Loaded(context, policy=policy, sinks=[]))
    assert isinstance(outcome(session, endpoint), exceptions.ChunkedEncodingError)
    assert context.options & lenient
