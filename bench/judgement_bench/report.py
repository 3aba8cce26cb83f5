"""The figures as text, and the goals."""

from judgement_bench.score import figures

GOALS = {"never_told": 0.005, "own_false": 0.01, "blaming_per_100_worlds": 1.0}

TITLES = {
    "never_told": "outages ≥ 120 s never told",
    "own_false": "own network falsely said",
    "blaming_per_100_worlds": "incidents that blame without a fault, per 100 worlds",
}


def met(found):
    return {name: found[name] <= goal for name, goal in GOALS.items()}


def text(report):
    """All figures for people."""
    lines = [head(report), ""]
    found = report["all"]
    counts = found["counts"]
    for name, goal in GOALS.items():
        value, limit = (
            (f"{found[name]:.1f}", f"{goal:g}")
            if name.startswith("blaming")
            else (f"{found[name]:.2%}", f"{goal:.1%}")
        )
        word = "met" if report["met"][name] else "NOT MET"
        lines.append(f"{TITLES[name]:54} {value:>8}   goal ≤ {limit:6} {word}")
    lines += ["", *table(report["groups"]), ""]
    lines.append(
        f"time to alarm: {spread(found, 'alarm_after')};"
        f" from the first failed look on: {spread(found, 'alarm_after_seen')}"
    )
    lines.append(
        "alarms without end: {without_end}; ends without alarm: {without_alarm}; ends too early:"
        " {too_early}; outages nobody looked at in time: {unseen}".format(**counts)
    )
    lines.append(
        "messages: {messages:,} for {changes:,} changes, {events:,} looks".format(**counts)
    )
    lines.append(f"looks asked for: {found['asked_per_hour']:.1f} per hour")
    lines += ["", *chance_table(report["chance"])] if report["chance"] else []
    return "\n".join(lines)


def head(report):
    return (
        f"{report['worlds']} worlds from seed {report['seed']}, judged by {report['judge']}"
        f" in {report['took']:.0f} s"
    )


def seconds(value):
    return "-" if value is None else f"{value:.0f} s"


def spread(found, name):
    return f"median {seconds(found[f'{name}_median'])}, p90 {seconds(found[f'{name}_p90'])}"


COLUMNS = {
    "worlds": lambda f: f"{f['counts']['worlds']}",
    "outages": lambda f: f"{f['counts']['outages']}",
    "never told": lambda f: f"{f['counts']['never_told']} ({f['never_told']:.1%})",
    "own said": lambda f: f"{f['counts']['own_said']}",
    "false": lambda f: f"{f['counts']['own_false']} ({f['own_false']:.0%})",
    "imprecise": lambda f: f"{f['counts']['own_imprecise']}",
    "not said": lambda f: f"{f['counts']['own_not_said']}/{f['counts']['own_cuts']}",
    "blaming": lambda f: f"{f['counts']['blaming']}",
    "blamed": lambda f: f"{f['counts']['blamed']}",
    "/100 w": lambda f: f"{f['blaming_per_100_worlds']:.1f}",
    "/100 obs": lambda f: f"{f['blaming_per_100_observers']:.1f}",
    "undecidable": lambda f: f"{f['counts']['undecidable']}",
    "unknowable": lambda f: f"{f['counts']['unknowable']}",
    "msg/change": lambda f: f"{f['messages_per_change']:.2f}",
    "alarm p50": lambda f: seconds(f["alarm_after_median"]),
    "p90": lambda f: seconds(f["alarm_after_p90"]),
}


def table(groups):
    """One line for each group of worlds."""
    rows = [["", *COLUMNS]]
    rows += [[name, *(cell(found) for cell in COLUMNS.values())] for name, found in groups.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([row[0].ljust(widths[0]), *cells]).rstrip()


def chance_table(rows):
    """Of N unrelated hosts k fail at once: how often the own network is said to be down."""
    yield "k of N unrelated hosts fail at once by chance: own network said, of the trials"
    ways = {(row["slow"], row["controls"]) for row in rows}
    for slow, controls in sorted(ways):
        chosen = [r for r in rows if (r["slow"], r["controls"]) == (slow, controls)]
        title = f"{'time out' if slow else 'unreachable'}, {'with' if controls else 'no'} controls"
        said = [f"{r['failing']} of {r['hosts']}: {r['said']}/{r['trials']}" for r in chosen]
        wrong = [text for text, row in zip(said, chosen, strict=True) if row["said"]]
        told = sum(row["never_told"] for row in chosen)
        outages = sum(row["outages"] for row in chosen)
        yield (
            f"  {title:28} {sum(r['said'] for r in chosen)} of {sum(r['trials'] for r in chosen)}"
            f" (hosts never told: {told} of {outages})" + (": " + ", ".join(wrong) if wrong else "")
        )


def groups_of(scores):
    return {name: figures(score) for name, score in scores.items()}
