"""A server and a client of gRPC, with a service of HTTP behind the one, and a way that breaks."""

from __future__ import annotations

import grpc
import pytest
from recipes.backend import Front, free_port, reset, silent, status

import ringback

pytestmark = pytest.mark.nightly


@pytest.fixture
def front(lab):
    return Front(lab, free_port())


@pytest.fixture
def program(load, backend, front):
    target = f"127.0.0.1:{front.port}"
    program = load("grpc", PRICES_URL=backend.url, STOCK_TARGET=target)
    program.server.add_insecure_port(f"127.0.0.1:{front.behind}")
    program.server.start()
    yield program
    program.channel.close()
    program.server.stop(None).wait()


def test_a_call_gets_through_a_reset(program, front, backend):
    backend.will(then=status(200, price=5))
    front.acts[:] = [reset]
    assert program.item_of_stock("7") == '{"price": 5}'
    assert [request.target for request in backend.requests] == ["/items/7"]


def test_what_fails_behind_the_server_is_a_status_with_its_kind(program, backend):
    backend.will(then=status(503))
    with pytest.raises(grpc.RpcError) as down:
        program.item_of_stock("7")
    assert down.value.code() is grpc.StatusCode.UNAVAILABLE
    assert down.value.details().startswith("http.error.unavailable: ")
    assert len(backend.requests) == 3


def test_the_deadline_of_the_caller_is_that_of_what_the_server_calls(program, backend):
    backend.will(then=silent)
    with ringback.deadline(2), pytest.raises(grpc.RpcError) as late:
        program.item_of_stock("7")
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert late.value.failure.kind == "client.deadline_exceeded"


def test_what_was_sent_is_not_sent_again(program, front, backend):
    front.acts[:] = [reset] * 99
    with pytest.raises(grpc.RpcError) as lost:
        program.order("7")
    assert lost.value.failure.kind == "tcp.reset"
    assert lost.value.given_up == "not_idempotent"
