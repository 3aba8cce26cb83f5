"""Celery's own worker, with a queue of files, and the services that its tasks call."""

from __future__ import annotations

import pytest
from celery import Celery
from recipes.backend import reset, status
from until import until

from ringback import errors

pytestmark = pytest.mark.nightly

FOLDERS = ("data_folder_in", "data_folder_out", "control_folder")
WORKER = (
    "-m",
    "celery",
    "-A",
    "tasks",
    "worker",
    "--pool=threads",
    "--concurrency=2",
    "--loglevel=INFO",
)


@pytest.fixture
def worker(started, tmp_path, backend):
    queue, results = tmp_path / "queue", tmp_path / "results"
    queue.mkdir()
    results.mkdir()
    settings = {
        "broker_url": "filesystem://",
        "broker_transport_options": {name: str(queue) for name in FOLDERS},
        "result_backend": f"file://{results}",
    }
    lines = (f"{name} = {value!r}\n" for name, value in settings.items())
    (tmp_path / "celeryconfig.py").write_text("".join(lines), "utf-8")
    process, log = started("celery", "", "tasks.py", *WORKER, SERVICES_URL=backend.url)
    until(lambda: process.poll() is not None or "ready." in log.read_text("utf-8"))
    assert process.poll() is None, log.read_text("utf-8")
    with Celery("shop", config_source=settings) as app:
        yield app


def done(worker, name, *arguments):
    return worker.send_task(f"tasks.{name}", arguments)


def test_a_payment_outlasts_the_attempts_and_is_known_again(worker, backend):
    later = status(503, "Retry-After: 1")
    backend.will(reset, later, later, then=status(200, paid=True))

    result = done(worker, "pay", 7)

    assert result.get(timeout=120) == {"paid": True}
    keys = [request.headers["idempotency-key"] for request in backend.requests]
    assert keys == [result.id] * 4


def test_what_fails_the_next_time_as_well_is_not_run_again(worker, backend):
    backend.will(then=status(403))
    with pytest.raises(errors.AccessDenied) as refused:
        done(worker, "pay", 7).get(timeout=120)
    assert refused.value.failure.kind == "unknown"  # as the page says
    assert len(backend.requests) == 1


def test_a_letter_that_may_have_arrived_is_not_sent_again(worker, backend):
    backend.will(then=reset)
    with pytest.raises(errors.ConnectionReset):
        done(worker, "send_letter", "somebody").get(timeout=120)
    assert len(backend.requests) == 1
