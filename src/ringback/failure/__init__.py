"""What went wrong: any exception or pasted text becomes one precise, frozen value."""

from ringback.failure.classify import classify
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.model import AddressFailure, Failure, Phase, Target
from ringback.failure.text.explain import Explanation, explain

__all__ = ["KINDS", "AddressFailure", "Explanation", "Failure", "Kind", "Phase", "Target", "classify", "explain"]
