import json
import re
from time import time
from types import SimpleNamespace

import pytest

from ringback import Policy, Session, errors
from ringback.errors import CLASS_OF_KIND, RingbackError, error_class, problem_of, tree
from ringback.failure import KINDS, Failure

NAMELESS = {"unknown", "not_a_connection_failure"}


def test_every_kind_has_a_class():
    assert {kind for kind in KINDS if error_class(kind) is RingbackError} == NAMELESS


def test_every_entry_of_the_table_is_used():
    kinds = tuple(KINDS)
    assert [
        p for p in CLASS_OF_KIND if not any(k == p or k.startswith(f"{p}.") for k in kinds)
    ] == []


def test_a_refinement_unknown_here_gets_its_parents_class():
    assert error_class("tcp.refused.by_firewall") is errors.ConnectionRefused


def test_the_documented_tree_is_the_tree():
    drawn: list[tuple[int, str]] = [
        (len(indent) // 4, name)
        for indent, name in re.findall(r"^((?:    )+)(\w+)$", errors.__doc__ or "", re.MULTILINE)
    ]

    def walk(cls: type, depth: int) -> list[tuple[int, str]]:
        own = [sub for sub in cls.__subclasses__() if sub.__module__ == tree.__name__]
        return [(depth, cls.__name__), *(line for sub in own for line in walk(sub, depth + 1))]

    assert drawn == walk(RingbackError, 1)


STATUSES = {
    "url.invalid": 500,
    "config.tls_files_invalid": 500,
    "client.closed": 500,
    "unknown": 500,
    "client.deadline_exceeded": 504,
    "tcp.timed_out": 504,
    "http.response.timed_out": 504,
    "http.response.body_timed_out": 504,
    "client.circuit_open": 503,
    "client.pool_exhausted": 503,
    "tcp.refused": 503,
    "dns.temporary_failure": 503,
    "http.error.rate_limited": 503,
    "http.error.unavailable": 503,
    "tls.cert.date_invalid.expired": 502,
    "dns.name_not_resolved": 502,
    "tcp.reset": 502,
    "http.response.invalid.empty": 502,
    "http.error.gateway": 502,
    "http.error": 502,
    "service.rejected": 502,
}


def error_with(kind):
    error = error_class(kind)("to db.internal:5432")
    error.failure = Failure(kind, delivered=KINDS[kind].delivered, message="to db.internal:5432")
    return error


@pytest.mark.parametrize("kind", STATUSES)
def test_the_status_says_whose_fault_it_is(kind):
    assert problem_of(error_with(kind)).status == STATUSES[kind]


def test_every_kind_is_a_problem_that_names_nothing_of_what_was_called():
    for kind in KINDS:
        problem = problem_of(error_with(kind), retry_after=7)
        assert problem.status in {500, 502, 503, 504}, kind
        assert ("Retry-After" in problem.headers) == (problem.status == 503), kind
        assert json.loads(problem.body) == dict(problem.document), kind
        assert problem.document["kind"] == kind
        assert b"db.internal" not in problem.body, kind


def test_when_to_come_again_is_what_the_service_said_or_what_the_application_says():
    error = error_with("http.error.rate_limited")
    assert "Retry-After" not in problem_of(error).headers
    assert problem_of(error, retry_after=7).headers["Retry-After"] == "7"
    error.retry_at = time() + 29.5
    assert int(problem_of(error, retry_after=7).headers["Retry-After"]) in range(2, 31)
    error.retry_at = time() - 5
    assert problem_of(error).headers["Retry-After"] == "1"


def test_what_wraps_it_passes_on_when_to_come_again():
    error, wrapper = error_with("http.error.rate_limited"), RuntimeError("the library says no")
    error.retry_at, wrapper.__cause__ = time() + 100, error
    assert int(problem_of(wrapper).headers["Retry-After"]) > 7

    error.retry_at = None
    wrapper.response = SimpleNamespace(retry_at=time() + 50)
    assert int(problem_of(wrapper).headers["Retry-After"]) in range(8, 51)


def test_an_exception_that_lost_its_failure_on_the_way_is_one_of_no_known_kind():
    carried = errors.ConnectionRefused("as a queue of tasks kept it")
    assert carried.failure.kind == "unknown"
    assert problem_of(carried).status == 500


def test_what_others_raised_is_named_first():
    assert problem_of(ConnectionRefusedError(111, "Connection refused")).status == 503
    assert problem_of(KeyError("price")).document["kind"] == "unknown"


def test_a_status_that_is_raised_knows_when_to_come_again(lab):
    url = lab.start("http.error.unavailable", "retry_after_seconds").url
    with Session(policy=Policy(attempts=1), sinks=[]) as session:
        response = session.get(url)
    with pytest.raises(OSError, match="503") as caught:
        response.raise_for_status()
    assert caught.value.retry_at == response.retry_at is not None
    assert problem_of(caught.value).status == 503
