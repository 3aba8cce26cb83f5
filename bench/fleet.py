"""What a hub with many endpoints and agents costs, how soon results are kept, what gives first.

    python bench/fleet.py [--endpoints N] [--rate R] [--seconds S] [--away S] [--limit] [--takeover]

The hub is `ringback up` with PostgreSQL, each a process of its own; agents send over HTTP with TLS.
Hub and agents are the real ones but for their probes: results are made up (`fleet_bench/`). The
cluster has the server's defaults, which sync each commit; a checkpoint begins each measurement, so
that full pages count. CPU is user and system time as the kernel counts it, of all threads and
processes. Delays and lags are seconds that passed: other work on the machine adds to them;
`lead_loop_waited` is for which part of them the hub's event loop could run and got no processor.

`--away S`: then the hub is away so long, and what the agents spooled is drained behind what is new.
`--limit`: then the rate is raised in steps until results are no longer kept within the delay.
`--takeover`: then a second hub stands by, and at the end, when nothing is sent, the lead is killed;
it is timed until the second one has the lead, and until it has read all and decides.
"""

import argparse
import contextlib
import json
import os
import runpy
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from fleet_bench.agent import DROPPED, ENDPOINTS, KEPT, MADE, RATE, WAITING, Agent
from machine import machine
from monitor_bench.process import cpu, end, free_port, rss, thread_cpu, until, waited

from ringback.testing.lab.certificates import Certificates

TESTS = Path(__file__).parents[1] / "tests"
GOALS = {
    "lead_cores": 0.5, "postgres_cores": 0.2, "delay_p99_s": 3.0, "lag_max_ms": 100.0,
    "rss_mb": 1200.0, "wal_bytes_per_result": 120.0, "agent_cores": 0.02,
}  # fmt: skip
MAX_DRAIN_SECONDS = 600.0
START_TIMEOUT = 600.0
SETTLE_SECONDS = 15.0
CATCH_UP_TIMEOUT = 60.0
STANDBY_SECONDS = 30.0  # For which it is measured what one that stands by takes
MAX_LATE = 2.0  # Seconds that six answers of a hub may take which follows without effort
FIRST_SHARE = 0.6  # Of the rate, with which results begin
STEP = 1.25  # By how much the rate is raised
# What a probe costs is measured in `monitor.py`.
CONFIGURATION = """vantage = "hub"
agents_only = true
[web]
certificate = "{certificate}"
[store]
url = "{store}"
[defaults]
every = "{every:.3f}s"
"""


