import pytest

from ringback import Policy
from ringback.client.call import Clock, Failed, KnownCall
from ringback.client.drive_sync import by_routes
from ringback.client.proxies import Proxies
from ringback.client.routes import RouteSelector
from ringback.event import Listeners
from ringback.failure import Failure, Target
from ringback.retry import Repeatable, Timeout

A = "http://a.test:3128"
CALL = KnownCall(Target("https://old.example/", "https", "old.example", 443), "GET")
EXPIRED = Failure("tls.cert.date_invalid.expired", "tls", "no")
UNREACHABLE = Failure("proxy.unreachable", "connect", "no")
NAMED = Policy(insecure_hosts={"old.example"}, direct_hosts={"old.example"})


def routes():
    clock = Clock(monotonic=lambda: 0.0)
    return RouteSelector(CALL.target.url, NAMED, Proxies(A), Listeners([]), clock)


def test_what_may_have_been_sent_is_not_sent_another_way():
    selector = routes()
    selector.begin(CALL)
    assert selector.around(CALL, Failure("proxy.no_response", "proxy", "maybe")) is None


ROUTED = Repeatable(idempotent=False)


class Routed:
    """A call that keeps the routes that it took."""

    target, method, candidates = CALL.target, CALL.method, None

    def __init__(self):
        self.routes, self.taken = routes(), []

    def take(self, route):
        self.taken.append((route.choice.url, route.verify))


@pytest.mark.parametrize(
    ("outcomes", "taken"),
    [
        (["through"], [(A, True)]),
        ([Failed(EXPIRED, ROUTED), "through"], [(A, True), (A, False)]),
        ([Failed(EXPIRED, ROUTED), Failed(EXPIRED, ROUTED)], [(A, True), (A, False)]),
        ([Failed(EXPIRED, Repeatable(True, replayable=False))], [(A, True)]),
        ([Failed(UNREACHABLE, ROUTED), "through"], [(A, True), (None, True)]),
    ],
)
def test_one_attempt_takes_the_ways_around_what_fails_at_once(outcomes, taken):
    call, left = Routed(), list(outcomes)
    assert by_routes(lambda limits: left.pop(0), call, Timeout()) == outcomes[-1]
    assert (call.taken, left) == (taken, [])
