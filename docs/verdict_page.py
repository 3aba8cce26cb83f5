"""The reference page of the verdicts, from the rule table."""

from ringback.diagnosis.verdict import RULES
from ringback.diagnosis.verdict.advice import in_general
from ringback.diagnosis.verdict.rule import VerdictRule
from ringback.diagnosis.verdict.rules import HARMLESS

INTRODUCTION = """# Verdicts

A [diagnosis](../how-to/diagnose.md) reads each layer of a call and judges the
[readings](readings.md) by the table below, from top to bottom: the first line that holds is the
verdict, so that the cause is named and not what follows from it. What holds further down, by other
readings, is reported in addition as a lesser fault. `healthy` is reported only when everything that
was tried worked, and `unknown` when no line holds.

**Cause** is the finer name, `verdict.cause` in the JSON; **kind** is what a program that called
would have met; **where** is where the fault lies. Where one place cannot decide,
`verdict.alternatives` names what else it could be and how to find out; the confidence
is 0.8 at most then.
"""

HEAD = ["| cause | kind | where | decided by |", "|---|---|---|---|"]


def verdict_page() -> str:
    """Return the page."""
    parts = [
        INTRODUCTION,
        *HEAD,
        *map(_row, RULES),
        "",
        "## Noted about a healthy target",
        "",
        *HEAD,
        *map(_row, HARMLESS),
        "",
        "## What each means, and what to do",
        "",
        *(line for rule in _named_once() for line in _section(rule)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _named_once() -> list[VerdictRule]:
    """Return the rules, of several with one name the first."""
    return list({rule.cause: rule for rule in reversed(RULES)}.values())[::-1]


def _row(rule: VerdictRule) -> str:
    kind = f"[{rule.kind}](kinds/{rule.kind}.md)"
    return f"| {rule.cause} | {kind} | {rule.where} | {rule.decided_by} |"


def _section(rule: VerdictRule) -> list[str]:
    steps = (f"- {in_general(step)}" for step in rule.advice)
    return [f"### {rule.cause}", "", rule.meaning, "", *steps, ""]