class Hub:
    """`ringback up` on a PostgreSQL of its own, over TLS."""

    def __init__(self, folder, server, options):
        self.folder, self._server = Path(folder), server
        self._endpoints = options.endpoints
        self._lead = None  # That another stands by for, as `_process`
        certificates = Certificates(self.folder)
        self.ca, self._certificate = certificates.bundle, certificates.file("good")
        server.admin("CREATE DATABASE ringback")
        every = options.places * options.endpoints / options.rate
        text = CONFIGURATION.format(certificate=self._certificate, store=server.url(), every=every)
        text += "".join(
            f'[[endpoint]]\nname = "e{at}"\nurl = "https://e{at}.example.com/"\n'
            for at in range(options.endpoints)
        )
        (self.folder / "ringback.toml").write_text(text)
        self.notes = self.folder / "notes"
        self._listen()
        trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca))
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)

    def _listen(self):
        self._port = free_port()
        self.url = f"https://localhost:{self._port}"

    def stand_by(self):
        """Begin another, and wait until it knows what this one does; return what that took."""
        self._lead, begun = self._process, time.monotonic()
        self._listen()
        self._begin()
        until(lambda: self._is("standby"), START_TIMEOUT)
        until(self._follows, START_TIMEOUT, 1.0)
        took, used = time.monotonic() - begun, cpu(self._process.pid)
        time.sleep(STANDBY_SECONDS)
        return {
            "standby_ready_s": round(took, 1),
            "standby_cores": round((cpu(self._process.pid) - used) / STANDBY_SECONDS, 3),
            "standby_rss_mb": self.rss(),
        }

    def take_over(self):
        """Kill it, be the one that stands by; return the seconds until that one leads."""
        epoch = self.ask("GET", "/status")["lead"]["epoch"]
        begun = time.monotonic()
        self._lead.kill()
        self._lead.wait()
        until(lambda: self.ask("GET", "/status")["lead"]["epoch"] > epoch, START_TIMEOUT, 0.01)
        taken = time.monotonic() - begun
        until(lambda: self._is("lead"), START_TIMEOUT, 0.01)
        return {"lead_taken_s": round(taken, 2), "decides_s": round(time.monotonic() - begun, 2)}

    def start(self):
        """Start it; return how many seconds it took until it answers."""
        begun = time.monotonic()
        self._begin()
        until(lambda: self._is("lead"), START_TIMEOUT)
        return time.monotonic() - begun

    def _begin(self):
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("fleet_bench") / "hub.py", "up",
                 "-c", "ringback.toml", "--port", str(self._port)],
                cwd=self.folder, stdout=log, stderr=log,
                env=os.environ | {"RINGBACK_LAG": str(self.notes)},
            )  # fmt: skip

    def _follows(self):
        """Whether it knows each endpoint, and has nothing to do but what is new."""
        begun = time.monotonic()
        known = sum(self.ask("GET", "/status")["states"].get(state, 0) for state in ("ok", "down"))
        for _ in range(5):
            time.sleep(1.0)
            self.ask("GET", "/status")
        return known > 0.99 * self._endpoints and time.monotonic() - begun < 5 + MAX_LATE

    def _is(self, role):
        if self._process.poll() is not None:
            raise RuntimeError(f"the hub ended: {(self.folder / 'log').read_text()[-3000:]}")
        with contextlib.suppress(OSError):
            return self.ask("GET", "/status")["lead"]["role"] == role
        return False

    def stop(self):
        """End it as an operator does."""
        if self._lead is not None:
            self._lead.kill()
        end(self._process)

    def ask(self, method, path, body=None):
        """Ask its API."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with self._opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def used(self):
        """What was used so far: CPU seconds of it, of its event loop and of the server, and log."""
        query = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_fpi FROM pg_stat_wal"
        [(log, pages)] = self._server.admin(query)
        return {
            "at": time.time(),
            "lead": cpu(self._process.pid),
            "loop": thread_cpu(self._process.pid),
            "waited": waited(self._process.pid),
            "postgres": cpu(self._server.pid),
            "log": int(log),
            "pages": pages,
        }

    def checkpoint(self):
        """Have the next change of each page log all of it, as after each checkpoint."""
        self._server.admin("CHECKPOINT")

    def log_statistics(self, dump):
        """What the server's log holds since the last checkpoint, by the program pg_waldump."""
        [(at,)] = self._server.admin("SELECT redo_lsn FROM pg_control_checkpoint()")
        words = [dump, "--stats=record", "-p", self._server.data / "pg_wal", "-s", at]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    def rss(self):
        """MB resident: now, and at most."""
        return rss(self._process.pid)

    def noted(self, since, upto):
        """Seconds that the event loop was late, and what each garbage collection took, sorted."""
        found = {"lag": [], "gc": []}
        for line in self.notes.read_text().splitlines():
            at, what, seconds, *_ = line.split()
            if since <= float(at) < upto:
                found[what].append(float(seconds))
        return sorted(found["lag"]) or [0.0], sorted(found["gc"]) or [0.0]

    def kept(self):
        """How many results of agents the store has, and how many of them differ."""
        tables = self._server.admin(
            "SELECT relname FROM pg_class WHERE relname ~ '^result_[0-9]+$'", "ringback"
        )
        counts = [
            self._server.admin(
                f"SELECT count(*), count(DISTINCT (endpoint, vantage, at)) FROM {name}"
                " JOIN word ON word.number = vantage WHERE word.text LIKE 'place-%'",
                "ringback",
            )[0]
            for (name,) in tables
        ]
        return [sum(column) for column in zip(*counts, strict=True)]


