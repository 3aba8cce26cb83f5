from typing import get_args

import pytest

from ringback.incident.lifecycle import LIFECYCLE, IncidentRegistry, StepName
from ringback.incident.model import What

T = 1_790_000_000.0


@pytest.fixture
def registry():
    return IncidentRegistry()


def opened(registry, *members, at=T, notify=True, detector=""):
    change = registry.open_incident(
        at,
        "certificate" if detector else "service_outage",
        members,
        "down",
        kind=None if detector else "tcp.refused",
        detector=detector,
        notify=notify,
    )
    return change.incident


def test_the_table_has_every_step_and_every_change_that_is_shown():
    assert set(LIFECYCLE) == set(get_args(StepName))
    assert {step.what for step in LIFECYCLE.values()} == set(get_args(What))


def test_a_closed_incident_takes_no_further_step(registry):
    closed = registry.resolve(T + 1, opened(registry, "shop"), "over").incident

    assert closed.state == "closed"
    assert (registry.all(), registry.get(closed.id), registry.incidents_of("shop")) == (
        [],
        None,
        [],
    )
    with pytest.raises(AssertionError, match="reminded"):
        registry.remind(T + 2, closed, "it goes on")


def test_what_two_acknowledge_has_both_in_its_timeline_and_is_the_later_ones(registry):
    taken = registry.acknowledge(T + 1, opened(registry, "shop"), "ada").incident
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "ada")

    taken = registry.acknowledge(T + 2, taken, "bob").incident
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "bob")
    said = [entry.text for entry in taken.timeline if entry.what == "acknowledged"]
    assert said == ["acknowledged by ada", "acknowledged by bob"]


def test_what_is_given_back_is_nobodys_and_people_are_told(registry):
    taken = registry.acknowledge(T + 1, opened(registry, "shop"), "ada").incident
    back = registry.unacknowledge(T + 2, taken, "ada")

    assert (back.what, back.told) == ("unacknowledged", True)
    assert (back.incident.state, back.incident.acknowledged_by) == ("open", "")
    assert back.incident.told_at == T + 2
    assert back.incident.timeline[-1].text == "given back by ada"
    again = registry.acknowledge(T + 3, back.incident, "ada").incident
    other = registry.unacknowledge(T + 4, again, "bob").incident
    assert other.timeline[-1].text == "ada has it no more, says bob"


def test_a_note_stands_in_the_timeline_and_nobody_is_notified(registry):
    noted = registry.note(T + 1, opened(registry, "shop"), "ada", "it is the deploy")

    assert noted.told is False
    assert noted.incident.timeline[-1].text == "ada: it is the deploy"
    assert noted.incident.state == "open"


@pytest.mark.parametrize("informed", [True, False])
def test_an_end_goes_to_those_who_know_of_the_beginning(registry, informed):
    incident = opened(registry, "shop", notify=informed)
    left = registry.leave(T + 1, incident, "shop", "well again")

    assert not left.told
    assert registry.members_of(left.incident) == []
    assert registry.resolve(T + 1, left.incident, "over").told is informed


def test_a_warning_that_escalates_is_an_outage_that_nobody_has_acknowledged(registry):
    warning = opened(registry, "shop", detector="certificate")
    taken = registry.acknowledge(T + 1, warning, "ada").incident
    outage = registry.escalate(
        T + 2, taken, "shop is down", kind="tls.cert.date_invalid.expired", evidence=(), notify=True
    )

    assert (outage.what, outage.told, outage.incident.id) == ("opened", True, warning.id)
    assert (outage.incident.state, outage.incident.acknowledged_by) == ("open", "")
    assert registry.outage_of("shop") == outage.incident


def test_a_diagnosis_of_what_some_see_says_neither_what_it_is_nor_who_sees_it():
    registry = IncidentRegistry()
    opened = registry.open_incident(
        T, "network_partition", ("shop",), "shop is down for oslo only", partial=True
    ).incident
    report = {"verdict": {"kind": "tcp.refused", "summary": "nothing listens", "confidence": 0.9}}
    found = registry.diagnosed(T + 5, opened, report).incident

    assert (found.pattern, found.summary) == (opened.pattern, opened.summary)
    assert found.diagnosis == report
    assert found.timeline[-1].text == "nothing listens"
