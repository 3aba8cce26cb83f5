from ringback.client import origins, routes
from ringback.client.proxies.proxies import (
    FIRST_REST_SECONDS,
    MAX_REST_SECONDS,
    TRIAL_SECONDS,
    Health,
    ProxyState,
)

A, B = "http://u:hunter2@a.test:3128", "http://b.test:3128"


def fail(health, url, now):
    health.failed(url, "proxy.unreachable", now)


def test_where_all_have_failed_the_one_that_rests_least_is_taken():
    health = Health()
    fail(health, A, 0.0)
    fail(health, B, 1.0)
    assert health.best((B, A), 2.0) == (A, True)


def test_it_comes_first_again_after_its_rest():
    health = Health()
    fail(health, A, 0.0)
    assert health.best((A, B), FIRST_REST_SECONDS - 0.1)[0] == B
    assert health.best((A, B), FIRST_REST_SECONDS) == (A, False)


def test_after_its_rest_one_call_tries_it_and_the_others_pass_it_by():
    health = Health()
    fail(health, A, 0.0)
    now = FIRST_REST_SECONDS
    assert [health.best((A, B), now)[0] for _ in range(3)] == [A, B, B]
    assert health.best((A, B), now + TRIAL_SECONDS)[0] == A, "the trial was never told of"


def test_the_rest_grows_with_each_failure_up_to_a_limit():
    health, now, rests = Health(), 0.0, []
    for _ in range(9):
        fail(health, A, now)
        (state,) = health.state(now)
        rests.append(state.rests)
        now += state.rests
        health.best((A,), now)
    assert rests[:4] == [
        FIRST_REST_SECONDS,
        2 * FIRST_REST_SECONDS,
        4 * FIRST_REST_SECONDS,
        8 * FIRST_REST_SECONDS,
    ]
    assert rests[-1] == MAX_REST_SECONDS


def test_of_calls_that_fail_together_one_counts():
    health = Health()
    for number in range(50):
        fail(health, A, number / 100)
    assert health.state(1.0) == (ProxyState("a.test:3128", 1, "proxy.unreachable", 4.0),)


def test_a_success_forgets_everything():
    health = Health()
    fail(health, A, 0.0)
    health.succeeded(A)
    assert health.best((A, B), 0.1) == (A, False)
    assert health.state(0.1) == ()


def test_to_forget_the_origins_forgets_a_dead_proxy():
    known = routes.UNLISTED_PROXIES
    known._health.failed("http://dead:1", "tcp.refused", 0.0)
    assert known.state(0.0)
    origins.forget()
    assert not known.state(0.0)