class Fleet:
    """The hub and its agents."""

    def __init__(self, hub, folder, options):
        self.hub, self.started, self.places = hub, hub.start(), options.places
        self.agents = []
        for place in range(options.places):
            asked = {"name": f"place-{place}", "domain": None}
            token = hub.ask("POST", "/agents", asked)["token"]
            self.agents.append(Agent(f"{folder}/place-{place}", hub.url, token, hub.ca))
        everything = options.endpoints
        until(lambda: all(a.shared[ENDPOINTS] == everything for a in self.agents), START_TIMEOUT)

    def feed(self, rate):
        """Have results made from now on, so many a second in all."""
        for agent in self.agents:
            agent.shared[RATE] = rate / len(self.agents)

    def total(self, what):
        """The sum of what the agents count."""
        return sum(agent.shared[what] for agent in self.agents)

    def is_behind(self, rate):
        """Whether more waits in a spool than three seconds bring."""
        most = 3 * rate / len(self.agents)
        return max(agent.shared[WAITING] for agent in self.agents) > most

    def used(self):
        """What was used so far, and what became of results."""
        agents = sum(cpu(agent.pid) for agent in self.agents)
        return self.hub.used() | {
            "agents": agents,
            "made": self.total(MADE),
            "kept": self.total(KEPT),
        }

    def end(self):
        """End the agents; return the sampled delays of results."""
        delays = [sampled for agent in self.agents for sampled in agent.end()]
        self.agents = []
        return delays


def window(fleet, seconds):
    """Let time pass; return what was used at its beginning and its end."""
    fleet.hub.checkpoint()
    before = fleet.used()
    ends, highest = time.monotonic() + seconds, 0.0
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, 5.0))
        highest = max(highest, fleet.hub.rss()[0])
    return before, fleet.used() | {"rss": highest}


def figures(fleet, spent, delays):
    """What a window came to."""
    before, after = spent
    took = {name: after[name] - before[name] for name in before}
    seconds, results = took["at"], took["kept"]
    lags, pauses = fleet.hub.noted(before["at"], after["at"])
    waits = sorted(wait for at, wait in delays if before["at"] <= at < after["at"]) or [0.0]
    return {
        "seconds": round(seconds, 1),
        "results_per_second": round(results / seconds),
        "made_per_second": round(took["made"] / seconds),
        "lead_cores": round(took["lead"] / seconds, 3),
        "lead_loop_cores": round(took["loop"] / seconds, 3),
        "lead_loop_waited": round(took["waited"] / seconds, 3),
        "lead_us_per_result": round(took["lead"] / results * 1e6, 1),
        "postgres_cores": round(took["postgres"] / seconds, 3),
        "agent_cores": round(took["agents"] / seconds / fleet.places, 3),
        "delay_p50_s": round(part(waits, 0.5), 2),
        "delay_p99_s": round(part(waits, 0.99), 2),
        "lag_p99_ms": round(part(lags, 0.99) * 1e3, 1),
        "lag_max_ms": round(lags[-1] * 1e3, 1),
        "gc_max_ms": round(pauses[-1] * 1e3, 1),
        "gc_cores": round(sum(pauses) / seconds, 3),
        "rss_mb": round(after["rss"]),
        "wal_bytes_per_result": round(took["log"] / results, 1),
        "full_pages": took["pages"],
    }


def part(ascending, share):
    """The value that this share of all does not exceed."""
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]


def away(fleet, seconds, rate):
    """Take the hub away for a time; return what the drain took."""
    fleet.hub.stop()
    time.sleep(seconds)
    started = fleet.hub.start()
    before = fleet.used()
    spooled = fleet.total(WAITING)
    until(lambda: not fleet.is_behind(rate), START_TIMEOUT * 10, 0.5)
    return {"started": started, "spooled": spooled}, (
        before,
        fleet.used() | {"rss": fleet.hub.rss()[0]},
    )


