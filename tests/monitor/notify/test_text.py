import time

import pytest
from monitor.notify.made import REPORT, incident, message, story

from ringback.monitor.notify.notification import IncidentUpdate, Told
from ringback.monitor.notify.text import html_text, markdown_text, plain_text, subject_line

AT = 1_763_726_723.0  # 2025-11-21 12:05:23 UTC
HOSTILE = (
    "<script>alert(1)</script> *bold* [x](http://evil.invalid) @everyone <!channel> \x1b[31m\n"
    "\u202eline two https://user:secret@shop.invalid/p?token=secret"
)


def told(headline="opened", **fields):
    known = {"at": AT, "diagnosis": REPORT, "confidence": 0.9}
    return message(story(headline, **{**known, **fields}), at=AT + 200)


def test_a_message_says_what_since_when_why_and_what_to_do():
    assert plain_text(told(summary=REPORT["verdict"]["summary"])) == (
        "[DOWN] shop-1: Nothing listens on 192.0.2.7:443: the connection is refused.\n"
        "Severity: page\n"
        "Since: 2025-11-21 12:05:23 UTC (3 min 20 s ago)\n"
        "Cause: service outage · tcp.refused · fault: remote service (90% confident)\n"
        "Seen from: paris\n"
        "Evidence:\n"
        "- tcp connect 192.0.2.7:443: refused\n"
        "- 3 failures in a row since 12:00:00 UTC\n"
        "Advice:\n"
        "1. Check that it runs.\n"
        "2. Compare host and port.\n"
        "https://mon.invalid/incidents/i1"
    )


def test_the_end_says_how_long_it_lasted():
    text = plain_text(told("closed", closed_at=AT + 180, state="closed"))

    assert text.startswith("[RESOLVED] shop-1: no longer down, after 3 min\n")
    assert "Since: 2025-11-21 12:05:23 UTC until 2025-11-21 12:08:23 UTC (3 min)" in text
    assert "Advice" not in text


@pytest.mark.parametrize(
    ("headline", "fields", "expected"),
    [
        ("closed", {"part_of": "i0"}, "[MERGED] shop-1: now part of incident i0"),
        ("brief", {"closed_at": AT + 90}, "[RESOLVED] shop-1: was down for 1 min 30 s"),
        ("acknowledged", {"acknowledged_by": "ada"}, "[ACKNOWLEDGED] shop-1: acknowledged by ada"),
        ("opened", {"pattern": "latency"}, "[SLOW] shop-1: Shop 1 is down: "),
        ("escalated", {}, "[DOWN, NOT ACKNOWLEDGED] shop-1: Shop 1 is down: "),
        ("reminded", {"severity": "warn"}, "[WARNING: STILL DOWN] shop-1: Shop 1 is down: "),
        ("reopened", {}, "[DOWN AGAIN] shop-1: Shop 1 is down: "),
    ],
)
def test_the_subject_says_what_happened(headline, fields, expected):
    assert subject_line(told(headline, **fields)).startswith(expected)


def test_several_incidents_are_all_named():
    stories = [story(number=number) for number in range(1, 8)]
    stories.append(story("closed", number=8, state="closed", closed_at=time.time()))
    several = message(*stories)

    assert subject_line(several) == (
        "[7 DOWN · 1 RESOLVED] 8 incidents: shop-1, shop-2, shop-3, shop-4, shop-5 and 3 more"
    )
    for text in (plain_text(several), html_text(several)):
        assert all(f"shop-{number}:" in text for number in range(1, 9))
    assert plain_text(several).count("Evidence") == 5


@pytest.mark.parametrize("write", [plain_text, markdown_text, html_text, subject_line])
def test_hostile_text_stays_text(write):
    text = write(
        told(summary=HOSTILE, evidence=(HOSTILE,), acknowledged_by=HOSTILE, members=(HOSTILE,))
    )

    assert "secret" not in text
    assert "@everyone" not in text
    assert "<!channel>" not in text
    assert all(character.isprintable() or character in "\n\N{WORD JOINER}" for character in text)
    assert "\u202e" not in text


def test_markdown_has_no_mark_of_theirs():
    text = markdown_text(told(summary=HOSTILE))

    assert r"\*bold\* \[x\]\(http://evil\.invalid\)" in text
    assert r"\<script\>" in text
    assert "<https://mon.invalid/incidents/i1>" in text


def known_as(before, headline, **fields):
    update = IncidentUpdate(headline=headline, incident=incident(at=AT, **fields), before=before)
    return message(update, at=AT + 200)


def test_a_title_counts_the_members_as_they_are_now():
    members = tuple(f"shop-{number}" for number in range(1, 9))
    grown = known_as(Told(members=members[:2]), "grown", members=members, well=("shop-2", "shop-3"))

    assert subject_line(grown) == (
        "[DOWN, 2 BEFORE] 6 of 8 endpoints (shop-1, shop-4, shop-5 and 3 more): "
        "Shop 1 is down: connection refused"
    )
    assert "Affects: 6: shop-1, " in plain_text(grown)
    assert "Well again: 2: shop-2, shop-3\n" in plain_text(grown)


def test_a_flap_that_stays_down_is_no_flap_any_more():
    flapped = Told(members=("shop-1",), pattern="flapping", severity="page")
    steady = known_as(flapped, "renamed", summary="Shop 1 comes and goes: 6 changes")

    assert subject_line(steady) == ("[DOWN, WAS FLAPPING] shop-1: stays down, no longer flapping")


def test_what_has_no_endpoint_is_about_the_monitor():
    sick = {"pattern": "prober_sick", "kind": None, "members": (), "diagnosis": None}
    opened = told(**sick, summary="The monitor is not well: it sees nothing.", confidence=1.0)
    closed = told("closed", **sick, closed_at=AT + 180, state="closed")
    both = message(story(at=AT), story(number=2, **sick, at=AT), at=AT)

    assert plain_text(opened).splitlines()[0] == (
        "[MONITOR UNHEALTHY] The monitor is not well: it sees nothing."
    )
    assert subject_line(closed) == "[RESOLVED] the monitor: no longer unhealthy, after 3 min"
    assert subject_line(both).endswith("2 incidents: shop-1, the monitor")
