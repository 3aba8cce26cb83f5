"""Run the tests of requests, httpx and aiohttp with ringback swapped in, and compare.

    python conformance/run.py --requests CHECKOUT --httpx CHECKOUT --aiohttp CHECKOUT [--json FILE]

Each suite is run as it is, with the ordinary retry recipe, and with all of ringback's defaults:
retries, budget, breaker, timeouts. See docs/conformance.md.

Exit status 0: what passes as it is passes with ringback too; 1: not so; 2: it could not be run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from environment import build, version
from execution import execute
from namespace import entrance
from outcome import PASSED, Result
from report import as_json, as_text
from suite import PLAIN, SUITES, Suite


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    asked = _arguments()
    found = []
    with ExitStack() as stack:
        home = asked.environments or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for suite in SUITES:
            if checkout := getattr(asked, suite.library):
                title, results = _run(suite, checkout.resolve(), home.resolve(), asked)
                print(as_text(title, results, suite.accepted), flush=True)
                found.append(as_json(title, results, suite.accepted))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return int(any(form["judged"] and form["lost"] for suite in found for form in suite["forms"]))


def _run(
    suite: Suite, checkout: Path, home: Path, asked: argparse.Namespace
) -> tuple[str, list[Result]]:
    words = [] if asked.without_namespace else entrance()
    python = build(suite, checkout, home)
    forms = [form for form in suite.forms if not asked.form or form.name in (PLAIN, *asked.form)]
    tests = [*suite.words, *asked.words]
    results = [execute(form, python, checkout, words, tests) for form in forms]
    if not results[0].counts()[PASSED]:
        raise RuntimeError(f"nothing passes in plain {suite.library}: there is nothing to compare")
    return f"{suite.library} {version(python, suite.library)}", results


def _arguments() -> argparse.Namespace:
    names = [form.name for suite in SUITES for form in suite.forms]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for suite in SUITES:
        parser.add_argument(f"--{suite.library}", type=Path, metavar="CHECKOUT")
    parser.add_argument(
        "--form", action="append", choices=names, help="only this and the plain one"
    )
    parser.add_argument("--environments", type=Path, metavar="DIR", help="kept and used again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="how every test ended")
    parser.add_argument(
        "--without-namespace",
        action="store_true",
        help="use the machine's network: the suites call addresses outside",
    )
    parser.add_argument("words", nargs="*", help="for pytest, behind --: tests, -k EXPRESSION …")
    asked = parser.parse_args()
    if not any(getattr(asked, suite.library) for suite in SUITES):
        parser.error("which checkout? " + " or ".join(f"--{suite.library}" for suite in SUITES))
    return asked


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
