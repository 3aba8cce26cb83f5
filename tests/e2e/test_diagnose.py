"""Every world is diagnosed by the command line as an ordinary user, and held against its truth."""

import pytest
from e2e.judge import misses, summary, unhelpful
from e2e.worlds import FURTHER, WORLDS

pytestmark = [pytest.mark.netns, pytest.mark.visits("diagnosed")]

MAX_SECONDS = 10.0
"""Seconds after which a diagnosis must have ended, whatever the world."""

SHARED = 0.8
"""Confidence of a verdict beside which something else fits as well, at most."""

_SECRETS = ("hunter2", "open-sesame", "old-password", "secret")
_STATUS = {"healthy": 0, "unknown": 3}

_ALL = list(WORLDS.values())


def _by_layer():
    """Of every layer the first world with a fault there, and the first of every place."""
    layers, places = {}, {}
    for world in _ALL:
        if world.name not in FURTHER:
            layers.setdefault(world.expected.layers[0], world)
            places.setdefault(world.expected.where[0], world)
    return list({world.name: world for world in (layers | places).values()}.values())


_OFTEN = _by_layer()
"""Met in every run; the others are ``full``."""

_REST = [world for world in _ALL if world not in _OFTEN]

_SECRETIVE = [
    world for world in _ALL if any(f"{world.target}{world.variables}".count(s) for s in _SECRETS)
]
_HOSTILE = [world for world in _ALL if "hostile" in world.name]


def _marked(worlds):
    """Worlds as parameters: those that are met in every run, or else the first, and the rest."""
    often = [world for world in worlds if world in _OFTEN] or worlds[:1]
    full = pytest.mark.nightly
    return [pytest.param(w, id=w.name, marks=[full] * (w not in often)) for w in worlds]


@pytest.mark.parametrize("world", _marked([*_OFTEN, *_REST]))
def test_the_diagnosis_of_a_world_is_its_truth(world, visit):
    report, said = visit(world, "diagnosed")

    assert report, said.err
    wrong = misses(world, report)
    assert wrong == [], summary(report)
    assert report["elapsed"] <= MAX_SECONDS
    assert said.status == _STATUS.get(report["verdict"]["kind"], 1)
    assert unhelpful(report) == []
    assert not report["verdict"]["alternatives"] or report["verdict"]["confidence"] <= SHARED


@pytest.mark.parametrize("world", _marked(_SECRETIVE))
def test_a_report_keeps_what_is_secret(world, visit):
    _, said = visit(world, "diagnosed")

    assert [secret for secret in _SECRETS if secret in said.out + said.err] == []


@pytest.mark.parametrize("world", _marked(_HOSTILE))
def test_what_others_sent_cannot_write_on_the_terminal(world, visit):
    report, _ = visit(world, "diagnosed")

    assert report["readings"]
    assert [r["result"] for r in report["readings"] if not r["result"].isprintable()] == []
