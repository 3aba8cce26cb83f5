"""Records written to a stream: a format is a function, and a line in ``FORMATS``."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringback.monitor.export.record import Record

GROUP = 10_000
"""Records that are held at once."""

Columns = Mapping[str, type]


def write_csv(records: Iterable[Record], columns: Columns, out: IO[bytes]) -> int:
    """Write records as CSV (RFC 4180) in UTF-8, with a header; return how many.

    Args:
        records: Taken one at a time.
        columns: Their names.
        out: Where to.
    """
    writer = csv.writer(codecs.getwriter("utf-8")(out))  # a TextIOWrapper would close what it wraps
    writer.writerow(columns)
    count = 0
    for one in records:
        writer.writerow([_cell(one[name]) for name in columns])
        count += 1
    return count


def write_jsonl(records: Iterable[Record], columns: Columns, out: IO[bytes]) -> int:
    """Write records as JSON objects, one a line; return how many.

    Args:
        records: Taken one at a time.
        columns: Their names.
        out: Where to.
    """
    count = 0
    for one in records:
        known = {name: one[name] for name in columns if one[name] is not None or name == "up"}
        out.write(json.dumps(known, separators=(",", ":")).encode() + b"\n")
        count += 1
    return count


def write_parquet(records: Iterable[Record], columns: Columns, out: IO[bytes]) -> int:
    """Write records as Parquet, a row group for each 10,000; return how many.

    Args:
        records: Taken a group at a time.
        columns: Their names and types.
        out: Where to.

    Raises:
        ImportError: There is no pyarrow: ``pip install 'ringback[parquet]'``.
    """
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
        while group := list(islice(rest, GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


FORMATS: dict[str, Callable[[Iterable[Record], Columns, IO[bytes]], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Every format by its name, which is also how its files end."""


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
