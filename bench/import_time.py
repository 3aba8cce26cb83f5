"""What `import ringback`, and a first `ringback.Session()`, cost over a bare interpreter, as JSON.

    python bench/import_time.py

Fresh interpreters are started in turn, bare and with the import; milliseconds, medians. Also
prints what the import loads from outside the standard library, which must be nothing.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from machine import machine

ROUNDS = 30
THEIRS, OURS = "import requests; requests.Session()", "import ringback; ringback.Session()"
CODES = (
    "pass",
    "import ringback",
    "from ringback import classify",
    "import socket, ssl, logging",
    THEIRS,
    OURS,
)
"""The names of ``ringback`` load on first use, so their cost shows where one is used."""
GOAL = 40.0
"""Milliseconds over a bare interpreter."""


def once(code, environment):
    """Seconds that an interpreter takes to run ``code`` and end."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - begin


def foreign():
    """What `import ringback` loads that a bare interpreter has not and the library is not."""
    before = loaded("import sys")
    return sorted(loaded("import sys, ringback") - before - {"ringback"})


def loaded(imports):
    """Top-level modules outside the standard library after some imports."""
    code = f"{imports}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split()) - sys.stdlib_module_names


def main():
    """Print the figures."""
    times = {code: [] for code in CODES}
    with tempfile.TemporaryDirectory() as bytecode:
        # Compiled, as what pip has installed is.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for code in CODES:
            once(code, environment)
        for _ in range(ROUNDS):
            for code in CODES:
                times[code].append(once(code, environment))
    median = {code: statistics.median(each) * 1000 for code, each in times.items()}
    theirs, ours = (median[code] - median["pass"] for code in (THEIRS, OURS))
    cost = median["import ringback"] - median["pass"]
    print(
        json.dumps(
            {
                "machine": machine(),
                "rounds": ROUNDS,
                "milliseconds": {code: round(each, 1) for code, each in median.items()},
                "cost": round(cost, 1),
                "a session": {
                    "requests": round(theirs, 1),
                    "ringback": round(ours, 1),
                    "ratio": round(ours / theirs, 2),
                },
                "goal": {"milliseconds": GOAL, "met": cost <= GOAL},
                "foreign": foreign(),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
