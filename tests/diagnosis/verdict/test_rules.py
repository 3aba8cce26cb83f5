"""The rule table is well formed."""

from typing import get_args

from ringback.diagnosis.model import Where
from ringback.diagnosis.verdict import RULES
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import VerdictRule
from ringback.diagnosis.verdict.rules import HARMLESS
from ringback.failure.kinds import KINDS

ALL_RULES = (*RULES, *HARMLESS)


def is_well_formed(rule: VerdictRule) -> bool:
    return (
        rule.kind in KINDS
        and rule.where in get_args(Where)
        and rule.cause.isidentifier()
        and bool(rule.advice or KINDS[rule.kind].do)
        and 0.5 <= rule.confidence <= 1.0
    )


def test_a_rule_names_a_kind_a_place_and_what_to_do() -> None:
    assert [rule.cause for rule in ALL_RULES if not is_well_formed(rule)] == []


def test_without_readings_no_rule_holds() -> None:
    assert [rule.cause for rule in ALL_RULES if rule.finding(Evidence(()))] == []
