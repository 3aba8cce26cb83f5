import datetime as dt
import re
from types import SimpleNamespace

import pytest

from ringback.testing.lab import FAULTS, http
from tests.testing.lab.wire import GET, GET_CLOSE, connect, exchange, read_to_end

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
STATUSES = [name for name in FAULTS if re.fullmatch(r"http\.error\S*:\d{3}", name)]
SHAPES = {
    "seconds": r"\d+",
    "zero": r"0",
    "fraction": r"\d+\.\d+",
    "negative": r"-\d+",
    "malformed": r"[a-z]+",
    "empty": r"",
    "huge": r"\d{11}",
    "date": r"Wed, 25 Nov 2026 12:00:02 GMT",
    "past_date": r"Wed, 25 Nov 2026 11:00:00 GMT",
}
BUSY = {"http.error.rate_limited": 429, "http.error.unavailable": 503}


@pytest.mark.parametrize("name", STATUSES)
def test_every_request_gets_the_status(lab, name):
    endpoint = lab.start(name)
    with connect(endpoint) as connected:
        for _ in range(2):
            connected.sendall(GET)
            seen = read_to_end(connected, until=rb"\r\n\r\n\{.*\}").received.decode()
            assert seen.startswith(f"HTTP/1.1 {name[-3:]} ")
            assert "Retry-After" not in seen
            assert ("\r\nWWW-Authenticate: Basic " in seen) == name.endswith("401")
    assert endpoint.requests == 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", BUSY)
def test_retry_after_has_this_shape(lab, monkeypatch, kind, shape):
    stopped = SimpleNamespace(now=lambda _: NOW)
    clock = SimpleNamespace(datetime=stopped, UTC=dt.UTC, timedelta=dt.timedelta)
    monkeypatch.setattr(http, "dt", clock)
    received = exchange(lab.start(kind, f"retry_after_{shape}"), GET_CLOSE).received.decode()
    assert received.startswith(f"HTTP/1.1 {BUSY[kind]} ")
    assert re.search(rf"\r\nRetry-After: {SHAPES[shape]}\r\n", received)
