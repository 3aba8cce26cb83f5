import pytest

from ringback import Policy
from ringback.client.call import Clock, KnownCall
from ringback.client.proxies import Proxies
from ringback.client.routes import RouteSelector
from ringback.event import Listeners
from ringback.failure import Failure, Target

A, B = "http://u:hunter2@a.test:3128", "http://b.test:3128"
CALL = KnownCall(Target("https://old.example/", "https", "old.example", 443), "GET")
EXPIRED = Failure("tls.cert.date_invalid.expired", "tls", "no")
UNREACHABLE = Failure("proxy.unreachable", "connect", "no")
NAMED = Policy(insecure_hosts={"old.example"}, direct_hosts={"old.example"})


@pytest.fixture
def events():
    return []


@pytest.fixture
def ways(events):
    def make(policy, *proxies):
        clock = Clock(monotonic=lambda: 0.0)
        return RouteSelector(
            CALL.target.url, policy, Proxies(proxies), Listeners([events.append]), clock
        )

    return make


def test_it_begins_verified_and_through_the_first_proxy(ways, events):
    way = ways(NAMED, A, B).begin(CALL)
    assert way.verify
    assert way.choice.url == A
    assert events == []


def test_a_certificate_that_fails_is_passed_by_where_the_policy_says_so(ways, events):
    one = ways(NAMED, A)
    first = one.begin(CALL)
    around = one.around(CALL, EXPIRED)
    assert around.choice is first.choice
    assert not around.verify
    assert [(event.what, event.failure) for event in events] == [("fallback", EXPIRED)]
    assert events[0].detail == (
        "verification of the server's certificate, which failed (tls.cert.date_invalid.expired)"
    )
    assert one.around(CALL, EXPIRED) is None, "there is no second way around"


def test_each_attempt_begins_verified(ways, events):
    one = ways(NAMED)
    for _ in range(3):
        assert one.begin(CALL).verify
        assert not one.around(CALL, EXPIRED).verify
    assert len(events) == 3


@pytest.mark.parametrize("policy", [Policy(), Policy(insecure_hosts={"example"})])
def test_a_host_that_is_not_named_is_never_called_unverified(ways, events, policy):
    one = ways(policy)
    one.begin(CALL)
    assert one.around(CALL, EXPIRED) is None
    assert events == []


def test_behind_a_proxy_over_tls_nothing_is_called_unverified(ways):
    one = ways(NAMED, "https://secure-proxy.test")
    one.begin(CALL)
    assert one.around(CALL, EXPIRED) is None


def test_a_failed_proxy_is_left_to_the_next_attempt_while_there_is_another(ways, events):
    one = ways(NAMED, A, B)
    one.begin(CALL)
    assert one.around(CALL, UNREACHABLE) is None
    assert one.begin(CALL).choice.url == B
    assert events == []


def test_when_every_proxy_has_failed_a_named_host_is_called_directly_at_once(ways, events):
    one = ways(NAMED, A, B)
    one.begin(CALL)
    one.around(CALL, UNREACHABLE)
    one.begin(CALL)
    around = one.around(CALL, UNREACHABLE)
    assert around.choice.url is None
    assert around.verify
    assert [(event.what, event.detail) for event in events] == [
        ("fallback", "the failed proxy a.test:3128, b.test:3128")
    ]
    assert "hunter2" not in repr(events)


def test_while_every_proxy_rests_each_direct_call_is_told(ways, events):
    one = ways(NAMED, A)
    one.begin(CALL)
    one.around(CALL, UNREACHABLE)
    assert one.begin(CALL).choice.url is None
    assert [event.what for event in events] == ["fallback", "fallback"]


def test_a_host_that_is_not_named_is_never_called_directly(ways, events):
    one = ways(Policy(), A)
    one.begin(CALL)
    assert one.around(CALL, UNREACHABLE) is None
    assert one.begin(CALL).choice.url == A
    assert events == []


@pytest.mark.parametrize("kind", ["proxy.denied", "proxy.auth_required", "proxy.upstream_failed"])
def test_what_a_proxy_answers_is_no_reason_to_pass_it_by(ways, kind):
    one = ways(NAMED, A)
    one.begin(CALL)
    assert one.around(CALL, Failure(kind, "proxy", "no")) is None
    assert one.begin(CALL).choice.url == A


def test_what_may_have_been_sent_is_not_sent_another_way(ways):
    one = ways(NAMED, A)
    one.begin(CALL)
    assert one.around(CALL, Failure("proxy.no_response", "proxy", "maybe")) is None


def test_directly_the_certificate_is_verified_first_again(ways, events):
    one = ways(NAMED, A)
    one.begin(CALL)
    assert not one.around(CALL, EXPIRED).verify
    around = one.around(CALL, UNREACHABLE)
    assert around.choice.url is None
    assert around.verify
    assert not one.around(CALL, EXPIRED).verify
    assert one.around(CALL, EXPIRED) is None
    assert len(events) == 3


def test_candidates_can_be_given_and_their_health_is_known(ways):
    one = ways(Policy())
    assert one.begin(CALL, (A, B)).choice.url == A
    one.around(CALL, UNREACHABLE)
    assert one.begin(CALL, (A, B)).choice.url == B
    one.succeeded()
