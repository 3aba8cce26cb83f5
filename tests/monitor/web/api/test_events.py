from monitor.ingest.batches import body, failed, worked
from monitor.web.asking import TOKENS, Asking, bearer
from monitor.web.service import NOW, MemoryService

from ringback.monitor.ingest.shares import MAX_DEBT
from ringback.monitor.web.settings import WebSettings


def asked(sent, times=1):
    asking = Asking(MemoryService())
    answers = [asking.post("/api/v1/events", content=sent) for _ in range(times)]
    return answers[-1], asking.service.taken


def test_what_a_program_reports_goes_to_the_monitor():
    sent = body(worked(at=NOW - 1, calls=5), failed(at=NOW), sent_at=NOW)
    answer, taken = asked(sent)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 6})
    assert [report.check.up for report in taken] == [True, False]


def test_a_batch_that_comes_again_is_accepted_and_counts_for_nothing():
    sent = body(failed(at=NOW), sent_at=NOW, id="f3c8-again")
    answer, taken = asked(sent, times=2)
    assert (answer.status_code, answer.json(), len(taken)) == (202, {"accepted": 0}, 1)


def test_what_cannot_be_read_or_is_too_much_is_refused():
    answer, taken = asked(b"{}")
    assert (answer.status_code, answer.json()["detail"], taken) == (400, "version is not 1", [])
    assert asked(b" " * 1_100_000)[0].status_code == 413


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


def test_where_there_are_tokens_one_to_push_is_needed():
    asking = Asking(MemoryService(), WebSettings(tokens=TOKENS))
    sent = body(failed(at=NOW), sent_at=NOW)
    answers = [
        asking.post("/api/v1/events", content=sent, headers=headers).status_code
        for headers in ({}, bearer("reader"), bearer("program"))
    ]
    assert answers == [401, 403, 202]
