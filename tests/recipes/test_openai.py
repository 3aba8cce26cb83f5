"""The openai SDK against a service that refuses, breaks off and is silent."""

from __future__ import annotations

import json

import openai
import pytest
from recipes.backend import reset, silent, status

import ringback
from ringback.testing.lab.message import head

pytestmark = pytest.mark.nightly

SAID = {"role": "assistant", "content": "42"}
COMPLETION = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": SAID}],
}  # fmt: skip
BATCH = {
    "id": "batch_1", "object": "batch", "endpoint": "/v1/responses", "input_file_id": "file_1",
    "completion_window": "24h", "status": "validating", "created_at": 1,
}  # fmt: skip


def chunk(word):
    delta = {"index": 0, "finish_reason": None, "delta": {"content": word}}
    said = COMPLETION | {"object": "chat.completion.chunk", "choices": [delta]}
    return f"data: {json.dumps(said)}\n\n".encode()


def streaming(*words, then):
    def act(connection):
        connection.send(head(200, "Content-Type: text/event-stream", "Content-Length: 99999"))
        connection.send(b"".join(map(chunk, words)))
        then(connection)

    return act


@pytest.fixture
def program(load, backend):
    program = load("openai", OPENAI_BASE_URL=f"{backend.url}v1", OPENAI_API_KEY="of this test")
    yield program
    program.client.close()


def test_a_rate_limit_is_waited_for_and_what_may_be_done_twice_is_sent_again(program, backend):
    backend.will(status(429, "Retry-After: 0"), status(503), reset, then=status(200, **COMPLETION))
    assert program.answer("What is it?") == "42"
    assert len(backend.requests) == 4
    assert len({request.headers["idempotency-key"] for request in backend.requests}) == 1


def test_what_may_have_been_processed_is_sent_once(program, backend):
    backend.will(status(429, "Retry-After: 0"), then=status(200, **BATCH))
    assert program.begin_batch("file_1") == "batch_1"
    assert len(backend.requests) == 2

    backend.will(then=reset)
    with pytest.raises(openai.APIConnectionError) as lost:
        program.begin_batch("file_1")
    assert lost.value.__cause__.given_up == "not_idempotent"
    assert ringback.classify(lost.value).delivered == "maybe"
    assert ringback.errors.problem_of(lost.value).status == 502
    assert len(backend.requests) == 1

    backend.will(then=status(503))
    with pytest.raises(openai.InternalServerError) as down:
        program.begin_batch("file_1")
    assert ringback.classify(down.value).kind == "http.error.unavailable"
    assert len(backend.requests) == 1


def test_what_does_not_fit_the_deadline_ends_at_once_and_says_when_to_come_again(program, backend):
    backend.will(then=status(429, "Retry-After: 3600"))
    with ringback.deadline(20), pytest.raises(openai.RateLimitError) as limited:
        program.answer("What is it?")
    assert int(ringback.errors.problem_of(limited.value).headers["Retry-After"]) > 3000
    assert len(backend.requests) == 1

    backend.will(then=silent)
    with ringback.deadline(2), pytest.raises(openai.APITimeoutError) as late:
        program.begin_batch("file_1")
    assert ringback.errors.problem_of(late.value).status == 504


def test_a_stream_that_breaks_off_is_an_error_with_a_kind(program, backend):
    backend.will(then=streaming("4", "2", then=reset))
    shown = []
    with pytest.raises(openai.APIConnectionError) as lost:
        program.streamed("What is it?", shown.append)
    assert "".join(shown) == "42"
    assert ringback.classify(lost.value).kind == "tcp.reset"
    assert len(backend.requests) == 1
