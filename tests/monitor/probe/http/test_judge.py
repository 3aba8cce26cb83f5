import gzip

import pytest

from ringback.monitor.probe import matching
from ringback.monitor.probe.http.judge import PathMissing, at_path, steps_of
from ringback.testing.lab.message import answering, response

BODY = b'{"status": "up", "parts": [{"name": "db", "up": true}]}'


@pytest.fixture(scope="module")
def url(lab):
    return lab.listen(answering(response(200, BODY, "X-Version: 42"))).url


@pytest.mark.parametrize(
    "expect",
    [
        {"status": ((200, 200),)},
        {"status": ((400, 404), (200, 299))},
        {"body_contains": ('"up"', "parts")},
        {"body_matches": (r'"status":\s*"up"',)},
        {"json": {"status": "up", "parts[0].up": "true"}},
        {"headers": {"x-version": "42"}},
        {"latency": 5.0},
    ],
)
def test_what_is_expected(looking, url, expect):
    assert looking.at(url, expect=expect).up is True


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ({"status": ((204, 204),)}, "status 200, expected 204"),
        ({"body_contains": ("down",)}, "does not contain 'down'"),
        ({"body_matches": (r'"status":\s*"down"',)}, "nothing matches"),
        ({"json": {"status": "down"}}, "status is 'up', expected 'down'"),
        ({"json": {"parts[1]": "x"}}, "has nothing at parts[1]"),
        ({"headers": {"X-Version": "43"}}, "header X-Version"),
        ({"headers": {"X-Other": "1"}}, "header X-Other"),
    ],
)
def test_what_is_not(looking, url, expect, told):
    check = looking.at(url, expect=expect)

    assert (check.up, check.kind) == (False, "http.response.unexpected_content")
    assert told in check.detail
    assert check.status == 200


def test_check_that_is_too_slow_has_failed_and_an_expected_error_has_not(looking, lab, url):
    check = looking.at(url, expect={"latency": 1e-6})

    assert (check.up, check.kind) == (False, "client.deadline_exceeded")
    assert looking.at(lab.start("http.error.auth:401").url, expect={"status": ((401, 401),)}).up


def test_pattern_that_takes_for_ever_blames_nobody_and_keeps_nobody_waiting(
    looking, lab, monkeypatch
):
    url = lab.listen(answering(response(200, b"a" * 60))).url
    with monkeypatch.context() as impatient:
        impatient.setattr(matching, "PATTERN_TIMEOUT", 0.1)
        check = looking.at(url, expect={"body_matches": ("(a+)+b",)})

    assert (check.up, check.kind) == (None, "client.deadline_exceeded")
    assert "takes too long" in check.detail
    assert looking.at(url, expect={"body_matches": ("a+",)}).up is True


def test_a_compressed_body_is_read(looking, lab):
    packed = response(200, gzip.compress(BODY), "Content-Encoding: gzip")
    url = lab.listen(answering(packed)).url

    assert looking.at(url, expect={"json": {"status": "up"}}).up is True


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=utf-16le"])
def test_a_byte_order_mark_is_no_part_of_a_body(looking, lab, charset):
    body = ("\ufeff" + BODY.decode()).encode(charset.rpartition("=")[2] or "utf-8")
    url = lab.listen(answering(response(200, body, f"Content-Type: application/json{charset}"))).url

    assert looking.at(url, expect={"json": {"status": "up"}, "body_matches": (r"^\{",)}).up is True


@pytest.mark.parametrize(
    ("kind", "when"),
    [
        ("http.response.invalid.content_decoding", "not_gzip"),
        ("http.response.invalid.content_decoding", "truncated_gzip"),
        ("http.response.unexpected_content", "html"),
        ("http.response.unexpected_content", "empty_body"),
        ("http.response.unexpected_content", "cut_json"),
    ],
)
def test_body_that_is_neither_json_nor_compressed_as_it_says(looking, lab, kind, when):
    check = looking.at(lab.start(f"{kind}:{when}").url, expect={"json": {"status": "up"}})

    assert (check.up, check.kind) == (False, kind)


def test_days_that_the_certificate_must_last(looking, lab):
    started = lab.start("ok:tls")

    assert looking.fault(started, lab, expect={"certificate_days": 29}).up is True
    check = looking.fault(started, lab, expect={"certificate_days": 31})

    assert (check.up, check.kind) == (False, "tls.cert.invalid")


@pytest.mark.parametrize("expect", [{"json": {"a[": "x"}}, {"body_matches": ("(",)}])
def test_expectation_that_cannot_be_used_blames_nobody(looking, url, expect):
    assert looking.at(url, expect=expect).up is None


DOCUMENT = {"a": {"b": [{"c": "x"}, {"c": 2}]}, "ok": True, "none": None, "with.dot": 1}
PLACES = {
    "a.b[0].c": "x",
    "$.a.b[1].c": "2",
    "a.b[-1].c": "2",
    "ok": "true",
    "none": "null",
    "['with.dot']": "1",
    "a.b[0]": '{"c": "x"}',
}


def test_a_path_leads_to_a_value_or_nowhere():
    assert {path: at_path(DOCUMENT, path) for path in PLACES} == PLACES
    for path in ("b", "a.b[2]", "a.b.c", "ok[0]", "a[0]", "none.x"):
        with pytest.raises(PathMissing):
            at_path(DOCUMENT, path)


@pytest.mark.parametrize("path", ["a[", "a[x]", "a..b", "[]"])
def test_what_is_no_path(path):
    with pytest.raises(ValueError, match="not a JSON path"):
        steps_of(path)
