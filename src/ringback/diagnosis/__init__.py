"""The root cause: each layer of a call is read in order, and the readings are judged.

What takes readings is loaded when ``diagnose`` is first used; values and verdicts need none of it.
"""

from typing import TYPE_CHECKING

from ringback.diagnosis.model import Alternative, Asked, Diagnosis, Reading, Verdict

if TYPE_CHECKING:
    from ringback.diagnosis.asking import adiagnose, diagnose

__all__ = [
    "Alternative",
    "Asked",
    "Diagnosis",
    "Reading",
    "Verdict",
    "adiagnose",
    "diagnose",
]

if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name not in {"adiagnose", "diagnose"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ringback.diagnosis import asking  # noqa: PLC0415 - it takes ssl and dnspython

        return getattr(asking, name)
