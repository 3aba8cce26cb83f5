import pytest

from ringback.diagnosis.layer import spoken
from ringback.diagnosis.layer.connect import ConnectResult
from ringback.diagnosis.layer.neighbours import (
    Neighbour,
    ask_control,
    ask_neighbour,
    neighbour_tasks,
)
from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve
from tests.diagnosis.layer.worlds import scene_of, told

PARTNER = {"role": "partner", "speaks": "http", "as_asked": True, "outcome": "open"}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr(spoken, "ANSWER_TIMEOUT", 20.0)


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


def test_a_partner_that_speaks_what_was_asked(lab):
    met = lab.listen(serve)
    context = scene_of(8080)
    ask_neighbour(context, Neighbour(address=met.host, port=met.port, role="partner"), 20)
    [facts] = told(context, "neighbours", "connect")
    assert PARTNER.items() <= facts.items()
    assert context.readings()[-1].result.endswith(", speaks http")


def test_it_speaks_something_else(lab):
    met = lab.listen(serve)
    context = scene_of(443, "https")
    ask_neighbour(context, Neighbour(address=met.host, port=met.port, role="partner"), 20)
    [facts] = told(context, "neighbours", "connect")
    assert (facts["speaks"], facts["as_asked"]) == ("http", False)


def test_a_gateway_is_not_spoken_to(lab):
    met = lab.listen(serve)
    context = scene_of(443, "https")
    ask_neighbour(context, Neighbour(address=met.host, port=met.port, role="gateway"), 20)
    [facts] = told(context, "neighbours", "connect")
    assert (facts["outcome"], facts["speaks"]) == ("open", None)


def test_a_control(lab, unused_port):
    met = lab.listen(serve)
    context = scene_of(80)
    ask_control(context, f"127.0.0.1:{met.port}", 20)
    ask_control(context, f"127.0.0.1:{unused_port}", 20)
    ask_control(context, "nowhere.invalid:443", 1)
    facts = told(context, "neighbours", "connect")
    assert {neighbour["role"] for neighbour in facts} == {"control"}
    assert [neighbour["outcome"] for neighbour in facts] == ["open", "refused", "unresolved"]
    assert facts[0].keys() == facts[2].keys()


def test_what_has_answered_at_once_is_not_waited_for_long():
    refused = ConnectResult(address="192.0.2.1", port=81, family=4, outcome="refused", seconds=0.05)
    [first, *_] = neighbour_tasks(scene_of(81), {"192.0.2.1": refused})
    assert first.args[-1] == pytest.approx(0.45)
    [first, *_] = neighbour_tasks(scene_of(81), {"192.0.2.1": None})
    assert first.args[-1] == pytest.approx(3.4)


def test_their_connections_are_counted():
    context = scene_of(81)
    for _ in range(12):
        context.may_connect("192.0.2.7", _)
    assert neighbour_tasks(context, {"192.0.2.1": None}) == []
