"""What the votes on one endpoint mean together: every row of the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.incident.judgement import SPLIT_SECONDS, WAIT_SECONDS, Waiting, judged
from ringback.incident.model import WatchedEndpoint
from ringback.incident.vote import Vote

T = 1_790_000_000.0
SHOP = WatchedEndpoint(id="shop", every=30.0, timeout=10.0)
WAITED = WAIT_SECONDS + 10.0


def vote(who, state, *, since=0.0, at=5.0, kind="tcp.timed_out", domain=None):
    """A vote: ``A`` to ``F`` probe, what begins with ``w`` is a program."""
    origin = "call" if who.startswith("w") else "probe"
    made = Vote(f"{origin}:{who}", origin, who if domain is None else domain)
    made.state, made.at = state, T + at
    if state == "ok":
        made.well_at = T + at
    elif state != "unknown":
        made.since, made.kind, made.failures = T + since, kind, 3
    return made


def meant(*votes, waiting=None, after=6.0, counts=lambda _: True):
    found = judged(votes, counts, SHOP, waiting or Waiting(), T + after)
    return found.state, found.pattern, found.severity if found.pattern else None


UP, DOWN = "ok", "down"
OUTAGE = ("down", "service_outage", "page")
OK, SUSPECT, UNKNOWN = ("ok", None, None), ("suspect", None, None), ("unknown", None, None)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], UNKNOWN),
        ([("A", "unknown")], UNKNOWN),
        ([("A", "suspect")], SUSPECT),
        ([("A", UP)], OK),
        ([("A", UP), ("B", "suspect")], OK),
        ([("A", DOWN)], OUTAGE),
        ([("A", "recovering")], ("recovering", "service_outage", "page")),
        ([("A", DOWN), ("B", DOWN)], OUTAGE),
        ([("A", DOWN), ("B", "unknown")], SUSPECT),
        ([("A", DOWN), ("B", "suspect")], SUSPECT),
        ([("A", DOWN), ("B", DOWN), ("C", UP)], ("partial", "network_partition", "page")),
        ([("A", DOWN), ("B", UP)], SUSPECT),
        ([("A", DOWN), ("w1", UP)], ("partial", "prober_path", "warn")),
        ([("w1", DOWN), ("A", UP)], ("partial", "callers_only", "warn")),
        ([("w1", DOWN), ("w2", DOWN), ("A", UP)], ("partial", "callers_only", "warn")),
        (
            [("w1", DOWN), ("w2", DOWN), ("w3", DOWN), ("A", UP)],
            ("partial", "callers_only", "page"),
        ),
        ([("w1", DOWN), ("A", "unknown")], SUSPECT),
        ([("w1", DOWN)], OUTAGE),
        ([("w1", DOWN), ("w2", UP)], ("partial", "callers_only", "warn")),
        ([("w1", UP)], OK),
    ],
)
def test_the_table(votes, expected):
    assert meant(*(vote(*words) for words in votes)) == expected


def test_who_does_not_answer_is_waited_for_and_then_said():
    waiting, votes = Waiting(), [vote("A", DOWN), vote("B", "unknown")]
    assert meant(*votes, waiting=waiting) == SUSPECT
    assert meant(*votes, waiting=waiting, after=6.0 + WAITED - 0.1) == SUSPECT
    assert meant(*votes, waiting=waiting, after=6.0 + WAITED) == OUTAGE
    found = judged(votes, lambda _: True, SHOP, waiting, T + 6.0 + WAITED)
    assert [unheard.observer for unheard in found.unheard] == ["probe:B"]


def test_a_minority_is_told_when_it_has_failed_for_a_minute_without_a_break():
    waiting, votes = Waiting(), [vote("A", DOWN), vote("B", UP), vote("C", UP)]
    assert meant(*votes, waiting=waiting) == SUSPECT
    assert meant(vote("A", UP), *votes[1:], waiting=waiting, after=30.0) == OK
    assert meant(*votes, waiting=waiting, after=31.0) == SUSPECT
    after = 31.0 + SPLIT_SECONDS
    assert meant(*votes, waiting=waiting, after=after - 1.0) == SUSPECT
    partial = ("partial", "network_partition", "warn")
    assert meant(*votes, waiting=waiting, after=after) == partial


def test_a_success_refutes_only_what_began_before_it():
    waiting = Waiting()
    older = [vote("A", DOWN, since=10.0, at=20.0), vote("B", UP, at=9.0)]
    assert meant(*older, waiting=waiting, after=21.0) == SUSPECT
    assert meant(*older, waiting=waiting, after=21.0 + WAITED) == OUTAGE


@pytest.mark.parametrize("kind", ["http.error.unavailable", "http.response.unexpected_content"])
def test_a_program_that_gets_through_refutes_no_status_and_no_content(kind):
    assert meant(vote("A", DOWN, kind=kind), vote("w1", UP)) == OUTAGE


def test_a_program_that_gets_through_again_has_the_probe_check_at_once():
    caller = vote("w1", UP)
    caller.successes = 1
    assert judged([vote("A", DOWN), caller], lambda _: True, SHOP, Waiting(), T + 6.0).asks
    caller.successes = 10
    assert not judged([vote("A", DOWN), caller], lambda _: True, SHOP, Waiting(), T + 6.0).asks


def test_a_program_that_fails_once_still_says_that_it_got_through():
    """Unless the probe sees it fail and answer in turn: then it limps for the program too."""
    caller = vote("w1", "suspect", since=4.5)
    caller.well_at = T + 4.0
    assert meant(vote("A", DOWN), caller) == ("partial", "prober_path", "warn")
    limping = vote("A", DOWN)
    limping.pure = False
    assert meant(limping, caller) == OUTAGE
    caller.well_at = T - 1.0
    assert meant(vote("A", DOWN), caller) == OUTAGE


def test_who_refuted_it_and_fails_once_is_waited_for():
    waiting = Waiting()
    waiting.others = T - 1000.0  # long ago somebody else was waited for
    callers_only = ("partial", "callers_only", "warn")
    assert meant(vote("w1", DOWN), vote("A", UP), waiting=waiting) == callers_only
    assert meant(vote("w1", DOWN), vote("A", "suspect"), waiting=waiting) == SUSPECT
    assert meant(vote("w1", DOWN), vote("A", "suspect"), waiting=waiting, after=WAITED + 6) == (
        OUTAGE
    )


def test_what_does_not_count_is_unknown_and_never_agreement():
    votes = [vote("A", DOWN), vote("B", DOWN)]
    assert meant(*votes, counts=lambda one: one.domain == "A") == SUSPECT
    assert meant(*votes, counts=lambda _: False) == UNKNOWN


def test_one_failure_domain_has_one_vote():
    twice = [vote("A", DOWN, domain="x"), vote("B", DOWN, domain="x"), vote("C", UP)]
    assert meant(*twice) == SUSPECT, "one of two, not two of three"
    refuted = [vote("w1", DOWN, domain="h"), vote("w2", UP, domain="h"), vote("A", UP)]
    assert meant(*refuted) == OK
    older = [vote("w1", DOWN, since=5.5, domain="h"), vote("w2", UP, domain="h")]
    assert meant(*older) == OUTAGE


def test_programs_alone_do_not_page_while_the_probe_is_cut_off():
    waiting = Waiting()
    waiting.others = T - 1000.0
    votes = [vote("A", DOWN), vote("w1", DOWN, kind="tcp.timed_out")]
    found = meant(*votes, waiting=waiting, counts=lambda one: one.domain != "A")
    assert found == ("down", "callers_only", "warn")
    status = [vote("A", DOWN), vote("w1", DOWN, kind="http.error.unavailable")]
    assert meant(*status, waiting=waiting, counts=lambda one: one.domain != "A") == OUTAGE


STATES = st.sampled_from(["ok", "suspect", "down", "recovering", "unknown"])
WHO = st.sampled_from(["A", "B", "C", "w1", "w2", "w3"])


@given(st.dictionaries(WHO, STATES), st.floats(0, 200), st.booleans())
def test_every_mix_of_votes_has_an_answer_that_fits(given_states, after, waited):
    waiting = Waiting()
    if waited:
        waiting.others = waiting.split = T - 1000.0
    votes = [vote(who, state, at=after) for who, state in given_states.items()]
    found = judged(votes, lambda _: True, SHOP, waiting, T + after)
    broken = {who for who, state in given_states.items() if state in {"down", "recovering"}}
    assert (found.pattern is not None) == (found.state in {"down", "recovering", "partial"})
    assert (found.state == "partial") == bool(found.against)
    if not broken:
        assert found.state in {"ok", "suspect", "unknown"}
    if found.state == "ok":
        assert not broken
        assert "ok" in given_states.values()
    if waited and broken:
        found = judged(votes, lambda _: True, SHOP, waiting, T + after + WAITED)
        assert found.pattern is not None, "nothing is waited for without end"
