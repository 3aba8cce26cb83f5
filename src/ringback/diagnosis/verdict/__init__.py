"""The verdict: a pure function of the readings, by one table of rules."""

from ringback.diagnosis.verdict.judge import judge
from ringback.diagnosis.verdict.rules import RULES

__all__ = ["RULES", "judge"]
