import csv
import importlib
import io
import json

import pytest
from monitor.export.stores import CERTIFICATE, NOVEMBER, check, incident
from requires import requires

from ringback.incident.replay import checks_of
from ringback.monitor.export import formats
from ringback.monitor.export.formats import CHECK_COLUMNS, INCIDENT_COLUMNS, check_row, incident_row

CHECKS = [
    check(NOVEMBER, timings={"connect": 0.02}, certificate=CERTIFICATE, address="192.0.2.1"),
    check(NOVEMBER + 1, up=False, status=503, detail='said "no",\nthen nothing', vantage="here"),
    check(NOVEMBER + 2, up=None, seconds=None, origin="call"),
]


def written(form, records, columns):
    out = io.BytesIO()
    count = formats.FORMATS[form](iter(records), columns, out)
    assert not out.closed
    return count, out.getvalue()


def test_csv_has_a_header_and_a_row_for_each():
    count, data = written("csv", map(check_row, CHECKS), CHECK_COLUMNS)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert (count, len(rows)) == (3, 3)
    assert list(rows[0]) == list(CHECK_COLUMNS)
    assert rows[0]["at"] == "2026-11-01T00:00:00.000Z"
    assert (rows[0]["up"], rows[0]["connect"], rows[0]["kind"]) == ("true", "0.02", "")
    assert rows[0]["certificate_key"] == "ab" * 32
    assert (rows[1]["status"], rows[1]["detail"]) == ("503", 'said "no",\nthen nothing')
    assert (rows[2]["up"], rows[2]["seconds"], rows[2]["origin"]) == ("", "", "call")


def test_json_lines_can_be_replayed():
    count, data = written("jsonl", map(check_row, CHECKS), CHECK_COLUMNS)
    lines = data.decode().splitlines()
    assert (count, len(lines)) == (3, 3)
    assert json.loads(lines[2]) == {
        "at": "2026-11-01T00:00:02.000Z",
        "endpoint": "shop",
        "up": None,
        "origin": "call",
    }
    assert [(read.at, read.up) for read in checks_of(lines)] == [
        (check.at, check.up) for check in CHECKS
    ]


def test_an_incident_is_reported_with_what_a_diagnosis_found():
    report = {"verdict": {"cause": "service_down", "where": "their service"}}
    one = incident(NOVEMBER, NOVEMBER + 90.5, diagnosis=report, members=("shop", "api"))
    _, data = written("jsonl", [incident_row(one)], INCIDENT_COLUMNS)
    told = json.loads(data)
    assert (told["members"], told["seconds"]) == ("shop api", 90.5)
    assert (told["cause"], told["where"]) == ("service_down", "their service")
    assert "acknowledged_by" not in told
    assert list(incident_row(incident(NOVEMBER))) == list(INCIDENT_COLUMNS)


def test_records_are_written_while_others_are_still_read():
    out = io.BytesIO()

    def many():
        yield from [check_row(check(NOVEMBER))] * 5_000
        assert out.tell() > 100_000

    assert formats.write_csv(many(), CHECK_COLUMNS, out) == 5_000


@pytest.mark.nightly
def test_parquet_has_types_and_row_groups(monkeypatch):
    requires("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    monkeypatch.setattr(formats, "ROW_GROUP_SIZE", 2)
    count, data = written("parquet", map(check_row, CHECKS), CHECK_COLUMNS)
    file = parquet.ParquetFile(io.BytesIO(data))
    assert (count, file.num_row_groups) == (3, 2)
    rows = file.read().to_pylist()
    assert rows == [check_row(check) for check in CHECKS]
    assert str(file.schema_arrow.field("status").type) == "int64"


def test_without_pyarrow_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(formats, "import_module", missing)
    with pytest.raises(ImportError, match=r"ringback\[parquet\]"):
        written("parquet", [], CHECK_COLUMNS)
