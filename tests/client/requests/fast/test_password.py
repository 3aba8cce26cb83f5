"""The netrc file is followed, wherever it is and however it changes."""

from __future__ import annotations

import os
import time

import pytest
import requests
from client.requests.fast.variables import only

from ringback.client.requests.fast import FastSession, request
from ringback.client.requests.fast.request import plain_url

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


def test_without_a_file_there_is_no_password(home):
    assert alike() is None


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_the_file_of_the_user_is_read(home, name):
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


def test_a_file_put_in_its_place_is_another_one(home):
    (home / ".netrc").write_text(entry("one"))
    first = alike()
    (home / "other").write_text(entry("two"))
    (home / "other").rename(home / ".netrc")

    assert alike() != first


def test_the_variable_names_another_file(home):
    (home / ".netrc").write_text(entry("one"))
    (home / "named").write_text(entry("two"))
    first = alike()
    os.environ["NETRC"] = str(home / "named")
    second = alike()
    os.environ["NETRC"] = str(home / "missing")

    assert len({first, second, alike()}) == 3


@pytest.mark.parametrize("named", ["~/named", "named", "", "~nobody-of-this-name/named"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_is_found_as_requests_finds_it(home, monkeypatch, named, slash):
    (home / "named").write_text(entry("user"))
    monkeypatch.chdir(home)
    os.environ.update({"NETRC": named, "HOME": f"{home}{slash}"})

    assert bool(alike()) == (named in {"~/named", "named"})


def test_another_user_has_another_file(home):
    for name in ("one", "two"):
        (home / name).mkdir()
        (home / name / ".netrc").write_text(entry(name))
    found = []
    for name in ("one", "two", "three"):
        os.environ["HOME"] = str(home / name)
        found.append(alike())

    assert len(set(found)) == 3


def test_without_a_directory_of_the_user_the_user_database_says_it(home):
    os.environ["HOME"] = ""
    empty = alike()
    del os.environ["HOME"]

    assert alike() == empty


def test_a_settled_file_is_read_once(home, monkeypatch):
    (home / ".netrc").write_text(entry("user"))
    reads = []
    asked = request.get_netrc_auth
    monkeypatch.setattr(request, "get_netrc_auth", lambda url: reads.append(url) or asked(url))
    # As if the file had been there for some time.
    monkeypatch.setattr(request, "time", lambda: time.time() + 10)
    plain = plain_url(URL)

    assert {request.netrc_auth(plain) for _ in range(3)} == {("user", "secret")}
    assert reads == [URL]


def test_a_fresh_file_is_read_each_time(home, monkeypatch):
    (home / ".netrc").write_text(entry("user"))
    reads = []
    asked = request.get_netrc_auth
    monkeypatch.setattr(request, "get_netrc_auth", lambda url: reads.append(url) or asked(url))
    # However long ago that was on a machine that is busy.
    monkeypatch.setattr(request, "time", lambda: (home / ".netrc").stat().st_ctime)
    for _ in range(3):
        request.netrc_auth(plain_url(URL))

    assert len(reads) == 3


def test_a_password_of_the_request_or_the_session_goes_first(home):
    (home / ".netrc").write_text(entry("user"))
    found = set()
    for session in (requests.Session(), FastSession()):
        session.auth = ("session", "x")
        own = requests.Request("GET", URL, auth=("own", "x"))
        found.add((authorized(session), session.prepare_request(own).headers["Authorization"]))
        session.trust_env, session.auth = False, None
        assert authorized(session) is None

    assert len(found) == 1


def test_a_replaced_lookup_is_asked(home, monkeypatch):
    monkeypatch.setattr("requests.sessions.get_netrc_auth", lambda url: ("vault", url))

    assert alike() is not None
