"""What happens when a Python program's connection fails.

``Session`` and ``Adapter`` are requests' own with precise exceptions, careful retries and
alerts; ``classify`` names what an exception says, ``explain`` what a pasted text says.

Every name is loaded when it is first used: ``import ringback`` alone loads the standard
library only, and not much of that.
"""

import sys
from importlib import import_module
from types import ModuleType

from ringback._version import __version__ as __version__
from ringback.client import register_diagnosis

TYPE_CHECKING = False  # type checkers take it for typing's, which is slow to load

if TYPE_CHECKING:
    from typing import Any

    from ringback import errors
    from ringback.client.body import AsyncReplayable, Replayable
    from ringback.client.deadline import deadline, within_deadline
    from ringback.client.install import install
    from ringback.client.proxies import Proxies
    from ringback.client.requests import Adapter, Session
    from ringback.client.retrying import retry
    from ringback.client.trust import Trust
    from ringback.diagnosis import Diagnosis, adiagnose, diagnose
    from ringback.failure import Explanation, Failure, classify, explain
    from ringback.retry import Adaptive, Backoff, Breaker, Budget, Policy, Rate, Series, Timeout
    from ringback.sink import Alert, Recovery
    from ringback.sink.report import report

__all__ = [
    "Adapter",
    "Adaptive",
    "Alert",
    "AsyncReplayable",
    "Backoff",
    "Breaker",
    "Budget",
    "Diagnosis",
    "Explanation",
    "Failure",
    "Policy",
    "Proxies",
    "Rate",
    "Recovery",
    "Replayable",
    "Series",
    "Session",
    "Timeout",
    "Trust",
    "adiagnose",
    "classify",
    "deadline",
    "diagnose",
    "errors",
    "explain",
    "install",
    "report",
    "retry",
    "within_deadline",
]

_HOME = {
    "Adapter": "ringback.client.requests",
    "Adaptive": "ringback.retry",
    "Alert": "ringback.sink",
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
    "Rate": "ringback.retry",
    "Recovery": "ringback.sink",
    "Series": "ringback.retry",
    "Session": "ringback.client.requests",
    "Timeout": "ringback.retry",
    "Trust": "ringback.client.trust",
    "adiagnose": "ringback.diagnosis",
    "classify": "ringback.failure",
    "deadline": "ringback.client.deadline",
    "diagnose": "ringback.diagnosis",
    "explain": "ringback.failure",
    "install": "ringback.client.install",
    "report": "ringback.sink.report",
    "within_deadline": "ringback.client.deadline",
}


if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name in {"errors", "retry"}:
            return import_module(f"ringback.{name}")
        if name not in _HOME:
            raise AttributeError(f"module 'ringback' has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)


def _diagnose(url: str, *, timeout: float) -> "Any":
    """Diagnose the target of a call that was given up; what does it is loaded only then."""
    return import_module("ringback.diagnosis").diagnose(url, timeout=timeout)


register_diagnosis(_diagnose)


class _CallableRoom(ModuleType):
    """``ringback.retry``: the package with the policy in it, which can also be called.

    ``@ringback.retry`` and ``from ringback.retry import Policy`` name one and the same object,
    whatever was imported before, see docs/decisions/008. What a call does stands above that
    package, in ``ringback.client.retrying``: so the call is given to it here, at the top.
    """

    def __call__(self, *args: "Any", **kwargs: "Any") -> "Any":
        return _retry()(*args, **kwargs)

    @property
    def __signature__(self) -> "Any":
        return import_module("inspect").signature(_retry())


class _Package(ModuleType):
    """Lets ``ringback.retry`` be called as soon as the import system puts it there."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "retry" and isinstance(value, ModuleType):
            value.__class__ = _CallableRoom
        super().__setattr__(name, value)


def _retry() -> "Any":
    return import_module("ringback.client.retrying").retry


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
