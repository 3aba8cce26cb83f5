"""How right and how fast `ringback.explain` is; prints JSON.

    python bench/explain.py CORPUS.jsonl [CORPUS.jsonl ...]

A corpus has one JSON object per line: ``id``, ``text``, ``accept`` (the kinds that count as
right, the best first) and ``ambiguous``. Without a corpus only the speed is measured.
"""

import json
import os
import statistics
import sys
import time
import traceback
from pathlib import Path

from machine import machine

from ringback import explain

ROUNDS = 7
NONE = {"not_a_connection_failure", "unknown"}
MEGABYTE = 1_000_000
LONG = {
    "random bytes": lambda: os.urandom(MEGABYTE).decode("latin-1"),
    "100,000 nested quotes": lambda: "('" * 100_000,
    "brackets": lambda: "[" * MEGABYTE,
    "backslashes": lambda: "\\" * MEGABYTE,
    "class names": lambda: "TimeoutError: " * (MEGABYTE // 14),
    "refusals": lambda: "[Errno 111] Connection refused\n" * (MEGABYTE // 31),
    "frames": lambda: '  File "a.py", line 1, in read\n' * (MEGABYTE // 31),
    "hosts": lambda: "host host:1 connection to http://a/ " * (MEGABYTE // 36),
}


def accuracy(path):
    """Right answers over the unambiguous records, and negatives called a connection failure."""
    records = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line]
    clear = [record for record in records if not record["ambiguous"]]
    wrong = [r["id"] for r in clear if explain(r["text"]).kind not in r["accept"]]
    negatives = [r for r in clear if r["accept"][0] == "not_a_connection_failure"]
    called = [r["id"] for r in negatives if explain(r["text"]).kind not in NONE]
    return {
        "records": len(records),
        "unambiguous": len(clear),
        "right": len(clear) - len(wrong),
        "right_percent": round(100 * (1 - len(wrong) / len(clear)), 1),
        "negatives": len(negatives),
        "negatives_called_a_failure": len(called),
        "wrong": wrong,
    }


def seconds(text):
    start = time.perf_counter()
    explain(text)
    return time.perf_counter() - start


def traceback_of_25_lines():
    """A real chained traceback, cut to its last 25 lines."""

    def call(depth):
        if depth:
            call(depth - 1)
        raise ConnectionRefusedError(111, "Connection refused")

    try:
        call(12)
    except ConnectionRefusedError as exc:
        return "\n".join("".join(traceback.format_exception(exc)).splitlines()[-25:])


def main(corpora):
    lines = traceback_of_25_lines()
    explain(lines)  # the patterns are compiled when they are first needed
    result = {
        "machine": machine(),
        "accuracy": {Path(path).name: accuracy(path) for path in corpora},
        "ms_for_25_lines": round(1000 * statistics.median(seconds(lines) for _ in range(200)), 3),
        "linear": {
            f"{size} KB": round(
                statistics.median(seconds("it worked fine " * (size * 67)) for _ in range(ROUNDS)),
                4,
            )
            for size in (10, 20, 40, 80)
        },
        "seconds_for_1_MB": {
            name: round(statistics.median(seconds(make()) for _ in range(3)), 3)
            for name, make in LONG.items()
        },
    }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main(sys.argv[1:])
