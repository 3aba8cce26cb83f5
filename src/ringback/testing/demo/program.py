"""The demo's example program: it calls a service again and again, and RINGBACK_URL is set for it.

Run as ``python -m ringback.testing.demo.program URL``.
"""

from __future__ import annotations

import contextlib
import sys
import time

import requests

import ringback
from ringback.testing.demo.child import end_with_parent

_CALL_INTERVAL = 0.2
"""Seconds between two calls."""


def call_for_ever(url: str) -> None:
    """Call a service; whether that works is reported to the monitor."""
    session = ringback.Session(policy=ringback.Policy(attempts=1, breaker=None))
    session.trust_env = False  # the environment's proxy cannot reach the lab
    while True:
        with contextlib.suppress(requests.RequestException):
            session.get(url)
        time.sleep(_CALL_INTERVAL)


if __name__ == "__main__":
    end_with_parent()
    call_for_ever(sys.argv[1])
