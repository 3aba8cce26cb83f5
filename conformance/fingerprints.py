"""Say whether the fast path was written for the code that is installed; add it to the table.

    python conformance/fingerprints.py           print what is not known
    python conformance/fingerprints.py --add     add it, once tests/client/requests pass with it

The exit status is 1 where a module of requests or urllib3 is not known: all of the fast path is
off then. Where a function of the standard library is not, what stands in for it is off.

The table is ``src/ringback/client/requests/fast/fingerprints.json``; what it is for stands at the
head of that package. What is installed: requests, urllib3 and this Python's standard library. For
another release, put it in front (``pip install --target DIR --no-deps urllib3==…``, then
``PYTHONPATH=DIR``) or run another Python.

Before a release is added, somebody reads what has changed in the code that the fast path stands in
for, and follows it; and the tests that compare both ways input by input pass:

    python -m pytest -q tests/client/requests
"""

import argparse
import json
import platform
import sys
from importlib import import_module
from importlib.metadata import version

from ringback.client.requests.fast import guard
from ringback.client.requests.fast.guard import PatchGuard

PATHS = "ringback.client.requests.fast."
MODULES = (
    *("requests." + name for name in (
        "_internal_utils", "adapters", "cookies", "hooks", "models", "sessions", "structures",
        "utils",
    )),
    *("urllib3." + name for name in (
        "_base_connection", "_collections", "connection", "connectionpool", "poolmanager",
        "response", "util.proxy", "util.request", "util.response", "util.retry", "util.timeout",
        "util.url", "util.wait",
    )),
)  # fmt: skip
"""The modules of the two libraries that define what fast paths stand in for, or what that uses:
each is known as a whole, helpers and constants included."""


def main() -> int:
    """Compare, and add if asked to; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--add", action="store_true", help="add what is not known to the table")
    options = parser.parse_args()
    table = guard.known_fingerprints()
    unknown = 0
    for name in (*MODULES, *standard_names()):
        found, label = guard.fingerprint(name), release(name)
        known = table.setdefault(name, {})
        if found is None:
            print(f"{name}: no source")
        elif label in known.get(found, "").split():
            continue
        elif found not in known:
            print(f"{name}: {found} of {label} is not known")
        unknown += found not in known and ":" not in name
        if found is not None:
            known[found] = f"{known.get(found, '')} {label}".strip()
    if options.add:
        guard.TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    return 0 if options.add or not unknown else 1


def standard_names() -> list[str]:
    """What of the standard library fast paths stand in for."""
    guards = (
        value
        for module in ("connection", "request", "response", "sending")
        for value in vars(import_module(PATHS + module)).values()
        if isinstance(value, PatchGuard)
    )
    return sorted(frozenset[str]().union(*(watching.code for watching in guards)))


def release(name: str) -> str:
    """The release that a name is of."""
    library = name.partition(".")[0]
    return platform.python_version() if ":" in name else version(library)


if __name__ == "__main__":
    sys.exit(main())
