"""``https://`` to a port without TLS: one attempt, if the port says a word that shows it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from integrations.ringback_integrations import RINGBACK_INTEGRATIONS, Ask, offered

from ringback import Backoff, Policy
from ringback.testing.lab import Lab
from ringback.testing.lab.fault import Endpoint

POLICY = Policy(backoff=Backoff(base=0), patience=0, breaker=None, budget=None)


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def plain():
    """A server of the standard library's, as it is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield Endpoint(f"https://127.0.0.1:{server.server_port}/", "127.0.0.1", server.server_port)
        server.shutdown()
        serving.join()


def attempts(integration, endpoint):
    told = []
    ask = Ask(endpoint, policy=POLICY, sink=told.append)
    with integration.under(ask), pytest.raises(Exception):  # noqa: B017, PT011 - each has its own
        integration(ask)
    return [event.failure.kind for event in told if event.what == "attempt"]


NOT_TLS = "tls.protocol.error.not_tls"


@pytest.mark.parametrize("name", offered())
def test_a_port_that_answers_in_plain_text_is_tried_once(lab, plain, name):
    integration = RINGBACK_INTEGRATIONS[name]
    assert attempts(integration, lab.start(f"{NOT_TLS}:plain_http")) == [NOT_TLS]
    assert attempts(integration, lab.start(f"{NOT_TLS}:plain_ssh")) == [NOT_TLS]
    assert attempts(integration, plain) == [NOT_TLS]


@pytest.mark.parametrize("name", offered())
def test_one_that_closes_without_a_word_may_be_restarting(lab, name):
    kinds = attempts(RINGBACK_INTEGRATIONS[name], lab.start("tls.closed:in_handshake"))
    assert len(kinds) == 3
    assert set(kinds) <= {"tls.closed", "tcp.reset"}  # asyncio makes the one of the other
