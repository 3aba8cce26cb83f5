"""The table for people and the same as JSON."""

import statistics

from client_bench.row import over

WIDTH = 51
SHOWN = {
    "cpu": ("CPU µs", 1e-3, 1),
    "cpu_all": ("all threads", 1e-3, 1),
    "added": ("added µs", 1e-3, 1),
    "wall": ("wall µs", 1e-3, 1),
    "rate": ("requests/s", 1, 0),
    "p99": ("p99 ms", 1e-6, 2),
    "bytes": ("KB", 1e-3, 1),
}
"""Quantity → its heading, what it is multiplied by, and the digits."""


def facts(result):
    """A result as a JSON object."""
    row, samples = result.row, result.samples
    return {
        "name": row.name,
        "title": row.title,
        "quantity": row.quantity,
        "void": result.void,
        "tries": result.tries,
        "broken": result.broken,
        "same_over_same": result.apart,
        "clients": {client: _of_client(row, samples, client) for client in samples.clients},
        "missing": samples.missing,
        "goals": [_of_goal(goal, samples) for goal in row.goals],
    }


def _of_client(row, samples, client):
    shown = {name: samples.median(client, name) for name in samples.quantities(client)}
    wall = samples.column(client, "wall")
    if wall and "p99" not in shown:
        shown["p99"] = statistics.quantiles(wall, n=100)[98]
    if wall and "rate" not in shown:
        shown["rate"] = len(wall) * 1e9 / sum(wall)
    ratio = {}
    if client != row.base and row.base in samples.clients and row.quantity in shown:
        ratio = _ratio(over(client, row.base, row.quantity), samples)
    return shown | {"samples": len(samples.column(client, row.quantity)), **ratio}


def _of_goal(goal, samples):
    known = {"goal": goal.text, "target": goal.target}
    try:
        ratio = _ratio(goal.statistic, samples)
    except KeyError as error:
        return known | {"met": None, "why": str(error.args[0])}
    return known | ratio | {"met": goal.met(ratio["ratio"])}


def _ratio(statistic, samples):
    return {"ratio": statistic(samples.median), "interval": samples.interval(statistic)}


def table(report):
    """The whole report as text."""
    lines = [_machine(report["machine"])]
    lines += [line for row in report["rows"] for line in _row(row)]
    return "\n".join([*lines, *_goals(report["rows"])])


def _machine(found):
    return (
        f"Python {found['python']}, {found['system']}, {found['cores']} cores of {found['cpu']}\n"
    )


def _row(row):
    yield f"{row['title']}{_pair(row)}"
    shown = [name for name in SHOWN if any(name in client for client in row["clients"].values())]
    headings = "".join(f"{SHOWN[name][0]:>12}" for name in shown)
    yield f"  {'':{WIDTH}}{headings}  ratio [95 %]"
    for name, client in row["clients"].items():
        yield f"  {name:{WIDTH}}{''.join(_cell(client, field) for field in shown)}  {_told(client)}"
    for name, why in row["missing"].items():
        yield f"  {name:{WIDTH}}  {why}"
    yield ""


def _pair(row):
    if row["broken"]:
        return f"   (VOID, a client broke off: {row['broken']})"
    if row["same_over_same"] is None:
        return ""
    return f"   (same over same {row['same_over_same']:.3f}{', VOID' if row['void'] else ''})"


def _cell(client, name):
    _, factor, digits = SHOWN[name]
    return f"{client[name] * factor:>12,.{digits}f}" if name in client else " " * 12


def _told(found):
    if "ratio" not in found:
        return ""
    between = found["interval"]
    return _short(found["ratio"]) + (f" [{'-'.join(map(_short, between))}]" if between else "")


def _short(ratio):
    return f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.3f}" if ratio >= 0.1 else f"{ratio:.4f}"


def _goals(rows):
    yield "goals"
    for row in rows:
        for goal in row["goals"]:
            told = f"{goal['goal']} {goal['target']}: {_told(goal) or goal['why']}"
            yield f"  {_verdict(row, goal):13}{row['name']}: {told}"


def _verdict(row, goal):
    if row["void"]:
        return "void"
    return {True: "met", False: "NOT MET", None: "not measured"}[goal["met"]]


def markdown(report):
    """The goals as a table in Markdown."""
    lines = ["| row | what | goal | measured [95 %] | |", "|---|---|---|---|---|"]
    for row in report["rows"]:
        for goal in row["goals"]:
            cells = row["name"], goal["goal"], goal["target"], _told(goal), _verdict(row, goal)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
