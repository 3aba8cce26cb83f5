"""The netrc file is followed, wherever it is and however it changes."""

from __future__ import annotations

import os

import pytest
import requests
from client.requests.fast.variables import only

from ringback.client.requests.fast import FastSession

URL = "http://example.com/"
LONG_AGO = 1_000_000_000


def entry(login, secret="secret", host="example.com"):
    return f"machine {host} login {login} password {secret}\n"


@pytest.fixture
def home(tmp_path):
    with only({"HOME": str(tmp_path)}):
        yield tmp_path


def authorized(session, url=URL):
    request = session.prepare_request(requests.Request("GET", url))
    return request.headers.get("Authorization")


def alike(url=URL):
    ours = authorized(FastSession(), url)
    assert ours == authorized(requests.Session(), url)
    return ours


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_the_file_of_the_user_is_read(home, name):
    assert alike() is None
    (home / name).write_text(entry("user"))

    assert alike().startswith("Basic ")
    assert alike("http://example.org/") is None


def test_a_file_that_appears_changes_and_goes_is_followed(home):
    file, seen = home / ".netrc", []
    for text in (entry("one"), entry("two"), None, entry("six"), "nonsense", entry("ten")):
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
        seen += [alike(), alike()]

    assert len(set(seen)) == 5
    assert seen[::2] == seen[1::2]


def test_a_file_as_long_and_as_old_is_another_one(home):
    file = home / ".netrc"
    file.write_text(entry("one"))
    os.utime(file, (LONG_AGO, LONG_AGO))
    first = alike()
    file.write_text(entry("two"))
    os.utime(file, (LONG_AGO, LONG_AGO))

    assert alike() != first


def test_the_variables_name_another_file(home, monkeypatch):
    (home / "named").write_text(entry("user"))
    monkeypatch.chdir(home)
    found = set()
    for named in ("~/named", "named", "", "~nobody-of-this-name/named", str(home / "missing")):
        for slash in ("", "/"):
            os.environ.update({"NETRC": named, "HOME": f"{home}{slash}"})
            found |= {named} if alike() else set()

    assert found == {"~/named", "named"}
