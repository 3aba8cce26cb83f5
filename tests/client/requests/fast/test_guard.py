"""What others have put in the place of a library's function is called."""

from __future__ import annotations

import functools
import types

import pytest
import requests
import urllib3
from client.requests.fast.conftest import GUARDS
from requests import sessions

from ringback.client.requests.fast.guard import PatchGuard


@pytest.mark.parametrize("name", GUARDS)
def test_the_libraries_as_they_are_are_known(name):
    assert GUARDS[name].holds()


@pytest.mark.parametrize("name", GUARDS)
def test_each_function_is_watched(name, monkeypatch):
    watch = GUARDS[name]
    owners = [(owner, read) for read, owner, _ in watch._parts]
    assert owners
    for owner, read in owners:
        names = read.__reduce__()[1]
        for attribute in names:
            with monkeypatch.context() as patch:
                patch.setattr(owner, attribute, object())
                assert not watch.holds(), (owner, attribute)
            assert watch.holds()


def test_a_wrapper_that_was_there_first_is_not_taken_for_the_original(monkeypatch):
    @functools.wraps(sessions.merge_setting)
    def traced(*args, **kwargs):
        """Stands for a tracer's."""

    monkeypatch.setattr(sessions, "merge_setting", traced)

    assert not PatchGuard({sessions: "merge_setting"}).holds()


@pytest.mark.parametrize(
    "replaced", [object(), None, types.SimpleNamespace(__code__=0), PatchGuard]
)
def test_what_is_no_function_of_the_libraries_is_not_taken_for_one(monkeypatch, replaced):
    monkeypatch.setattr(sessions, "merge_setting", replaced)

    assert not PatchGuard({sessions: "merge_setting"}).holds()


def test_a_name_that_a_version_lacks_turns_it_off():
    assert not PatchGuard({sessions: "merge_setting not_there"}).holds()


def test_properties_and_classes_are_watched():
    watch = PatchGuard(
        {requests.Response: "content", sessions: "PreparedRequest", urllib3: "Timeout"}
    )

    assert watch.holds()


def test_both_of_two_have_to_hold(monkeypatch):
    both = PatchGuard({sessions: "merge_setting"}) + PatchGuard({sessions: "merge_hooks"})
    assert both.holds()
    monkeypatch.setattr(sessions, "merge_hooks", None)

    assert not both.holds()
