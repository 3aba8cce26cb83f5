"""Where the latency detector raises its alarm in a series, and what a point costs it."""

import csv
import random
import statistics
import time

from monitor_bench import labelled
from monitor_bench.row import Found, Goal, Row
from ringback.incident.detector.latency import latency_alarms

SEED = 5
POINTS = 100_000
STEP_INTERVAL = 2000
LATE = 30
"""Points after a rise within which an alarm counts for it."""
COLUMNS = ("seconds", "latency", "value", "rtt", "ms")
IN_MS = ("rtt", "ms")


def measure(bench):
    """Run it over the series; over one with known rises if there is none."""
    named = {str(path): read(path) for path in bench.series} or {f"seed {SEED}": made_up()}
    lines, costs = [], []
    for name, (series, rises) in named.items():
        cost, alarms = min(_timed(series) for _ in range(max(bench.rounds, 1)))
        costs.append(cost)
        lines.append(
            {
                "series": name,
                "points": len(series),
                "µs per point": cost,
                "alarms": len(alarms),
                "first at": ", ".join(map(str, alarms[:8])),
                **(scored(alarms, rises) if rises else {}),
            }
        )
    goal = Goal(text="CPU per point", measured=statistics.median(costs), limit=10, unit="µs")
    return Found(goals=(goal,), lines=lines, notes=(f"found: an alarm within {LATE} points",))


def _timed(series):
    began = time.process_time()
    alarms = latency_alarms(series)
    return (time.process_time() - began) / max(len(series), 1) * 1e6, alarms


def scored(alarms, rises):
    """Return how many rises were found, and how many alarms were for none.

    Args:
        alarms: Where there is one.
        rises: Where there should be.
    """
    found = [rise for rise in rises if any(rise <= at < rise + LATE for at in alarms)]
    idle = [at for at in alarms if not any(rise <= at < rise + LATE for rise in rises)]
    return {"rises": len(rises), "found": len(found), "for nothing": len(idle)}


def read(path):
    """Return a series in seconds, and where rises are labelled in it.

    A column called ``seconds``, ``latency`` or ``value`` holds seconds, one called ``rtt`` or
    ``ms`` milliseconds; without a heading it is the last column. A column ``cp`` or ``label`` that
    is not 0 marks a change: a rise, where the median of the 20 points from there is the higher one.

    Args:
        path: CSV, with commas or semicolons.
    """
    text = path.read_text("utf-8")
    rows = list(csv.reader(text.splitlines(), delimiter=";" if ";" in text[:200] else ","))
    heading = [name.strip().lower() for name in rows[0]]
    name = next((column for column in COLUMNS if column in heading), None)
    if name is None:
        return [float(row[-1]) for row in rows if row and _is_number(row[-1])], []
    at, factor = heading.index(name), 1e-3 if name in IN_MS else 1.0
    mark = next((heading.index(column) for column in ("cp", "label") if column in heading), None)
    rows = [row for row in rows[1:] if row and _is_number(row[at])]
    series = [float(row[at]) * factor for row in rows]
    marked = [] if mark is None else [n for n, row in enumerate(rows) if float(row[mark] or 0)]
    return series, [index for index in marked if index > 0 and _rises(series, index)]


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _rises(series, at):
    before, after = series[max(at - 20, 0) : at], series[at : at + 20]
    return statistics.median(after) > statistics.median(before)


def made_up():
    """Return a series with heavy tails that rises by half and falls again, and where it rises."""
    chance, series, rises = random.Random(SEED), [], []
    for point in range(POINTS):
        high = (point // STEP_INTERVAL) % 2
        if high and point % STEP_INTERVAL == 0:
            rises.append(point)
        value = 0.05 * (1.5 if high else 1.0) * chance.lognormvariate(0, 0.1)
        series.append(value * 8 if chance.random() < 0.005 else value)
    return series, rises


MIN_F1, MAX_IDLE = 0.75, 0.25


def measure_rtt(bench):
    """Score it on labelled round trips."""
    if why := labelled.missing(bench.data):
        return Found(goals=_rtt_goals(None), notes=(why,))
    series = labelled.rtt_series(bench.data)
    aside = [known for known in series if labelled.is_set_aside(known[0])]
    chosen_by = [known for known in series if not labelled.is_set_aside(known[0])]
    halves = {"chosen by": chosen_by, "set aside": aside, "all": series}
    lines = [_rtt_line(half, of) for half, of in halves.items()]
    return Found(goals=_rtt_goals(lines[1]), lines=lines, notes=_RTT_NOTES)


_RTT_NOTES = (
    f"a rise that matters: {labelled.MIN_RATIO:g} times, and by {labelled.MIN_STEP_MS:g} ms",
    f"found: an alarm within {labelled.LATE} points, an hour",
    "other change: an alarm at a marked change that is none of these; counted neither way",
    "idle: an alarm at no marked change, per series and week",
    "points late: the median from a rise to its alarm",
)


def _rtt_goals(line):
    known = line or {}
    return (
        Goal(
            text="F1 of the half set aside", measured=known.get("F1"), limit=MIN_F1, at_least=True
        ),
        Goal(
            text="idle alarms of it per series and week",
            measured=known.get("idle a week"),
            limit=MAX_IDLE,
        ),
    )


def _rtt_line(half, series):
    delays, wanted, other, idle, points = [], 0, 0, 0, 0
    for _, values, changes in series:
        matters = labelled.rises(values, changes)
        hits = labelled.matched(latency_alarms(v / 1000 for v in values), matters, changes)
        wanted, points = wanted + len(matters), points + len(values)
        delays, other, idle = delays + hits[0], other + hits[1], idle + hits[2]
    weeks = points * labelled.POINT_SECONDS / labelled.WEEK_SECONDS
    return {
        "half": half,
        "series": len(series),
        "rises": wanted,
        "found": len(delays),
        "other change": other,
        "idle": idle,
        "F1": 2 * len(delays) / max(len(delays) + idle + wanted, 1),
        "idle a week": idle / weeks,
        "points late": statistics.median(delays or [0]),
    }


def measure_nab(bench):
    """Score it on NAB beside the detectors whose results are published there."""
    if why := labelled.missing(bench.data):
        return Found(notes=(why,))
    scores = labelled.nab_scores(bench.data, latency_alarms)
    ranked = sorted(scores.items(), key=lambda pair: -pair[1]["all"])
    lines = [{"detector": name, **dict(sorted(of.items()))} for name, of in ranked]
    return Found(lines=lines, notes=("NAB's standard profile: 0 says nothing, 100 is perfect",))


ROWS = (
    Row("latency", "the latency detector", measure),
    Row("latency-rtt", "the latency detector on labelled round trips (--data)", measure_rtt),
    Row("latency-nab", "the latency detector on NAB, beside others (--data)", measure_nab),
)
