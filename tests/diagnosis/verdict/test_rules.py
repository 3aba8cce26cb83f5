"""The rule table is well formed."""

from typing import get_args

from rows import each

from ringback.diagnosis.model import Where
from ringback.diagnosis.verdict import RULES
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import VerdictRule
from ringback.diagnosis.verdict.rules import HARMLESS
from ringback.failure.kinds import KINDS

ALL_RULES = (*RULES, *HARMLESS)


@each("rule", ALL_RULES)
def test_a_rule_names_a_kind_a_place_and_what_to_do(rule: VerdictRule) -> None:
    assert rule.kind in KINDS
    assert rule.where in get_args(Where)
    assert rule.cause.isidentifier()
    assert rule.cause.islower()
    assert rule.advice or KINDS[rule.kind].do
    assert 0.5 <= rule.confidence <= 1.0


@each("rule", ALL_RULES)
def test_a_rule_explains_itself_in_a_sentence(rule: VerdictRule) -> None:
    assert rule.meaning.endswith(".")
    assert not rule.decided_by.endswith(".")


@each("rule", ALL_RULES)
def test_without_readings_no_rule_holds(rule: VerdictRule) -> None:
    assert rule.finding(Evidence(())) is None
