"""vcrpy records what a server answered, and answers when the server is gone."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

import pytest
import vcr
from mocks.ways import WAYS, orders
from vcr.errors import CannotOverwriteExistingCassetteException

from ringback.errors import RingbackError
from ringback.testing.lab import Lab

pytestmark = pytest.mark.nightly


@pytest.fixture(params=orders(WAYS))
def use(request, policy, tmp_path):
    """Sends a request while a cassette is in place; returns what came, and the cassette."""
    way, order = request.param

    def fetch(method, url, mode):
        recorder = vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode=mode)
        with ExitStack() as stack:
            beginning = order([lambda: recorder, lambda: way.begun(policy)])
            tape = order([stack.enter_context(begin()) for begin in beginning])[0]
            try:
                return way.fetch(method, url, policy), tape
            except (RingbackError, CannotOverwriteExistingCassetteException) as error:
                return error, tape

    return fetch


def test_what_was_recorded_is_played_when_the_server_is_gone(use):
    with Lab() as lab:
        origin = lab.start("ok")
        recorded, tape = use("GET", origin.url, "once")
        assert (recorded[0], len(tape), tape.play_count) == (200, 1, 0)
        assert origin.requests == 1
    played, tape = use("GET", origin.url, "none")
    assert (played, len(tape), tape.play_count) == (recorded, 1, 1)


def test_a_server_that_is_not_there_is_tried_again_while_recording(use, unused_port):
    failed, tape = use("GET", f"http://127.0.0.1:{unused_port}/", "once")
    assert isinstance(failed, RingbackError)
    assert failed.failure.kind == "tcp.refused"
    assert (len(failed.attempts), len(tape)) == (3, 0)


def test_what_is_not_on_the_cassette_is_said_by_vcrpy(use, origin):
    missing, tape = use("GET", origin.url, "none")
    assert isinstance(missing, CannotOverwriteExistingCassetteException)
    assert (len(tape), len(origin.seen)) == (0, 0)


FIRST_USED_WHILE_RECORDING = """
import sys
import httpx, requests, urllib3, vcr
import ringback

def call():
    if sys.argv[3] == "install":
        with ringback.install(retry=True):
            requests.get(sys.argv[1])
            urllib3.PoolManager().request("GET", sys.argv[1])
            httpx.get(sys.argv[1])
    else:
        from ringback.client.httpx import Transport
        from ringback.client.urllib3 import PoolManager
        ringback.Session().get(sys.argv[1])
        PoolManager().request("GET", sys.argv[1])
        httpx.Client(transport=Transport()).get(sys.argv[1])

with vcr.use_cassette(sys.argv[2], allow_playback_repeats=False, record_mode="all") as cassette:
    call()
print(len(cassette))
call()
print(len(cassette))
"""


@pytest.mark.parametrize("way", ["ringback", "install"])
def test_what_is_first_used_while_recording_goes_on_without_the_recorder(way, origin, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USED_WHILE_RECORDING, origin.url, tmp_path / "tape.yaml", way],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["3", "3"], done.stdout + done.stderr
    assert origin.requests == 6
