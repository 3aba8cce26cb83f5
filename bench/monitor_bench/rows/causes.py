"""How many of 21 faults are named, and how many blackbox_exporter's metrics tell apart."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from monitor_bench.faults import FAULTS, TIMEOUT
from monitor_bench.row import Found, Goal, Row

_PASSED_OVER = ("probe_ip_addr_hash", "probe_ssl_last_chain_info", "probe_http_last_modified")
"""What differs from one server to another, whatever is wrong."""
_ENDS = "expiry"


def measure(bench):
    """Run both in a namespace of their own."""
    text = "faults with a kind that is right, and no other's"
    if os.geteuid():
        goal = Goal(text=text, measured=None, limit=len(FAULTS), at_least=True)
        return Found(goals=(goal,), notes=("namespaces need root",))
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "monitor_bench.faults"]
    place = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH"))))
    ran = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
        cwd=place,
    )
    return found(json.loads(ran.stdout))


def found(told):
    """Return the figures.

    Args:
        told: As ``monitor_bench.faults`` prints it.
    """
    signatures = {name: signature(one["metrics"] or "") for name, one in told.items()}
    how_many = Counter(signatures.values())
    kinds = Counter(incident["kind"] for incident in told.values())
    right = [
        name
        for name, (_, kind) in FAULTS.items()
        if told[name]["kind"] == kind and kinds[kind] == 1
    ]
    lines = [
        {
            "fault": name,
            "ringback says": told[name]["kind"] or "nothing",
            "right": "yes" if name in right else "NO",
            "blackbox_exporter": _alone(signatures[name], how_many),
        }
        for name in FAULTS
    ]
    note = "no blackbox_exporter here"
    if any(incident["metrics"] for incident in told.values()):
        note = f"blackbox_exporter: {len(how_many)} different sets of metrics, durations aside"
    goal = Goal(
        text="faults with a kind that is right, and no other's",
        measured=len(right),
        limit=len(FAULTS),
        at_least=True,
    )
    return Found(goals=(goal,), lines=lines, notes=(note,))


def _alone(own, how_many):
    if not own:
        return ""
    return "its own" if how_many[own] == 1 else f"as {how_many[own] - 1} others"


def signature(metrics):
    """Return what metrics say apart from how long things took: all that an alert can use.

    Of durations it counts whether there is one, and whether the time ran out; of dates, whether
    they are past.

    Args:
        metrics: In Prometheus' text format.
    """
    said = set()
    for line in metrics.splitlines():
        name, _, value = line.rpartition(" ")
        if not name or line.startswith("#") or name.startswith(_PASSED_OVER):
            continue
        said.add((name, _coarse(name, float(value))))
    return frozenset(said)


def _coarse(name, value):
    if "length" in name:
        return value > 0
    if _ENDS in name:
        return value > time.time()
    if "seconds" in name:
        return "all" if value >= 0.9 * TIMEOUT else value > 0
    return value


ROWS = (Row("causes", "21 faults: what is said of each", measure),)
