"""Checks and incidents as flat records, and the formats that they are written in."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from ringback.monitor.record import check_record, incident_record
from ringback.monitor.store.aggregate import PHASES

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident

FlatRecord = dict[str, Any]

CHECK_COLUMNS: Mapping[str, type] = {
    "at": str,
    "endpoint": str,
    "up": bool,
    "kind": str,
    "seconds": float,
    **dict.fromkeys(PHASES, float),
    "origin": str,
    "vantage": str,
    "status": int,
    "address": str,
    "certificate_not_after": str,
    "certificate_issuer": str,
    "certificate_key": str,
    "detail": str,
}
"""The columns of a check, with the type of each; what is not known is ``None``."""

INCIDENT_COLUMNS: Mapping[str, type] = {
    "id": str,
    "pattern": str,
    "state": str,
    "kind": str,
    "summary": str,
    "members": str,
    "opened_at": str,
    "closed_at": str,
    "seconds": float,
    "confidence": float,
    "cause": str,
    "where": str,
    "acknowledged_by": str,
}
"""The columns of an incident; ``members`` are separated by blanks."""


def check_row(check: Check) -> FlatRecord:
    record = check_record(check)
    certificate = record["certificate"] or {}
    known = {
        **record["timings"],
        **record,
        **{f"certificate_{name}": value for name, value in certificate.items()},
        "vantage": check.vantage or None,
        "detail": check.detail or None,
    }
    return {name: known.get(name) for name in CHECK_COLUMNS}


def incident_row(incident: Incident) -> FlatRecord:
    verdict = (incident.diagnosis or {}).get("verdict") or {}
    closed = incident.closed_at
    known = {
        **incident_record(incident),
        "summary": incident.summary,
        "members": " ".join(incident.members),
        "seconds": None if closed is None else round(closed - incident.opened_at, 3),
        "cause": verdict.get("cause"),
        "where": verdict.get("where"),
        "acknowledged_by": incident.acknowledged_by or None,
    }
    return {name: known[name] for name in INCIDENT_COLUMNS}


ROW_GROUP_SIZE = 10_000  # Records that are held at once

Columns = Mapping[str, type]


def write_csv(records: Iterable[FlatRecord], columns: Columns, out: IO[bytes]) -> int:
    """Write records as CSV (RFC 4180) in UTF-8, with a header; return how many."""
    writer = csv.writer(codecs.getwriter("utf-8")(out))  # a TextIOWrapper would close what it wraps
    writer.writerow(columns)
    count = 0
    for record in records:
        writer.writerow([_cell(record[name]) for name in columns])
        count += 1
    return count


def write_jsonl(records: Iterable[FlatRecord], columns: Columns, out: IO[bytes]) -> int:
    """Write records as JSON objects, record a line; return how many."""
    count = 0
    for record in records:
        known = {name: record[name] for name in columns if record[name] is not None or name == "up"}
        out.write(json.dumps(known, separators=(",", ":")).encode() + b"\n")
        count += 1
    return count


def write_parquet(records: Iterable[FlatRecord], columns: Columns, out: IO[bytes]) -> int:
    """Write records as Parquet, a row group for each 10,000; return how many."""
    try:
        pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ImportError("Parquet needs pyarrow: pip install 'ringback[parquet]'") from error
    types = {
        str: pyarrow.string(),
        bool: pyarrow.bool_(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
    }
    schema = pyarrow.schema([(name, types[type_]) for name, type_ in columns.items()])
    count, rest = 0, iter(records)
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := list(islice(rest, ROW_GROUP_SIZE)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


FORMATS: dict[str, Callable[[Iterable[FlatRecord], Columns, IO[bytes]], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Every format by its name, which is also how its files end."""


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
