"""Whether the gate bites: breaks the source in one place at a time and runs the tests.

    python scripts/mutate.py            every mutation, each against the tests of its rooms
    python scripts/mutate.py 3 17       these alone
    python scripts/mutate.py --floor 38 ends with 1 if fewer are killed

Works on a clone of the last commit in a temporary folder. The tests of the rooms must pass there
unbroken first. A mutation that they do not notice is tried against the whole gate.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 900
"""Seconds for one run of tests; a mutation that makes them hang is killed."""

# File below src/ringback, what stands there once, what takes its place, the rooms of the tests.
MUTATIONS = [
    # Never sent twice
    ("retry/run.py", 'failure.delivered != "no" and not', 'failure.delivered == "yes" and not',
     "retry client/contract"),
    ("retry/run.py", 'failure.retry == "no" or not', 'failure.retry == "no" and not', "retry"),
    ("retry/run.py", "self.attempt >= self._allowed:", "self.attempt > self._allowed:", "retry"),
    ("retry/run.py", "now + delay >= self.deadline", "now + delay > self.deadline + 60", "retry"),
    ("retry/run.py", 'or guard.pay(now) else "budget"', 'or not guard.pay(now) else "budget"',
     "retry"),
    ("retry/run.py", 'failure.delivered == "no" and in_outage', "in_outage", "retry client"),
    ("retry/run.py", 'failure.layer != "status" and failure.layer', "failure.layer",
     "retry client"),
    ("failure/settle.py", 'usual == "maybe" and phase in BEFORE_SENDING', 'usual == "maybe"',
     "failure"),
    ("failure/settle.py", 'phase in {"send", "wait"}', 'phase in {"send", "wait", "body"}',
     "failure"),
    ("failure/settle.py", "proxied or phase", "proxied and phase", "failure"),
    ("failure/classify.py", 'failure if failure.delivered == "yes" else _of_the_call',
     'failure if failure.delivered == "no" else _of_the_call', "failure"),
    ("failure/model.py", 'self.delivered == "no" and known == "idempotent"',
     'self.delivered == "no" or known == "idempotent"', "failure retry"),
    # Circuit and waits
    ("retry/circuit.py", "now < self.until", "now <= self.until - 1", "retry"),
    ("retry/circuit.py", "self._probing >= self._breaker.probes",
     "self._probing > self._breaker.probes", "retry"),
    ("retry/circuit.py", "self.failures >= breaker.consecutive",
     "self.failures > breaker.consecutive", "retry"),
    ("retry/circuit.py", "self._succeeded < self._breaker.close_after",
     "self._succeeded <= self._breaker.close_after", "retry"),
    ("client/http.py", "now if theirs is None else theirs", "now if theirs else now", "client"),
    ("client/deadline.py", "outer is None or at < outer", "outer is None or at > outer", "client"),
    ("client/deadline.py", "left if limit is None or left < limit else limit", "limit or left",
     "client"),
    ("client/propagation.py", "at is None or not is_named", "at is None or is_named", "client"),
    # Secrets and strangers
    ("failure/target.py", "text = _CREDENTIALS.sub(r", "text = _QUERY.sub(r", "failure"),
    ("failure/target.py", 'match[2].rpartition("@")[2]', "match[2]", "failure"),
    ("diagnosis/redact.py", "address.is_loopback or address.is_unspecified",
     "address.is_loopback or address.is_private", "diagnosis"),
    ("monitor/web/access.py", "if scope not in grant.scopes:", "if not grant.scopes:",
     "monitor/web"),
    ("monitor/web/access.py", "if len(given) == 1 else", "if given else", "monitor/web"),
    ("monitor/web/access.py", "> site.clock()", "> 0", "monitor/web"),
    ("monitor/web/access.py", "if given in site.ended:", "if not given:", "monitor/web"),
    ("monitor/web/access.py", '("same-origin", "none") or not same', '("same-origin", "none")',
     "monitor/web"),
    ("monitor/fleet/agents.py", "if name in self._nonces:", "if not name:", "monitor/fleet"),
    ("monitor/fleet/agents.py", "agent.removed_at is not None or not agent.key",
     "not agent.key", "monitor/fleet monitor/agent"),
    ("monitor/agent/client.py", 'or "@" in parts.netloc:', "or not parts.hostname:",
     "monitor/agent cli"),
    # Judgement
    ("incident/vote.py", "in_a_row = self.failures >= threshold",
     "in_a_row = self.failures > threshold", "incident"),
    ("incident/vote.py", "self.successes < needed and", "self.successes <= needed and", "incident"),
    ("incident/lifecycle.py", "> REOPEN_SECONDS:", "< REOPEN_SECONDS:", "incident"),
    ("incident/lifecycle.py", "if endpoint not in incident.well:", "if endpoint in incident.well:",
     "incident monitor/store"),
    # What is kept and told
    ("monitor/notify/delivery.py", "now - notice.at >= GIVE_UP_SECONDS",
     "now - notice.at <= GIVE_UP_SECONDS", "monitor/notify"),
    ("monitor/notify/delivery.py", "error.rejected or (error.answered and not again)", "True",
     "monitor/notify"),
    ("monitor/store/raw.py", "elif earliest < hours[at].earliest:",
     "elif earliest > hours[at].earliest:", "monitor/store"),
    ("monitor/store/sqlite/seal.py", "newer = statement.excluded.at >= schema.latest.c.at",
     "newer = statement.excluded.at <= schema.latest.c.at", "monitor/store"),
    ("monitor/agent/spool.py", "WHERE up = 1 ORDER BY n LIMIT ?)",
     "WHERE up = 0 ORDER BY n LIMIT ?)", "monitor/agent"),
]  # fmt: skip


def run(checkout: Path, rooms: list[str]) -> tuple[bool, str]:
    """Run the gate's tests in a clone; return whether they passed, and their last line."""
    paths = [f"tests/{room}" for room in rooms]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *paths]
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    try:
        done = subprocess.run(
            command,
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"hangs for {LIMIT} s"
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    lines = failed or done.stdout.splitlines() or [f"status {done.returncode}"]
    return done.returncode == 0, (lines[0] if failed else lines[-1])[:110]


def mutated(source: str, before: str, after: str) -> str:
    """The source with what stands there once replaced."""
    if source.count(before) != 1:
        raise SystemExit(f"{before!r} stands there {source.count(before)} times, not once")
    return source.replace(before, after)


def survives(checkout: Path, number: int) -> bool:
    """Try one mutation, print a line, and return whether the whole gate leaves it alone."""
    file, before, after, rooms = MUTATIONS[number - 1]
    path = checkout / "src/ringback" / file
    source = path.read_text("utf-8")
    began = time.monotonic()
    path.write_text(mutated(source, before, after), "utf-8")
    passed, said = run(checkout, rooms.split())
    if passed:
        passed, said = run(checkout, [""])
    path.write_text(source, "utf-8")
    outcome, seconds = "SURVIVES" if passed else "killed", time.monotonic() - began
    print(f"{number:2} {outcome:8} {seconds:4.0f} s  {file}: {after}  ({said})", flush=True)
    return passed


def main() -> int:
    """Try each mutation; print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("numbers", nargs="*", type=int, help="which of the mutations, from 1")
    parser.add_argument("--floor", type=int, help="end with 1 if fewer are killed")
    arguments = parser.parse_args()
    chosen = arguments.numbers or list(range(1, len(MUTATIONS) + 1))
    for file, before, after, _ in MUTATIONS:
        mutated((ROOT / "src/ringback" / file).read_text("utf-8"), before, after)
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True)
        version = "src/ringback/_version.py"
        (checkout / version).write_text((ROOT / version).read_text("utf-8"), "utf-8")
        rooms = sorted({room for number in chosen for room in MUTATIONS[number - 1][3].split()})
        passed, said = run(checkout, rooms)
        if not passed:
            raise SystemExit(f"without any mutation: {said}")
        left = [number for number in chosen if survives(checkout, number)]
    print(f"{len(chosen) - len(left)} of {len(chosen)} killed; these live: {left}")
    return 1 if arguments.floor is not None and len(chosen) - len(left) < arguments.floor else 0


if __name__ == "__main__":
    sys.exit(main())
