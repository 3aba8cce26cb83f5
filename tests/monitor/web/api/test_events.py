import pytest
from monitor.ingest.batches import body, failed, worked
from monitor.web.asking import TOKENS, Asking, bearer
from monitor.web.service import NOW, MemoryService

from ringback.monitor.ingest.shares import MAX_DEBT
from ringback.monitor.web.settings import WebSettings


def test_what_a_program_reports_goes_to_the_monitor_once():
    asking = Asking(MemoryService())
    sent = body(worked(at=NOW - 1, calls=5), failed(at=NOW), sent_at=NOW, id="f3c8-again")
    for accepted in (6, 0):
        answer = asking.post("/api/v1/events", content=sent)
        assert (answer.status_code, answer.json()) == (202, {"accepted": accepted})
    assert [report.check.up for report in asking.service.taken] == [True, False]


def test_what_cannot_be_read_or_is_too_much_is_refused():
    asking = Asking(MemoryService())
    answer = asking.post("/api/v1/events", content=b"{}")
    assert (answer.status_code, answer.json()["detail"]) == (400, "version is not 1")
    assert asking.post("/api/v1/events", content=b" " * 1_100_000).status_code == 413
    assert asking.service.taken == []


def test_more_than_can_be_taken_is_answered_429_and_counted():
    asking = Asking(MemoryService())
    asking.app.state.site.shares.charge("another", 3 * MAX_DEBT)
    sent = body(failed(at=NOW), sent_at=NOW)
    for path in ("/api/v1/events", "/api/v2/alerts"):
        answer = asking.post(path, content=sent)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert 'ringback_reported_total{what="refused"} 2' in asking.get("/metrics").text


def test_large_batch_is_taken_by_turns():
    asking = Asking(MemoryService())
    sent = body(*[failed(at=NOW)] * 120, sent_at=NOW)
    turns = []
    asking.service.ingest = lambda checks: turns.append(len(checks)) or len(checks)
    answer = asking.post("/api/v1/events", content=sent)
    assert (answer.json(), turns) == ({"accepted": 120}, [50, 50, 20])


@pytest.mark.parametrize(("path", "taken"), [("/api/v1/events", 202), ("/api/v2/alerts", 200)])
def test_where_there_are_tokens_one_to_push_is_needed(path, taken):
    asking = Asking(MemoryService(), WebSettings(tokens=TOKENS))
    sent = body(sent_at=NOW) if taken == 202 else b"[]"
    answers = [
        asking.post(path, content=sent, headers=headers).status_code
        for headers in ({}, bearer("reader"), bearer("program"))
    ]
    assert answers == [401, 403, taken]
