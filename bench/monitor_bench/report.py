"""The report for people, as Markdown and as JSON."""

import dataclasses


def facts(row, found, load):
    """Return a row as a JSON object.

    Args:
        row: The row.
        found: What a run of it gave.
        load: The machine's load before and after, over one minute.
    """
    return {
        "name": row.name,
        "title": row.title,
        "load": [round(value, 1) for value in load],
        "goals": [dataclasses.asdict(goal) | {"met": goal.met} for goal in found.goals],
        "lines": found.lines,
        "notes": list(found.notes),
    }


def head(machine):
    """Return what the figures were measured on, as one line."""
    return (
        f"Python {machine['python']}, {machine['system']}, {machine['cores']} cores of "
        f"{machine['cpu']}\n"
    )


def text(row):
    """Return one row, as it stands in JSON, for people."""
    before, after = row["load"]
    parts = [f"{row['name']}: {row['title']}   (load {before} to {after})"]
    parts += _table(row["lines"])
    parts += [f"  {note}" for note in row["notes"]]
    parts += [f"  {_verdict(goal):13}{_said(goal)}" for goal in row["goals"]]
    return "\n".join(parts) + "\n"


def markdown(rows):
    """Return the goals as a table in Markdown."""
    lines = ["| row | what | goal | measured | |", "|---|---|---|---|---|"]
    for row in rows:
        for goal in row["goals"]:
            cells = row["name"], goal["text"], _bound(goal), _figure(goal), _verdict(goal).lower()
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _table(lines):
    columns = list(dict.fromkeys(name for line in lines for name in line))
    cells = [columns, *([_cell(line.get(name)) for name in columns] for line in lines)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    for row in cells if lines else ():
        first, *others = zip(row, widths, strict=True)
        yield (f"    {first[0]:{first[1]}}" + "".join(f"  {t:>{w}}" for t, w in others)).rstrip()


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _said(goal):
    return f"{goal['text']} {_bound(goal)}: {_figure(goal)}"


def _bound(goal):
    sign = "≥" if goal["at_least"] else "≤"
    return f"{sign} {_cell(goal['limit'])} {goal['unit']}".rstrip()


def _figure(goal):
    measured = goal["measured"]
    return "not measured" if measured is None else f"{_cell(measured)} {goal['unit']}".rstrip()


def _verdict(goal):
    return {True: "met", False: "NOT MET", None: "not measured"}[goal["met"]]
