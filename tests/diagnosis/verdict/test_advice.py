"""Advice is filled in with what is known, and leaves out what the readings have answered."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict import RULES, judge
from ringback.diagnosis.verdict.advice import ANSWERED, advice_for, filled, placeholders
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.failure.kinds import KINDS

STEPS = [step for rule in RULES for step in rule.advice] + [
    step for kind in KINDS.values() for step in kind.do
]
CAPITALS = re.compile(r"`[^`]*\b(URL|HOST|PORT|NAME|ADDRESS|GATEWAY)\b[^`]*`")


def reading(layer: Any, what: str, subject: str = "", state: Any = "ok", **facts: Any) -> Reading:
    return Reading(layer=layer, what=what, subject=subject, state=state, facts=facts)


def parsed(host: str = "web.test", port: int = 8443) -> Reading:
    known = {"scheme": "https", "host": host, "port": port, "protocol": "http", "tls": True}
    place = f"[{host}]" if ":" in host else host
    subject = f"https://{place}:{port}/a;b"
    return reading("url", "parse", subject, **known, is_address=not host.endswith("test"))


EVERYTHING = (
    parsed(),
    reading("host", "route", gateway="192.0.2.254", route=True, default=True, family=4),
    reading("name", "getaddrinfo", addresses=["192.0.2.7"]),
    reading("name", "nameserver", server="192.0.2.53", type="A", answers=["192.0.2.7"]),
    reading("proxy", "connect", proxy="http://proxy.test:3128", outcome="open"),
    reading("tcp", "connect", "192.0.2.7:8443", address="192.0.2.7", outcome="open"),
)


def known(*readings: Reading) -> dict[str, str]:
    return placeholders(Evidence(readings), readings)


@pytest.mark.parametrize("begin", ANSWERED)
def test_what_readings_answer_is_a_step(begin: str) -> None:
    assert any(step.startswith(begin) for step in STEPS)


def test_where_everything_is_known_no_placeholder_is_left() -> None:
    here = known(*EVERYTHING)

    assert [step for step in STEPS if CAPITALS.search(filled(step, here))] == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("`curl -v http://HOST:PORT/`", "`curl -v http://web.test:8443/`"),
        ("`curl -sI http://HOST`", "`curl -sI http://web.test`"),
        ("`openssl s_client -connect HOST:443`", "`openssl s_client -connect web.test:8443`"),
        ("`curl -v URL`", "`curl -v 'https://web.test:8443/a;b'`"),
        ("`dig @ADDRESS NAME`", "`dig @192.0.2.53 web.test`"),
        ("`ip route get ADDRESS`", "`ip route get 192.0.2.7`"),
        ("`ping GATEWAY`", "`ping 192.0.2.254`"),
        (
            "`curl -x http://PROXY:PORT URL`",
            "`curl -x http://proxy.test:3128 'https://web.test:8443/a;b'`",
        ),
        ("Give the NAME and PORT.", "Give the NAME and PORT."),
        ("`REQUESTS_CA_BUNDLE`, `HTTPS_PROXY`", "`REQUESTS_CA_BUNDLE`, `HTTPS_PROXY`"),
    ],
)
def test_what_is_known_is_filled_in(step: str, said: str) -> None:
    assert filled(step, known(*EVERYTHING)) == said


def test_an_address_of_ipv6_is_in_brackets_in_a_url_only() -> None:
    here = known(parsed("2001:db8::1"))

    assert filled("`curl http://HOST:PORT/`", here) == "`curl http://[2001:db8::1]:8443/`"
    assert filled("`nc -vz HOST 22`", here) == "`nc -vz 2001:db8::1 22`"
    assert filled("`dig NAME`", here) == "`dig NAME`"


@pytest.mark.parametrize("host", ["a`rm -r` b.test", "a;reboot.test", "$(id).test", "a'b.test"])
def test_what_a_shell_would_take_otherwise_is_not_filled_in(host: str) -> None:
    assert filled("`dig NAME`", known(parsed(host))) == "`dig NAME`"


def test_a_step_that_was_read_is_left_out() -> None:
    refused = reading(
        "tcp", "connect", "192.0.2.7:8443", "failed", address="192.0.2.7", outcome="timeout"
    )
    partner = reading(
        "neighbours", "connect", role="partner", address="192.0.2.7", outcome="timeout"
    )
    again = reading("tcp", "again", address="192.0.2.7", attempts=3, opened=0)
    steps = KINDS["tcp.timed_out"].do

    def left(*readings: Reading) -> list[str]:
        found = judge(
            (parsed(), reading("name", "getaddrinfo", addresses=["192.0.2.7"]), *readings)
        )
        assert found.kind == "tcp.timed_out"
        return [step.partition("`")[0].strip() for step in found.advice]

    begins = [step.partition("`")[0].strip() for step in steps]
    assert left(refused) == begins
    assert left(refused, partner) == begins[1:]
    assert left(refused, partner, again) == [*begins[1:3], begins[4]]


@given(st.sets(st.sampled_from(range(len(EVERYTHING)))), st.sampled_from(STEPS))
def test_there_is_always_something_left_to_do(chosen: set[int], step: str) -> None:
    readings = [EVERYTHING[index] for index in sorted(chosen)]
    evidence = Evidence(readings)

    left = advice_for((step, "Tell its owner."), evidence, placeholders(evidence, readings))

    assert left[-1] == "Tell its owner."
    assert advice_for((step,), evidence, {}) == (step,)
    if not readings:
        assert left == (step, "Tell its owner.")