def drained(fleet, about, spent, delays):
    """What a drain came to; what was new then is what was observed since the hub was back."""
    found, began = figures(fleet, spent, delays), spent[0]["at"]
    new = [(at, wait) for at, wait in delays if at - wait >= began]
    waits = sorted(wait for at, wait in new if at < spent[1]["at"]) or [0.0]
    live = {f"delay_p{n}_s": round(part(waits, n / 100), 2) for n in (50, 99)}
    return {"hub_started_s": round(about["started"], 1), "spooled": round(about["spooled"]),
            "dropped_by_spools": round(fleet.dropped)} | found | live  # fmt: skip


def limits(fleet, rate, seconds):
    """Raise the rate until results are not kept as fast as they are made; return the steps."""
    steps = []
    while not steps or steps[-1][1]["kept"] - steps[-1][0]["kept"] > 0.95 * (
        steps[-1][1]["made"] - steps[-1][0]["made"]
    ):
        rate *= STEP
        fleet.feed(rate)
        time.sleep(SETTLE_SECONDS)
        steps.append(window(fleet, seconds))
    return steps


def measured(fleet, options):
    """Measure; return the figures."""
    # First checks come slowly; once each endpoint was seen from each place nothing of them is new.
    fleet.feed(FIRST_SHARE * options.rate)
    until(lambda: fleet.total(KEPT) > options.places * options.endpoints, START_TIMEOUT)
    fleet.feed(options.rate)
    with contextlib.suppress(TimeoutError):  # it does not keep up: that is measured then
        until(lambda: not fleet.is_behind(options.rate), CATCH_UP_TIMEOUT)
    time.sleep(options.settle)
    steady = window(fleet, options.seconds)
    gone = away(fleet, options.away, options.rate) if options.away else None
    steps = limits(fleet, options.rate, options.seconds / 4) if options.limit else []
    # While there are results: without them each endpoint is kept anew, for nothing is known of it.
    standby = fleet.hub.stand_by() if options.takeover else {}
    fleet.feed(0)
    until(lambda: fleet.total(WAITING) == 0, START_TIMEOUT)
    time.sleep(2.0)
    made, fleet.dropped = fleet.total(MADE), fleet.total(DROPPED)
    delays = fleet.end()
    kept, distinct = fleet.hub.kept()
    found = {
        "steady": figures(fleet, steady, delays),
        "results": {
            "made": made,
            "dropped_by_spools": fleet.dropped,
            "kept": kept,
            "distinct": distinct,
        },
        "all_kept_once": made - fleet.dropped == kept == distinct,
    }
    if gone:
        found["drain"] = drained(fleet, *gone, delays)
    if steps:
        found["steps"] = [figures(fleet, step, delays) for step in steps]
    if options.takeover:
        found["takeover"] = standby | fleet.hub.take_over()
    return found


def arguments(words):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=10_000.0, help="results a second, in all")
    parser.add_argument("--places", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--settle", type=float, default=SETTLE_SECONDS, help="seconds before them")
    parser.add_argument("--away", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--limit", action="store_true")
    parser.add_argument("--takeover", action="store_true")
    parser.add_argument("--log", action="store_true", help="also say what the server's log is of")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(words)


def main(words):
    """Print the figures; status 1 where a goal is not met."""
    options = arguments(words)
    sys.path.append(str(TESTS))
    found = runpy.run_path(str(TESTS / "monitor/store/server.py"))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ringback-fleet-"))
        server = stack.enter_context(found["running_server"]())
        hub = Hub(folder, server, options)
        stack.callback(hub.stop)
        fleet = Fleet(hub, folder, options)
        stack.callback(fleet.end)
        report = {
            "machine": machine(),
            "load": os.getloadavg(),
            "options": vars(options) | {"json": ""},
        }
        report |= {"hub_started_s": round(fleet.started, 1)} | measured(fleet, options)
        steady = report["steady"]
        report["met"] = {goal: steady[goal] <= most for goal, most in GOALS.items()}
        if "drain" in report:
            report["met"]["drain"] = report["drain"]["seconds"] <= MAX_DRAIN_SECONDS
        print(json.dumps(report, indent=2))
        if options.json:
            options.json.write_text(json.dumps(report, indent=2) + "\n")
        if options.log:
            print(hub.log_statistics(found["programs"]() / "pg_waldump"))
    return 0 if all(report["met"].values()) and report["all_kept_once"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
