"""What one observer says of one endpoint."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.incident.model import Check, WatchedEndpoint
from ringback.incident.vote import MIXED_RECOVERY, Vote

T = 1_790_000_000.0
SHOP = WatchedEndpoint(id="shop", every=30.0, timeout=10.0)
OUTCOMES = st.lists(st.sampled_from([True, False, None]), max_size=80)


def vote(origin="probe"):
    return Vote(f"{origin}:A", origin, "A")


def cast(seen, text, *, begins=0.0, step=5.0):
    """Look as often as the text has letters: F fails, S is a success, ? says nothing."""
    for number, letter in enumerate(text):
        up = {"F": False, "S": True, "?": None}[letter]
        at = T + begins + number * step
        kind = "tcp.refused" if up is False else None
        seen.see(Check(at=at, endpoint="shop", up=up, kind=kind, seconds=1.0), SHOP)
    return seen


def spaced(failures, successes):
    return ("F" + "S" * successes) * (failures - 1) + "F"


@pytest.mark.parametrize(
    ("looks", "state"),
    [
        ("F", "suspect"),
        ("FF", "suspect"),
        ("FFF", "down"),
        ("FF?F", "down"),
        (spaced(4, 4), "down"),
        (spaced(3, 1), "suspect"),
        (spaced(5, 6), "down"),
        (spaced(12, 12), "suspect"),
        ("FS", "ok"),
        ("FFFS", "recovering"),
        ("FFFSF", "down"),
        ("FFFSS", "ok"),
    ],
)
def test_the_score_says_when_it_is_down(looks, state):
    assert cast(vote(), looks).state == state


def test_a_mixed_run_ends_only_when_it_has_been_well_for_long():
    limping = cast(vote(), spaced(4, 4))
    assert (limping.state, limping.pure) == ("down", False)
    assert cast(limping, "S" * (MIXED_RECOVERY - 1), begins=100).state == "down"
    assert cast(limping, "S", begins=300).state == "ok"


def test_a_run_that_fails_while_it_recovers_is_mixed_until_it_fails_for_long():
    seen = cast(vote(), "FFFSF")
    assert cast(seen, "SS", begins=40).state == "down"
    assert cast(seen, "F" * 8 + "SS", begins=60).state == "ok"


def test_calls_count_in_a_row_only():
    assert cast(vote("call"), "FFSFFSFFSFF").state == "suspect"
    assert cast(vote("call"), "FFF").state == "down"
    assert cast(vote("call"), "FFFSS").state == "ok"


@pytest.mark.parametrize("origin", ["heartbeat", "report"])
def test_a_report_is_taken_at_its_word(origin):
    assert cast(vote(origin), "F").state == "down"
    assert cast(vote(origin), "FS").state == "ok"


def test_it_says_since_when_and_with_what():
    seen = cast(vote(), "SSFF", begins=60)
    assert (seen.since, seen.kind, seen.well_at) == (T + 69, "tcp.refused", T + 65)
    assert cast(vote(), "FSFFF").since == T + 9, "the failures in a row are enough by themselves"
    assert cast(vote(), spaced(4, 4)).since == T - 1


@given(OUTCOMES)
def test_the_score_is_bounded_and_what_is_kept_goes_on_the_same(outcomes):
    letters = "".join({True: "S", False: "F", None: "?"}[outcome] for outcome in outcomes)
    seen, again = vote(), vote()
    for number, letter in enumerate(letters):
        cast(seen, letter, begins=number * 5)
        cast(again, letter, begins=number * 5)
        again = Vote.load(json.loads(json.dumps(again.dump())))
        assert again.dump() == seen.dump()
        assert 0.0 <= seen.score <= 12.0
        assert (seen.since is None) <= (seen.state in {"ok", "unknown"})


def test_a_success_after_a_long_silence_has_nothing_to_recover_from():
    assert cast(cast(vote(), "FFF"), "S", begins=60.0).state == "recovering"
    assert cast(cast(vote(), "FFF"), "S", begins=600.0).state == "ok"
    assert cast(cast(vote(), "FFF"), "F", begins=600.0).state == "down"


def test_a_program_that_failed_and_fell_silent_is_refuted_by_a_probe_and_one_that_goes_on_is_not():
    probe = cast(vote(), "S", begins=21.0)
    assert not cast(vote("call"), "FFFFF").is_refuted_by(probe), "it has called a moment ago"
    assert not cast(vote("call"), "FFF").is_refuted_by(probe), "three calls it has not left out"
    assert cast(vote("call"), "FFF", step=3.0).is_refuted_by(probe)
    often = cast(vote("call"), "FFFFF", begins=16.0, step=0.2)
    assert not often.is_refuted_by(probe), "its next report may be on the way"
    assert not cast(vote(), "FFF", step=0.1).is_refuted_by(probe), "probes have rows of their own"


@pytest.mark.parametrize(
    ("origin", "seconds"), [("probe", 70.0), ("call", 60.0), ("heartbeat", float("inf"))]
)
def test_it_counts_while_it_is_fresh(origin, seconds):
    assert cast(vote(origin), "S").fresh_until(SHOP) == T + seconds
    assert cast(vote("call"), "?").fresh_until(SHOP) == float("-inf")
