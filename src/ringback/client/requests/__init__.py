"""ringback under requests: a ``Session`` and an ``Adapter`` that retry and say what happened."""

try:
    import requests as _requests  # noqa: F401 - asked for here so that its absence is said clearly
except ImportError as error:
    raise ImportError(
        "ringback.Session and ringback.Adapter need requests: pip install 'ringback[requests]'"
    ) from error

from ringback.client.requests.adapter import Adapter
from ringback.client.requests.session import Session

__all__ = ["Adapter", "Session"]
