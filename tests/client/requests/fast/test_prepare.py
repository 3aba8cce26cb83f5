"""A request is prepared as requests prepares it, down to the last attribute."""

from __future__ import annotations

import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from ringback.client.requests.fast import FastSession
from ringback.client.requests.fast.request import prepared_request

WORDS = st.text(st.characters(max_codepoint=0x2FF), max_size=8)
TOKENS = st.text(st.sampled_from("aAbBzZ09-_.:\n\r üé"), max_size=8)
NAMES = (
    st.sampled_from(
        ["Accept", "accept", "USER-AGENT", "Content-Type", "content-length", "Host", "Cookie"]
    )
    | TOKENS
)
VALUES = (
    st.sampled_from(["x", "", " x", "x ", "a\tb", "a\r\n b", "a\nb", "ü", "€", "1"])
    | WORDS
    | st.binary(max_size=5)
    | st.none()
    | st.integers()
)
HEADERS = (
    st.none()
    | st.dictionaries(NAMES, VALUES, max_size=4)
    | st.dictionaries(NAMES, VALUES.filter(bool), max_size=3).map(CaseInsensitiveDict)
)
PARAMS = (
    st.none()
    | st.dictionaries(WORDS, WORDS | st.integers() | st.none() | st.lists(WORDS), max_size=3)
    | st.lists(st.tuples(WORDS, WORDS), max_size=3)
    | WORDS
    | st.binary(max_size=4)
)
COOKIES = st.none() | st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=2)
DATA = (
    st.none()
    | WORDS
    | st.binary(max_size=8)
    | st.dictionaries(WORDS, WORDS | st.lists(WORDS), max_size=2)
    | st.lists(st.tuples(WORDS, WORDS), max_size=2)
)
JSON = st.none() | st.dictionaries(WORDS, st.floats() | WORDS, max_size=2) | st.lists(WORDS)
METHODS = st.sampled_from(
    ["GET", "get", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X-Y"]
)
URLS = st.sampled_from(
    [
        "http://example.com/",
        "http://example.com/a/b?c=d",
        "https://example.com:8443/%C3%BC",
        "http://example.com",
        "http://u:p@example.com/",
        "http://example.com/ü?ä=ö#frag",
        "http://example.com/a/../b",
        "http://bücher.example/",
        "ftp://example.com/",
        "example.com",
        "",
        b"http://example.com/bytes",
    ]
)
AUTH = st.sampled_from([None, ("u", "p"), ("ü", ""), (), "token"])
REQUESTS = st.fixed_dictionaries(
    {"method": METHODS, "url": URLS},
    optional={
        "headers": HEADERS,
        "params": PARAMS,
        "cookies": COOKIES,
        "data": DATA,
        "json": JSON,
        "auth": AUTH,
    },
)
SESSIONS = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.dictionaries(NAMES, VALUES, max_size=3),
        "params": st.dictionaries(WORDS, WORDS, max_size=2),
        "cookies": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=2),
        "auth": AUTH,
        "trust_env": st.just(False),
    },
)


def with_settings(session, settings):
    session.trust_env = settings.get("trust_env", True)
    session.headers.update(settings.get("headers", {}))
    session.params.update(settings.get("params", {}))
    session.cookies.update(settings.get("cookies", {}))
    session.auth = settings.get("auth")
    return session


def jar(cookies):
    """The same, but for the second in which it was used."""
    unlike = {"_cookies_lock", "_now"}
    state = {name: value for name, value in vars(cookies).items() if name not in unlike}
    state["_policy"] = {**vars(state["_policy"]), "_now": None}
    return {**state, "_cookies": [vars(cookie) for cookie in cookies]}


def described(request):
    """Everything of a prepared request, or how preparing it failed."""
    state = dict(vars(request))
    headers, cookies, body = state.pop("headers"), state.pop("_cookies"), state.pop("body")
    hooks = state.pop("hooks")
    if hasattr(body, "read"):
        body = body.read()
    return {
        **state,
        "hooks": {event: [hook.__name__ for hook in found] for event, found in hooks.items()},
        "kind": (type(request), type(headers), type(cookies), type(body)),
        "headers": list(vars(headers)["_store"].items()),
        "cookies": jar(cookies),
        "body": body,
    }


def outcome(session, request):
    try:
        return described(session.prepare_request(request))
    except Exception as error:  # noqa: BLE001 - whatever is raised is compared
        return type(error), str(error)


@given(request=REQUESTS, settings=SESSIONS)
def test_a_request_is_prepared_alike(request, settings):
    plain, ours = (
        outcome(with_settings(session, settings), requests.Request(**request))
        for session in (requests.Session(), FastSession())
    )

    assert ours == plain


def test_an_ordinary_request_takes_the_fast_path_and_an_odd_one_does_not():
    request = requests.Request("GET", "http://example.com/a", params={"b": "c"})

    assert prepared_request(FastSession(), request).url == "http://example.com/a?b=c"
    for odd in (
        requests.Request("GET", "http://example.com"),
        requests.Request("GET", "http://example.com/", headers={b"A": "b"}),
    ):
        assert prepared_request(FastSession(), odd) is None


def test_what_is_prepared_shares_nothing_with_the_session_or_another():
    session = FastSession()
    first, second = (
        session.prepare_request(requests.Request("GET", "http://example.com/")) for _ in "12"
    )
    first.headers["X-Own"] = "1"
    first.hooks["response"].append(print)
    first._cookies.set("a", "b")

    assert "X-Own" not in session.headers
    assert "X-Own" not in second.headers
    assert second.hooks == {"response": []}
    assert not list(second._cookies)
