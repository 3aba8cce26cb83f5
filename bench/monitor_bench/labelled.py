"""Public series with labels, and how alarms are scored against them.

    git clone --depth 1 https://github.com/WenqinSHAO/rtt DIR/rtt
    git clone --depth 1 https://github.com/numenta/NAB DIR/NAB

The first are 50 series of round trips, one every four minutes for weeks, in which people marked
1,047 changes (Shao et al.: Data-driven estimation of round-trip changes, 2017). The second are
the series, windows and published results of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015).
"""

import csv
import hashlib
import json
import math
import statistics
from collections import defaultdict
from itertools import pairwise

POINT_SECONDS = 240.0
WEEK_SECONDS = 604_800.0

MIN_RATIO, MIN_STEP_MS = 1.2, 5.0
"""A change that matters is one to this many times the level before, and by so many milliseconds."""

LATE = 15  # Points after a change within which an alarm is for it: an hour
EARLY = 2  # Points before it: people mark the first high value, or the one beside it


def missing(data):
    """Return how to get what is not there; ``""``: all is."""
    if data is not None and (data / "rtt").is_dir() and (data / "NAB").is_dir():
        return ""
    lines = [line.strip() for line in __doc__.splitlines() if "git clone" in line]
    return f"no labelled series: {'; '.join(lines)}; then --data DIR"


def rtt_series(data):
    """Return name, round trips in milliseconds and marked changes of each series, by name.

    Args:
        data: Where the repositories are.
    """
    found = []
    for path in sorted((data / "rtt" / "dataset" / "real_trace_labelled").glob("*.csv")):
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter=";"))
        changes = [at for at, row in enumerate(rows) if float(row["cp"] or 0)]
        found.append((path.stem, [float(row["rtt"]) for row in rows], changes))
    return found


def is_set_aside(name):
    """Return whether parameters are not chosen by a series: one in two, by a hash of its name."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def rises(series, changes):
    """Return the changes that are rises and matter, by the medians of what lies between changes.

    Args:
        series: Milliseconds; 0 and less where there was no answer.
        changes: Where changes are marked.
    """
    bounds = [0, *changes, len(series)]
    parts = [series[begin:end] for begin, end in pairwise(bounds)]
    answered = ([value for value in part if value > 0] for part in parts)
    levels = [statistics.median(part) if part else None for part in answered]
    return [
        at
        for at, before, after in zip(changes, levels, levels[1:], strict=False)
        if before and after and after >= before * MIN_RATIO and after - before >= MIN_STEP_MS
    ]


def matched(alarms, wanted, marked):
    """Return the delays of alarms for a rise, how many are for another change, and for nothing.

    Args:
        alarms: Where there is one.
        wanted: The rises that matter; each takes one alarm.
        marked: All changes.
    """
    left, delays, other, idle = list(wanted), [], 0, 0
    for alarm in alarms:
        hit = next((at for at in left if -EARLY <= alarm - at <= LATE), None)
        if hit is not None:
            left.remove(hit)
            delays.append(alarm - hit)
        elif any(-EARLY <= alarm - at <= LATE for at in marked):
            other += 1
        else:
            idle += 1
    return delays, other, idle


FALSE_WEIGHT = 0.11
PROBATION, MAX_PROBATION = 0.15, 750
"""Part of a series, and points at most, of which nothing is counted."""


def nab_scores(data, alarms_of):
    """Return the standard score per part of NAB of every published detector and of this one.

    Args:
        data: Where the repositories are.
        alarms_of: A series to where the alarms in it are.
    """
    windows = json.loads((data / "NAB" / "labels" / "combined_windows.json").read_text())
    found = {"ringback": _by_part({name: _nab_score(data, name, windows[name], alarms_of)
                                   for name in windows}, windows)}  # fmt: skip
    for path in sorted((data / "NAB" / "results").glob("*/*_standard_scores.csv")):
        rows = csv.DictReader(path.read_text("utf-8").splitlines())
        scores = {row["File"]: float(row["Score"]) for row in rows if row["File"] in windows}
        found[path.parent.name] = _by_part(scores, windows)
    return found


def _by_part(scores, windows):
    sums, most = defaultdict(float), defaultdict(int)
    for name, score in scores.items():
        for part in (name.partition("/")[0], "all"):
            sums[part] += score
            most[part] += len(windows[name])
    return {part: 100 * (sums[part] + most[part]) / (2 * most[part]) for part in sums if most[part]}


def _nab_score(data, name, windows, alarms_of):
    """Score as NAB does: the first alarm in a window by how early it is, any other by how late."""
    path = data / "NAB" / "data" / name
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    place = {row["timestamp"]: at for at, row in enumerate(rows)}
    spans = [tuple(place[moment.partition(".")[0]] for moment in window) for window in windows]
    probation = min(math.floor(PROBATION * len(rows)), MAX_PROBATION)
    alarms = [at for at in alarms_of([float(row["value"]) for row in rows]) if at >= probation]
    score = 0.0
    for begin, end in spans:
        first = next((at for at in alarms if begin <= at <= end), None)
        early = 0.0 if first is None else (end - first + 1) / (end - begin + 1)
        score += -1.0 if first is None else _sigmoid(-early) / _sigmoid(-1.0)
    for at in alarms:
        if any(begin <= at <= end for begin, end in spans):
            continue
        before = [span for span in spans if span[1] < at]
        late = (at - before[-1][1]) / (before[-1][1] - before[-1][0]) if before else math.inf
        score += FALSE_WEIGHT * _sigmoid(late)
    return score


def _sigmoid(position):
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1
