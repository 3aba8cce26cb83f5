import datetime as dt
import email.utils
import re

import pytest

from tests.testing.lab.wire import GET, GET_CLOSE, connect, exchange, read_to_end

STATUSES = {
    "http.error:400": 400,
    "http.error:404": 404,
    "http.error:408": 408,
    "http.error:425": 425,
    "http.error:500": 500,
    "http.error.auth:401": 401,
    "http.error.auth:403": 403,
    "http.error.rate_limited:429": 429,
    "http.error.unavailable:503": 503,
    "http.error.gateway:502": 502,
    "http.error.gateway:504": 504,
    "http.error.gateway:521": 521,
    "http.error.gateway:522": 522,
    "http.error.captive_portal:511": 511,
}
SHAPES = {
    "seconds": r"\d+",
    "zero": r"0",
    "fraction": r"\d+\.\d+",
    "negative": r"-\d+",
    "malformed": r"[a-z]+",
    "empty": r"",
    "huge": r"\d{11}",
}
DATES = {"date": (0, 3), "past_date": (-3602, -3598)}
BUSY = {"http.error.rate_limited": 429, "http.error.unavailable": 503}
TESTED = {
    *STATUSES,
    *(f"{kind}:retry_after_{shape}" for kind in BUSY for shape in (*SHAPES, *DATES)),
}


def retry_after(endpoint, status):
    received = exchange(endpoint, GET_CLOSE).received.decode()
    assert received.startswith(f"HTTP/1.1 {status} ")
    (value,) = re.findall(r"\r\nRetry-After: (.*?)\r\n", received)
    return value


@pytest.mark.parametrize("name", STATUSES)
def test_every_request_gets_the_status(lab, name):
    endpoint = lab.start(name)
    with connect(endpoint) as connected:
        for _ in range(2):
            connected.sendall(GET)
            seen = read_to_end(connected, until=rb"\r\n\r\n\{.*\}")
            assert seen.received.startswith(b"HTTP/1.1 %d " % STATUSES[name])
            assert b"Retry-After" not in seen.received
    assert endpoint.requests == 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", BUSY)
def test_retry_after_has_this_shape(lab, kind, shape):
    value = retry_after(lab.start(kind, f"retry_after_{shape}"), BUSY[kind])
    assert re.fullmatch(SHAPES[shape], value)


@pytest.mark.parametrize("shape", DATES)
@pytest.mark.parametrize("kind", BUSY)
def test_retry_after_is_a_date(lab, kind, shape):
    asked = dt.datetime.now(dt.UTC)
    value = retry_after(lab.start(kind, f"retry_after_{shape}"), BUSY[kind])
    answered = dt.datetime.now(dt.UTC)
    told = email.utils.parsedate_to_datetime(value)
    earliest, latest = DATES[shape]
    assert earliest <= (told - asked).total_seconds()
    assert (told - answered).total_seconds() <= latest


def test_a_challenge_comes_with_401(lab):
    seen = exchange(lab.start("http.error.auth:401"), GET_CLOSE)
    assert b"\r\nWWW-Authenticate: Basic " in seen.received
