"""How right and how fast `ringback.explain` is; prints JSON.

    python bench/explain.py CORPUS.jsonl [CORPUS.jsonl ...]
    python bench/explain.py --floor 0.9 CORPUS.jsonl    the accuracy alone; 1 where it is less

A corpus has one JSON object per line: ``id``, ``text``, ``accept`` (the kinds that count as
right, the best first) and ``ambiguous``. ``reliability`` says of each band of confidence how much
was said in it, and how much of that is right. Without a corpus only the speed is measured.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
import traceback
from pathlib import Path

from machine import machine
from reliability import reliability

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


LINES = 10_000
WORDS = [
    *("connection", "timeout", "request", "user", "order", "server", "upstream", "error", "failed"),
    *("retry", "cache", "host", "socket", "tls", "proxy", "queue", "worker", "job", "payment"),
    *("gateway", "response", "status", "read", "closed", "session", "token", "login", "query"),
    *("pool", "thread", "memory", "disk", "file", "config", "version", "update", "start", "sent"),
]


def _times(line):
    """Lines after each other's second."""
    return "".join(f"2026-11-20 10:{n // 60 % 60:02}:{n % 60:02} {line(n)}\n" for n in range(LINES))


def _mixed(ordinary):
    """Seven lines in ten are ordinary, two report a refusal, one a traceback."""
    refused = "ERROR db cannot reach db{1}.example.com:5432: [Errno 111] Connection refused"
    traceback_of = (
        'ERROR job failed\nTraceback (most recent call last):\n  File "x.py", line {1}, in fetch\n'
        "    get()\nsocket.gaierror: [Errno -2] Name or service not known"
    )
    kinds = [ordinary] * 7 + [refused] * 2 + [traceback_of]
    draw = random.Random(1)
    return _times(lambda n: draw.choice(kinds).format(draw.randrange(10**5), n % 3))


def _words():
    draw = random.Random(2)
    return _times(lambda n: f"WARN svc {' '.join(draw.choices(WORDS, k=10))} id={n}")


def _access():
    draw = random.Random(3)
    statuses = [200] * 30 + [304, 302, 404, 401, 500, 502]
    line = '{}.{}.0.7 - - [20/Nov/2026:10:00:{:02} +0000] "GET /{}/{}?q={} HTTP/1.1" {} {} "-"\n'
    return "".join(
        line.format(
            draw.randrange(255),
            n % 255,
            n % 60,
            draw.choice(WORDS),
            n,
            draw.choice(WORDS),
            draw.choice(statuses),
            draw.randrange(10**5),
        )
        for n in range(LINES)
    )


LOGS = {
    "of few forms": lambda: _mixed("INFO app.web GET /orders took 0.1s"),
    "that differ in numbers": lambda: _mixed("INFO app.web GET /users/{0}/orders for anna-{0}"),
    "of random words": _words,
    "of an access log": _access,
}


def accuracy(path):
    """Right answers over the unambiguous records, and negatives called a connection failure."""
    records = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line]
    clear = [record for record in records if not record["ambiguous"]]
    said = [explain(record["text"]) for record in clear]
    wrong = [r["id"] for r, s in zip(clear, said, strict=True) if s.kind not in r["accept"]]
    negatives = [
        (record["id"], s)
        for record, s in zip(clear, said, strict=True)
        if record["accept"][0] == "not_a_connection_failure"
    ]
    called = [id_ for id_, s in negatives if s.kind not in NONE]
    return {
        "records": len(records),
        "unambiguous": len(clear),
        "right": len(clear) - len(wrong),
        "right_percent": round(100 * (1 - len(wrong) / len(clear)), 1),
        "negatives": len(negatives),
        "negatives_called_a_failure": len(called),
        "reliability": reliability(
            (s.confidence, s.kind in r["accept"]) for r, s in zip(clear, said, strict=True)
        ),
        "wrong": wrong,
    }


def seconds(text):
    start = time.perf_counter()
    explain(text)
    return time.perf_counter() - start


def cpu_seconds(text):
    start = time.process_time()
    explain(text)
    return time.process_time() - start


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpora", nargs="*", metavar="CORPUS")
    parser.add_argument("--floor", type=float, help="the share that must be right")
    arguments = parser.parse_args()
    accuracies = {Path(path).name: accuracy(path) for path in arguments.corpora}
    if arguments.floor is not None:
        print(json.dumps(accuracies, indent=2))
        share = [found["right"] / found["unambiguous"] for found in accuracies.values()]
        return int(not share or min(share) < arguments.floor)
    lines = traceback_of_25_lines()
    explain(lines)  # the patterns are compiled when they are first needed
    result = {
        "machine": machine(),
        "accuracy": accuracies,
        "ms_for_25_lines": round(1000 * statistics.median(seconds(lines) for _ in range(200)), 3),
        "linear": {
            f"{size} KB": round(
                statistics.median(seconds("it worked fine " * (size * 67)) for _ in range(ROUNDS)),
                4,
            )
            for size in (10, 20, 40, 80)
        },
        "cpu_seconds_for_10,000_lines": {
            name: round(statistics.median(cpu_seconds(make()) for _ in range(ROUNDS)), 3)
            for name, make in LOGS.items()
        },
        "seconds_for_1_MB": {
            name: round(statistics.median(seconds(make()) for _ in range(3)), 3)
            for name, make in LONG.items()
        },
    }
    json.dump(result, sys.stdout, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
