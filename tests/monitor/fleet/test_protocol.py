"""What is sent: each value there and back, and bounds on what comes."""

import gzip
import json

import pytest
from pydantic import ValidationError

from ringback.incident.model import CertificateSeen, Check
from ringback.monitor.config.load import config_of_urls
from ringback.monitor.fleet.protocol import (
    MAX_CONTENT_BYTES,
    MAX_RESULTS,
    RESULTS,
    ContentTooLarge,
    check_of_result,
    decompressed,
    endpoint_of_plan,
    planned,
    result_record,
)

DOCUMENT = {"agent": "a-1", "spool": "ab" * 16, "sent_at": 1.0, "from": 0, "to": 1, "results": []}
GOOD = {"n": 1, "at": 1.0, "endpoint": "a", "up": True}


def read(**more):
    return RESULTS.validate_json(json.dumps({**DOCUMENT, **more}))


def test_a_check_comes_as_it_was_sent():
    sent = Check(
        at=1_790_000_000.25,
        endpoint="shop",
        up=False,
        kind="http.error",
        seconds=0.25,
        timings={"dns": 0.1, "connect": 0.15},
        status=503,
        address="192.0.2.7",
        certificate=CertificateSeen(not_after=1.8e9, issuer="CN=Example", key="ab" * 32),
        other_certificate=CertificateSeen(not_after=1.7e9, key="cd" * 32, whose="the issuer CN=R3"),
        detail="answered 503",
        vantage="tokyo",
        domain="aws/tokyo",
    )
    (result,) = read(results=[result_record(sent, 1)])["results"]

    assert check_of_result(result, at=sent.at, vantage="tokyo", domain="aws/tokyo") == sent


def test_what_a_later_version_says_besides_is_left_alone():
    found = read(results=[{**GOOD, "up": False, "kind": "quic.new", "more": 1}], other={})

    check = check_of_result(found["results"][0], at=1.0, vantage="t", domain="t")
    assert check.kind == "unknown"


def test_texts_are_one_line_without_credentials():
    result = {**GOOD, "up": False, "detail": "a\nb\x1b https://u:secret@h/ ", "address": "x\ry"}
    found = read(results=[result])["results"][0]

    check = check_of_result(found, at=1.0, vantage="t", domain="t")
    assert check.detail.isprintable()
    assert "secret" not in check.detail
    assert check.address == "x y"


@pytest.mark.parametrize(
    "more",
    [
        {"results": [{**GOOD, "n": -1}]},
        {"results": [{**GOOD, "n": 2**53}]},
        {"results": [{**GOOD, "at": "NaN"}]},
        {"results": [{**GOOD, "at": 1e300}]},
        {"results": [{**GOOD, "up": "yes?"}]},
        {"results": [{**GOOD, "endpoint": "e" * 201}]},
        {"results": [{**GOOD, "detail": "d" * 201}]},
        {"results": [{**GOOD, "status": 99}]},
        {"results": [{**GOOD, "timings": {str(n): 1.0 for n in range(13)}}]},
        {"results": [GOOD] * (MAX_RESULTS + 1)},
        {"control": [GOOD] * 65},
        {"spool": "../../etc"},
        {"from": -1},
        {"sent_at": None},
        {"health": {}},
    ],
)
def test_what_is_out_of_bounds_is_not_taken(more):
    with pytest.raises(ValidationError):
        read(**more)


def test_an_endpoint_comes_as_it_was_sent(tmp_path):
    urls = [
        "https://a.example/x?y=1",
        "tcp://b.example:5432",
        "dns://c.example",
        "icmp://127.0.0.1",
    ]
    for endpoint in config_of_urls(urls).endpoints:
        sent = json.loads(planned(endpoint, {}))
        assert endpoint_of_plan(sent, {}) == endpoint


def test_a_plan_of_a_later_version_is_understood(tmp_path):
    (endpoint,) = config_of_urls(["https://shop.example"]).endpoints
    sent = json.loads(planned(endpoint, {}))
    sent["endpoint"] |= {"later": 1}
    sent["endpoint"]["watched"]["later"] = {"a": 1}

    assert endpoint_of_plan({**sent, "later": True}, {}) == endpoint


def test_what_grows_when_it_is_decompressed_is_bounded():
    bomb = gzip.compress(b"0" * (MAX_CONTENT_BYTES + 1))
    assert len(bomb) < 10_000

    with pytest.raises(ContentTooLarge):
        decompressed(bomb)
    assert len(decompressed(gzip.compress(b"0" * MAX_CONTENT_BYTES))) == MAX_CONTENT_BYTES


@pytest.mark.parametrize(
    "content", [b"{}", b"\x1f\x8b", b"\x1f\x8b" + b"0" * 20, gzip.compress(b"x", mtime=0)[:-3]]
)
def test_what_is_not_gzip_is_said(content):
    with pytest.raises(ValueError, match="not gzip"):
        decompressed(content)
