"""What went wrong: any exception or pasted text becomes one precise, frozen value.

The rules for texts are loaded when ``explain`` is first used.
"""

from typing import TYPE_CHECKING

from ringback.failure.classify import classify
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.model import AddressFailure, Failure, Phase, Target

if TYPE_CHECKING:
    from ringback.failure.text.explain import Explanation, FailureGroup, explain

__all__ = [
    "KINDS",
    "AddressFailure",
    "Explanation",
    "Failure",
    "FailureGroup",
    "Kind",
    "Phase",
    "Target",
    "classify",
    "explain",
]

if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name not in {"Explanation", "FailureGroup", "explain"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ringback.failure.text import explain as module  # noqa: PLC0415 - seldom needed

        return getattr(module, name)
