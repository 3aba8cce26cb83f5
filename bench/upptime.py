"""What a receiver would have been sent over years of real outages, from histories of Upptime.

    python bench/upptime.py REPOSITORY … [--json messages.json]
    python bench/upptime.py REPOSITORY --log > outages.jsonl
    ringback replay --every 300 outages.jsonl

Each REPOSITORY is a clone of a repository of Upptime (github.com/upptime/upptime), with its
history: every change of a site's state is a commit there. They are public, and none is part of this
repository. The log goes through the code of a monitor, from the check to the notification, in
simulated time: each site is checked every five minutes, as Upptime does, by one vantage, without a
configuration. Prints how many messages one receiver is sent for each change of the log, how long
the first message of an incident takes, and what began or ended without being told.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

from machine import machine

from ringback.incident.replay import checks_of, held_between
from ringback.monitor.config import MonitorConfig
from ringback.monitor.config.naming import slug
from ringback.monitor.simulation import Simulation

CHECK_INTERVAL = 300.0
TICK_INTERVAL = 60.0
"""Seconds between two ticks: years pass; what is sent is sent on time all the same."""

SUBJECT = re.compile(r"(?:🟥|🟩|🟨) (.+) (?:is|has) (down|up|degraded)\b.*?\((\d+) in ")
ENDS = {"closed", "brief"}


def changes_of(repository):
    """Yield the changes of state that a history has, oldest first, as lines of an outage log."""
    command = ["git", "-C", str(repository), "log", "--format=%at\t%s"]
    history = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    dated = sorted(
        (int(at), text) for at, _, text in (line.partition("\t") for line in history.splitlines())
    )
    up_before = {}
    for at, text in dated:
        if (found := SUBJECT.match(text)) is None:
            continue
        name, state, status = found.groups()
        up = state != "down"  # degraded: it answers, and slowly
        if (
            up_before.setdefault(name, True) != up
        ):  # it also writes once a day that all is as it was
            up_before[name] = up
            code = {} if up or status == "0" else {"code": status}
            yield {"at": at, "endpoint": slug(name), "up": up, **code}


def measured(repository):
    changes = list(changes_of(repository))
    checks = held_between(checks_of(map(json.dumps, changes)), lambda _: CHECK_INTERVAL)
    incidents = {}
    with Simulation(MonitorConfig(), changes[0]["at"]) as simulation:
        for change in simulation.replay(checks, every=CHECK_INTERVAL, step=TICK_INTERVAL):
            incidents[change.incident.id] = change.incident
        sent = simulation.notifications
    first, last = {}, {}
    for notification in sent:
        for update in notification.updates:
            first.setdefault(update.incident.id, (notification.at, update.headline))
            last[update.incident.id] = update.headline
    waits = [at - incidents[id_].opened_at for id_, (at, _) in first.items()]
    days = (changes[-1]["at"] - changes[0]["at"]) / 86400
    return {
        "repository": Path(repository).resolve().parts[-2 if repository.name == "repo" else -1],
        "days": days,
        "sites": len({change["endpoint"] for change in changes}),
        "changes": len(changes),
        "incidents": len(incidents),
        "messages": len(sent),
        "per change": len(sent) / len(changes),
        "first alarm, median s": statistics.median(waits),
        "first alarm, worst s": max(waits),
        "alarms without end": sum(
            incidents[id_].state == "closed" and what not in ENDS for id_, what in last.items()
        ),
        "ends without alarm": sum(what == "closed" for _, what in first.values()),
        "never told": len(incidents.keys() - first.keys()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    parser.add_argument("--log", action="store_true", help="print the outage log instead")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.log:
        lines = [change for repository in options.repositories for change in changes_of(repository)]
        for line in sorted(lines, key=lambda line: line["at"]):
            print(json.dumps(line))
        return
    rows = []
    for repository in options.repositories:
        rows.append(row := measured(repository))
        print(json.dumps(row))
    total = {name: sum(row[name] for row in rows) for name in ("changes", "messages")}
    total["per change"] = total["messages"] / total["changes"]
    print(json.dumps(total))
    if options.json:
        report = {"machine": machine(), "rows": rows, "total": total}
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    sys.exit(main())
