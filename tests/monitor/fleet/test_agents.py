"""Who may send what: tokens, keys, clocks, and numbers that come once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.fleet.agents import (
    MAX_SKEW,
    TOKEN_SECONDS,
    Agent,
    AgentRefused,
    AgentRegistry,
    new_numbers,
)
from ringback.monitor.fleet.signature import new_key, public_text, signed_fields, signed_request

T = 1_790_000_000.0
KEY = new_key()


def enrolled(now=T):
    registry = AgentRegistry()
    _, token = registry.add("tokyo", "aws/tokyo", now)
    return registry, registry.enrol(token, public_text(KEY), now)


def request(agent, now=T, key=KEY, key_id=None):
    fields = signed_fields("GET", "/p", b"", key=key, key_id=key_id or agent.id, now=now)
    return signed_request("GET", "/p", b"", {name.lower(): v for name, v in fields.items()})


def refusal(call, *given):
    with pytest.raises(AgentRefused) as caught:
        call(*given)
    return caught.value.reason


def test_a_token_is_used_once_and_is_not_kept():
    registry = AgentRegistry()
    agent, token = registry.add("tokyo", "aws/tokyo", T)
    assert len(token) * 6 >= 128
    assert token not in json.dumps(registry.dump(agent))

    assert registry.enrol(token, public_text(KEY), T + TOKEN_SECONDS) is agent
    assert refusal(registry.enrol, token, public_text(new_key()), T) == "token"
    assert agent.key == public_text(KEY)


def test_a_token_is_for_fifteen_minutes_and_for_a_key():
    registry = AgentRegistry()
    _, token = registry.add("tokyo", "aws/tokyo", T)

    assert refusal(registry.enrol, token, public_text(KEY), T + TOKEN_SECONDS + 1) == "token"
    assert refusal(registry.enrol, token, "none", T) == "malformed"
    assert refusal(registry.enrol, "", public_text(KEY), T) == "token"
    assert registry.enrolled() == []


def test_an_agent_that_is_added_again_gets_another_key_and_stays_who_it_is():
    registry, agent = enrolled()
    agent.ranges = [(0, 7)]
    again, token = registry.add("tokyo", "aws/tokyo", T + 5)
    registry.authenticate(request(agent, T + 5), T + 5)  # until the new one has come
    other = new_key()
    registry.enrol(token, public_text(other), T + 6)

    assert again is agent
    assert agent.ranges == [(0, 7)]
    registry.authenticate(request(agent, T + 6, other), T + 6)
    assert refusal(registry.authenticate, request(agent, T + 6), T + 6) == "signature"


def test_each_request_is_taken_once():
    registry, agent = enrolled()
    signed = request(agent)

    assert registry.authenticate(signed, T) is agent
    assert refusal(registry.authenticate, signed, T + 1) == "replayed"
    assert registry.authenticate(request(agent), T + 1) is agent


@pytest.mark.parametrize("off", [-3600.0, -MAX_SKEW - 2, MAX_SKEW + 2, 3600.0])
def test_a_wrong_clock_is_said_with_how_wrong_it_is(off):
    registry, agent = enrolled()
    for little in (-MAX_SKEW, -1.0, 0.9, MAX_SKEW):
        assert registry.authenticate(request(agent, T + little), T) is agent

    with pytest.raises(AgentRefused, match=f"is {abs(off):.0f} s (ahead|behind)") as caught:
        registry.authenticate(request(agent, T + off), T)
    assert caught.value.reason == "clock"


def test_who_was_removed_is_so_at_once_and_after_a_restart():
    registry, agent = enrolled()
    registry.remove(agent, T + 1)
    kept = {agent.id: json.loads(json.dumps(registry.dump(agent)))}

    for known in (registry, AgentRegistry(kept)):
        assert refusal(known.authenticate, request(agent), T) == "removed"
        assert known.shown() == []
    assert refusal(registry.authenticate, request(agent, key_id="a-2"), T) == "unknown"


numbers = st.integers(0, 40)


@given(st.lists(st.tuples(numbers, st.sets(numbers, max_size=5)), max_size=12))
def test_no_number_is_new_twice(batches):
    agent, seen = Agent(id="a", vantage="a", domain="a", added_at=T), set()
    for first, offsets in batches:
        sent = sorted(first + offset for offset in offsets)
        last = sent[-1] if sent else first
        before = {number for number in sent if agent.has(number)}
        new = new_numbers(agent, first, last, sent)
        assert new == set(sent) - before
        assert not new & seen
        seen |= new
        assert new_numbers(agent, first, last, sent) == set()  # the same batch again


@pytest.mark.parametrize(
    ("first", "last", "sent"),
    [(5, 4, []), (5, 9, [4]), (5, 9, [10]), (5, 9, [7, 6]), (5, 9, [7, 7])],
)
def test_numbers_that_are_not_in_their_range_are_malformed(first, last, sent):
    agent = Agent(id="a", vantage="a", domain="a", added_at=T)

    assert refusal(new_numbers, agent, first, last, sent) == "malformed"
    assert agent.ranges == []


def test_gaps_are_bounded():
    agent = Agent(id="a", vantage="a", domain="a", added_at=T)
    for number in range(0, 128, 2):
        new_numbers(agent, number, number, [number])

    assert refusal(new_numbers, agent, 200, 200, [200]) == "foreign"
