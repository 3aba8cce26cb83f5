"""What ringback itself wrote: the note under an exception of ``ringback.errors``."""

from ringback.failure.kinds import KINDS
from ringback.failure.text.rule import OVERRIDE, Rule, says

_ALREADY_NAMED = OVERRIDE + 10
"""The exception was classified while it was whole; its text says less."""

OWN: list[Rule] = [
    rule for kind in KINDS for rule in says(kind, f"ringback: {kind}: ", rank=_ALREADY_NAMED)
]
