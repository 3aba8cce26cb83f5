"""What is advised to somebody who keeps a service running."""

from typing import get_args

import pytest

from ringback.failure.kinds import KINDS
from ringback.incident.advice import CALLERS_STEPS, operators_advice
from ringback.incident.model import Incident, Pattern


def opened(pattern="service_outage", kind=None, **fields):
    return Incident(
        id="i1",
        pattern=pattern,
        state="open",
        kind=kind,
        summary="",
        members=("shop",),
        opened_at=0.0,
        **fields,
    )


@pytest.mark.parametrize("pattern", get_args(Pattern))
def test_there_is_advice_for_every_incident_and_none_is_for_a_caller(pattern):
    for kind in (None, *KINDS):
        steps = operators_advice(opened(pattern, kind))
        assert steps, kind
        assert len(set(steps)) == len(steps), kind
        assert not [step for step in steps if step.startswith(CALLERS_STEPS)], kind


def test_every_beginning_of_a_callers_step_is_one():
    steps = [step for kind in KINDS.values() for step in kind.do]

    assert [known for known in CALLERS_STEPS if not any(s.startswith(known) for s in steps)] == []


def test_nobody_who_runs_the_service_is_told_to_wait():
    wait = KINDS["http.error.unavailable"].do[0]
    assert wait.startswith("Wait as long as")
    diagnosed = {"verdict": {"kind": "http.error.unavailable", "advice": [wait, "Do this."]}}

    steps = operators_advice(opened(kind="http.error.unavailable", diagnosis=diagnosed))
    assert steps[0].startswith("Check whether it is being deployed")
    assert wait not in steps
    assert "Do this." in steps


def test_what_a_diagnosis_advises_comes_before_what_the_kind_does():
    diagnosed = {"verdict": {"kind": "tcp.refused", "advice": ["Start it."]}}

    assert operators_advice(opened(kind="tcp.refused", diagnosis=diagnosed))[0] == "Start it."


@pytest.mark.parametrize("pattern", ["heartbeat_missed", "latency", "own_network_down"])
def test_what_is_not_about_the_service_says_where_to_look_first(pattern):
    diagnosed = {"verdict": {"kind": "tcp.refused", "advice": ["Start it."]}}

    assert operators_advice(opened(pattern, "tcp.refused", diagnosis=diagnosed))[0] != "Start it."


def test_what_a_comparison_found_replaces_the_step_to_compare():
    found = ("Unset the proxy variable, or add the host to `NO_PROXY`.",)
    seen = {"pattern": "network_partition", "kind": "proxy.unreachable", "partial": True}

    assert "ringback compare" in operators_advice(opened(**seen))[0]
    compared = operators_advice(opened(**seen, advice=found))
    assert compared[0] == found[0]
    assert not any("ringback compare" in step for step in compared)
