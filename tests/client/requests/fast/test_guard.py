"""What others have put in the place of a library's function is called."""

from __future__ import annotations

import functools
import types

import pytest
from client.requests.fast.conftest import GUARDS
from requests import sessions

from ringback.client.requests.fast.guard import PatchGuard


def test_the_libraries_as_they_are_are_known():
    assert [name for name, watch in GUARDS.items() if not watch.holds()] == []


def test_each_function_is_watched(monkeypatch):
    missed = []
    for watch in GUARDS.values():
        for read, owner, _ in watch._parts:
            for attribute in read.__reduce__()[1]:
                with monkeypatch.context() as patch:
                    patch.setattr(owner, attribute, object())
                    missed += [(owner, attribute)] * watch.holds()
    assert missed == []
    assert all(watch.holds() for watch in GUARDS.values())


@functools.wraps(sessions.merge_setting)
def traced(*args, **kwargs):
    """Stands for a tracer's."""


@pytest.mark.parametrize("replaced", [traced, None, types.SimpleNamespace(__code__=0)])
def test_what_was_there_first_is_not_taken_for_the_original(monkeypatch, replaced):
    monkeypatch.setattr(sessions, "merge_setting", replaced)

    assert not PatchGuard({sessions: "merge_setting"}).holds()
