import pytest
from monitor.export.stores import DAY, HOUR, NOVEMBER, NOW, change, incident, kept, minutes, outage

from ringback.monitor.export.availability import AVAILABILITY
from ringback.monitor.store.sqlite.reader import SQLiteReader


@pytest.mark.nightly
def test_a_month_of_a_store(tmp_path):
    down = NOVEMBER + 10 * HOUR
    path = kept(
        tmp_path / "ringback.db",
        [
            *minutes(NOVEMBER, down),
            *minutes(down, down + 1800, up=False),
            *minutes(down + 1800, NOVEMBER + DAY),
            *minutes(NOVEMBER + 1.5 * DAY, NOW, seconds=0.3),
        ],
        [change(NOVEMBER, "unknown", "ok"), *outage(down, down + 1800)],
        [incident(down, down + 1800)],
    )
    reader = SQLiteReader(path)
    found = AVAILABILITY.of(reader, ["2026-10", "2026-11"], reader.endpoints(), NOW)
    reader.close()
    (row,) = found
    assert tuple(row) == AVAILABILITY.columns
    assert (row["month"], row["endpoint"]) == ("2026-11", "shop")
    assert (row["known"], row["unknown"], row["down"]) == (1.5 * DAY, 0.5 * DAY, 1800)
    assert row["availability"] == pytest.approx(100 * (1 - 1800 / (1.5 * DAY)))
    assert (row["outages"], row["incidents"], row["repair"]) == (1, 1, 1800)
    assert (row["checks"], row["failed"]) == (2160, 30)
    assert row["p50"] == pytest.approx(0.1, rel=0.03)
    assert row["p95"] == pytest.approx(0.3, rel=0.03)
