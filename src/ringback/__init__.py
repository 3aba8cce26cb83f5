"""What happens when a Python program's connection fails.

``Session`` and ``Adapter`` are requests' own with precise exceptions, careful retries and
alerts; ``classify`` names what an exception says, ``explain`` what a pasted text says.

Every name is loaded when it is first used: ``import ringback`` alone loads the standard
library only, and not much of that.
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # type checkers take it for typing's, which is slow to load

if TYPE_CHECKING:
    from ringback import errors
    from ringback.client.body import AsyncReplayable, Replayable
    from ringback.client.install import install
    from ringback.client.proxies import Proxies
    from ringback.client.requests import Adapter, Session
    from ringback.client.retrying import retry
    from ringback.client.trust import Trust
    from ringback.diagnosis import Diagnosis, adiagnose, diagnose
    from ringback.failure import Explanation, Failure, classify, explain
    from ringback.retry import Backoff, Breaker, Budget, Policy, Series, Timeout
    from ringback.sink.report import report

__version__ = "0.1.0"

__all__ = [
    "Adapter",
    "AsyncReplayable",
    "Backoff",
    "Breaker",
    "Budget",
    "Diagnosis",
    "Explanation",
    "Failure",
    "Policy",
    "Proxies",
    "Replayable",
    "Series",
    "Session",
    "Timeout",
    "Trust",
    "adiagnose",
    "classify",
    "diagnose",
    "errors",
    "explain",
    "install",
    "report",
    "retry",
]

_HOME = {
    "Adapter": "ringback.client.requests",
    "AsyncReplayable": "ringback.client.body",
    "Backoff": "ringback.retry",
    "Breaker": "ringback.retry",
    "Budget": "ringback.retry",
    "Diagnosis": "ringback.diagnosis",
    "Explanation": "ringback.failure",
    "Failure": "ringback.failure",
    "Policy": "ringback.retry",
    "Replayable": "ringback.client.body",
    "Proxies": "ringback.client.proxies",
    "Series": "ringback.retry",
    "Session": "ringback.client.requests",
    "Timeout": "ringback.retry",
    "Trust": "ringback.client.trust",
    "adiagnose": "ringback.diagnosis",
    "classify": "ringback.failure",
    "diagnose": "ringback.diagnosis",
    "explain": "ringback.failure",
    "install": "ringback.client.install",
    "report": "ringback.sink.report",
    "retry": "ringback.client.retrying",
}


if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name == "errors":
            return import_module("ringback.errors")
        if name not in _HOME:
            raise AttributeError(f"module 'ringback' has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)


class _Package(ModuleType):
    """``ringback.retry`` is the function, although a package of the same name lies below."""

    def __setattr__(self, name: str, value: object) -> None:
        if name != "retry" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
