import pytest
from monitor.web.asking import TOKENS, Asking, bearer
from monitor.web.service import MemoryService

from ringback.monitor.web.settings import WebSettings

ALERT = {
    "labels": {"alertname": "InstanceDown", "instance": "https://shop.invalid/health"},
    "annotations": {"summary": "it is down"},
    "startsAt": "2026-11-21T11:59:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
}


class Taking(MemoryService):
    def __init__(self):
        super().__init__()
        self.taken = []

    def ingest(self, checks):
        self.taken += checks
        return len(self.taken)


def test_alerts_are_failed_checks_and_what_still_fires_is_known_to_the_next_post():
    asking = Asking(Taking())
    other = ALERT | {"labels": ALERT["labels"] | {"alertname": "Slow"}}
    for alerts in ([ALERT, other], [ALERT | {"status": "resolved"}]):
        response = asking.post("/api/v2/alerts", json=alerts)
        assert (response.status_code, response.json()) == (200, {})

    found = [(report.origin, report.check.up) for report in asking.service.taken]
    assert found == [("https://shop.invalid:443", False)] * 2


@pytest.mark.parametrize(
    "sent", [b"", b"no json", b"3", b'[{"labels": 1}, 2]', b'{"alerts": [[]]}', b"[" * 100_000]
)
def test_what_is_no_list_of_alerts_is_refused(sent):
    response = Asking(Taking()).post("/api/v2/alerts", content=sent)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


def test_where_there_are_tokens_one_to_push_is_needed():
    asking = Asking(Taking(), WebSettings(tokens=TOKENS))

    assert asking.post("/api/v2/alerts", json=[]).status_code == 401
    assert asking.post("/api/v2/alerts", json=[], headers=bearer("reader")).status_code == 403
    assert asking.post("/api/v2/alerts", json=[], headers=bearer("program")).status_code == 200
