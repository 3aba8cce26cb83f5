import pickle

import pytest
from client.proxies.environ import environ

from ringback import errors
from ringback.client.proxies import Proxies, ProxyChoice
from ringback.failure import KINDS, Failure

A, B = "http://u:hunter2@a.test:3128", "http://b.test:3128"
URL = "https://target.example/"


def failure(kind):
    return Failure(kind, delivered="no")


def taken(proxies, now=0.0, url=URL, **options):
    return proxies.choose(url, now, **options).url


# Which there are


@pytest.mark.parametrize(
    ("named", "url", "expected"),
    [
        (A, URL, (A,)),
        ("a.test:3128", URL, ("http://a.test:3128",)),
        ([A, B], URL, (A, B)),
        ((), URL, ()),
        ({"https": [A, B], "http": B}, URL, (A, B)),
        ({"https": [A, B], "http": B}, "http://target.example/", (B,)),
        ({"http": A}, URL, ()),
        ({"all": A, "https://target.example": B}, URL, (B,)),
        ({"all": A, "all://Target.example": B}, URL, (B,)),
        ({"https": A, "all://target.example": B}, URL, (A,)),
        ("socks5h://s.test", URL, ("socks5h://s.test",)),
    ],
)
def test_what_is_named_is_there(named, url, expected):
    with environ(all_proxy="http://environment.test"):
        assert Proxies(named).candidates(url) == expected


def test_without_a_name_the_environment_counts():
    with environ(all_proxy=B, no_proxy="direct.test"):
        assert Proxies().candidates(URL) == (B,)
        assert Proxies().candidates("http://direct.test/") == ()
        assert Proxies(A).candidates("http://direct.test/") == (A,), "exceptions of its own"


@pytest.mark.parametrize("no_proxy", ["target.example", ["x.test", "target.example"], "*"])
def test_own_exceptions_are_called_directly(no_proxy):
    assert Proxies(A, no_proxy=no_proxy).choose(URL, 0.0) == ProxyChoice(None)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("ftp://a.test", "its scheme must be one of http, https, socks4"),
        ("http://", "it names no host"),
        ("http://a.test:port", "its host or port cannot be read"),
        ("http://[::1", "its host or port cannot be read"),
        ("http://u:hunter2@a.test:99999", "its host or port cannot be read"),
        ("http://u:hunter2/@a.test:99", "its host or port cannot be read"),
        ("http:/u:hunter2@a.test:99", "its scheme is not followed by ://"),
    ],
)
def test_what_is_no_proxy_is_refused_at_once(setting, says):
    with pytest.raises(errors.ProxySettingInvalid, match=says) as caught:
        Proxies([B, setting])
    assert isinstance(caught.value, ValueError)
    assert caught.value.failure.kind == "config.proxy_invalid"
    assert "hunter2" not in str(caught.value)


# Which is taken


def test_only_two_kinds_are_the_proxys_own_failure():
    own = set()
    for kind in KINDS:
        proxies = Proxies([A, B])
        if proxies.failed(proxies.choose(URL, 0.0), failure(kind), 0.0):
            own.add(kind)
            assert taken(proxies) == B
        else:
            assert taken(proxies) == A
    assert own == {"proxy.unreachable", "proxy.no_response"}


@pytest.mark.parametrize(
    "answer",
    [
        failure("proxy.upstream_failed"),
        failure("proxy.auth_required"),
        Failure("http.error.unavailable", delivered="yes"),
    ],
)
def test_a_proxy_that_answers_or_leads_to_an_answer_is_well(answer):
    proxies = Proxies([A, B])
    choice = proxies.choose(URL, 0.0)
    proxies.failed(choice, failure("proxy.unreachable"), 0.0)
    proxies.failed(choice, answer, 0.0)
    assert taken(proxies) == A


# Directly


def test_a_named_host_is_called_directly_once_every_proxy_has_failed():
    proxies, named = Proxies([A, B]), {"target.example"}
    for expected in (A, B):
        choice = proxies.choose(URL, 0.0, direct_hosts=named)
        assert choice == ProxyChoice(expected)
        assert choice.told == ""
        proxies.failed(choice, failure("proxy.unreachable"), 0.0)
    choice = proxies.choose(URL, 0.0, direct_hosts=named)
    assert choice == ProxyChoice(None, ("a.test:3128", "b.test:3128"))
    assert choice.told == "the failed proxy a.test:3128, b.test:3128"
    assert taken(proxies, 6.0, direct_hosts=named) == A, "the proxy is tried again"


# What is kept


def test_it_pickles_without_what_is_known_of_health():
    proxies = Proxies([A, B], no_proxy="x.test")
    proxies.failed(proxies.choose(URL, 0.0), failure("proxy.unreachable"), 0.0)
    restored = pickle.loads(pickle.dumps(proxies))
    assert restored.candidates(URL) == (A, B)
    assert restored.candidates("http://x.test/") == ()
    assert restored.state(0.0) == ()


def test_nothing_shows_a_password():
    proxies = Proxies([A])
    choice = proxies.choose(URL, 0.0)
    assert choice.proxy == "a.test:3128"
    shown = f"{proxies!r} {choice!r} {proxies.state(0.0)!r} {proxies._settings!r}"
    assert "hunter2" not in shown
