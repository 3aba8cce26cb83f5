"""What happens when a Python program's connection fails.

``Session`` and ``Adapter`` are requests' own with precise exceptions, careful retries and
alerts; ``classify`` names what an exception says, ``explain`` what a pasted text says.

Every name is loaded when it is first used: ``import ringback`` alone loads the standard
library only, and not much of that.
"""

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for typing's, which is slow to load

if TYPE_CHECKING:
    from ringback import errors
    from ringback.client.requests import Adapter, Session
    from ringback.failure import Explanation, Failure, classify, explain
    from ringback.retry import Backoff, Policy, Timeout

__version__ = "0.1.0"

__all__ = [
    "Adapter",
    "Backoff",
    "Explanation",
    "Failure",
    "Policy",
    "Session",
    "Timeout",
    "classify",
    "errors",
    "explain",
]

_HOME = {
    "Adapter": "ringback.client.requests",
    "Backoff": "ringback.retry",
    "Explanation": "ringback.failure",
    "Failure": "ringback.failure",
    "Policy": "ringback.retry",
    "Session": "ringback.client.requests",
    "Timeout": "ringback.retry",
    "classify": "ringback.failure",
    "explain": "ringback.failure",
}


if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

    def __getattr__(name):
        if name == "errors":
            return import_module("ringback.errors")
        if name not in _HOME:
            raise AttributeError(f"module 'ringback' has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
