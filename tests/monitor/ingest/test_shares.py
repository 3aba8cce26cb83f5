import random

import pytest
from monitor.fleet.hubs import Clock

from ringback.monitor.ingest.shares import (
    MAX_DEBT,
    MAX_READING,
    MAX_READING_BY_SENDER,
    MAX_SHARE,
    MAX_WAIT,
    ReportRefused,
    ReportShares,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shares(clock):
    return ReportShares(clock)


def sent(shares, sender, seconds=0.05):
    """Send a report that takes so long; return whether it was taken."""
    try:
        with shares.turn(sender):
            shares.charge(sender, seconds)
    except ReportRefused:
        return False
    return True


def played(shares, clock, rates, *, seconds=60.0, cost=0.05, step=0.01):
    """Let senders report so often a second each; return what each was taken for, in seconds."""
    chance, taken = random.Random(1), dict.fromkeys(rates, 0.0)
    for _ in range(round(seconds / step)):
        clock.now += step
        coming = [name for name, rate in rates.items() if chance.random() < rate * step]
        chance.shuffle(coming)
        for name in coming:
            if sent(shares, name, cost):
                taken[name] += cost
    return taken


def test_who_sends_little_is_never_refused_for_one_who_sends_much(shares, clock):
    taken = played(shares, clock, {"much": 90, "little": 1})
    assert taken["much"] / 60 == pytest.approx(MAX_SHARE, rel=0.3)
    assert taken["little"] / 60 == pytest.approx(0.05, rel=0.35)


def test_many_senders_have_equal_parts_of_the_share(shares, clock):
    taken = played(shares, clock, {f"s{n}": 1 + n % 10 for n in range(50)}, seconds=120)
    together = sum(taken.values())
    assert together / 120 == pytest.approx(MAX_SHARE, rel=0.1)
    fair = together / 50
    assert fair / 2 < min(taken.values()) <= max(taken.values()) < fair * 2


def test_a_refused_sender_is_told_when_to_come_back(shares, clock):
    shares.charge("other", MAX_DEBT)
    assert sent(shares, "a", 0.1)
    with pytest.raises(ReportRefused) as refused, shares.turn("a"):
        pass
    assert 0 < refused.value.wait <= MAX_WAIT
    assert shares.refused == 1
    clock.now += refused.value.wait
    assert sent(shares, "a")


def test_concurrent_reports_are_bounded_for_each_sender_and_for_all(shares):
    def more(sender):
        turn = shares.turn(sender)
        turn.__enter__()
        return turn

    turns = [more("a") for _ in range(MAX_READING_BY_SENDER)]
    with pytest.raises(ReportRefused):
        more("a")
    turns += [more(f"b{n}") for n in range(MAX_READING - MAX_READING_BY_SENDER)]
    with pytest.raises(ReportRefused):
        more("c")
    for turn in turns:
        turn.__exit__(None, None, None)
    assert sent(shares, "a")
