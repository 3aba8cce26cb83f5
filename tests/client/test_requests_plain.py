"""What callers of plain requests catch today, they go on catching."""

import ssl
from contextlib import nullcontext

import pytest
import requests
import urllib3
from requests import exceptions

from ringback import Adapter, Session
from ringback.client.call import Clock
from ringback.testing.lab.resolver import resolving

# What these give is decided by a race, also between two calls of plain requests.
# These change from call to call, last long, or are met only with more than a GET.

TRUNCATED = {
    "http.response.headers.truncated:mid_headers": requests.ConnectionError,
    "http.response.invalid.content_decoding:truncated_gzip": exceptions.ContentDecodingError,
    "tls.closed:without_close_notify": exceptions.ChunkedEncodingError,
}
"""What plain requests takes for a success."""
if urllib3.__version__.startswith("1."):
    short = "http.response.invalid.content_length_mismatch:mid_body"
    TRUNCATED[short] = exceptions.ChunkedEncodingError


@pytest.fixture
def session(policy):
    """A session that does not wait between attempts, whatever the server asks for."""
    with Session(policy=policy, sinks=[], clock=Clock(sleep=lambda seconds: None)) as one:
        one.trust_env = False
        yield one


def outcome(session, endpoint, timeout=30):
    """The exception that a GET raises, or the status it returns."""
    name = resolving(endpoint.nameserver) if endpoint.nameserver else nullcontext()
    options = {"verify": endpoint.verify or True, "proxies": endpoint.proxies or None}
    try:
        with name:
            return session.get(endpoint.url, timeout=timeout, **options).status_code
    except Exception as error:  # noqa: BLE001 - plain requests lets foreign classes through
        return error


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
