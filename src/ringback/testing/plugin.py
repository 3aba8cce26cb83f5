"""The pytest plugin: connection failures as fixtures.

``fault`` starts a failure for one test, ``lab`` is a lab for the whole run, ``fake_clock`` makes
retries take no time. What calls have taught the process of an origin (circuits, budgets, outages,
rates, places) is forgotten after each test. No call waits for the end of an outage, unless
``ringback_patience`` in the configuration of pytest says otherwise: ``default``, or seconds. Where
the machine lacks what a failure needs, the test is skipped and says what; with ``CI=true`` it
fails, for there nothing may be left out unnoticed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ringback.testing.clock import FakeClock
    from ringback.testing.lab import Endpoint, Lab


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the configuration say how long calls wait for the end of an outage."""
    text = "seconds that calls of ringback wait for the end of an outage, or: default"
    parser.addini("ringback_patience", text, default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Have failures come at once."""
    from ringback.retry import set_default_patience  # noqa: PLC0415 - of the standard library only

    wanted = config.getini("ringback_patience")
    try:
        set_default_patience(None if wanted == "default" else float(wanted))
    except ValueError:
        raise pytest.UsageError(
            f"ringback_patience must be seconds or default, got {wanted!r}"
        ) from None


_FORGETTING = {
    "origins": "forget",
    "bulkhead": "renew_all",
    "diagnose_on_giveup": "forget_diagnoses",
}
"""What has learnt of origins, if it is loaded, and the function that has it begin anew."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Let no test meet the circuit that another has opened, or its spent budget."""
    try:
        return (yield)
    finally:
        for module, forget in _FORGETTING.items():
            if loaded := sys.modules.get(f"ringback.client.{module}"):
                getattr(loaded, forget)()


class StartFault(Protocol):
    """Starts a failure; what the fixture ``fault`` is."""

    def __call__(self, kind: str, when: str = "") -> Endpoint:
        """Start a failure for this test and return where to meet it.

        Args:
            kind: A kind, as ``tcp.reset``, or ``kind:when``.
            when: The variant, as ``mid_body``; the default is the first there is.

        Raises:
            LookupError: There is no such failure; the message names the nearest.
        """


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A lab for the whole run: its endpoints and their records are shared by all tests."""
    from ringback.testing.lab import Lab  # noqa: PLC0415 - a plugin is loaded in every run

    with Lab() as running:
        yield running


@pytest.fixture
def fault() -> Iterator[StartFault]:
    """Starts failures for one test: fresh ones, with records of their own.

    A name of the lab is resolved by the lab's DNS server until the test is over.
    """
    from ringback.testing.lab import Lab, find  # noqa: PLC0415 - a plugin is loaded in every run

    with contextlib.ExitStack() as stack:
        running = stack.enter_context(Lab())

        def start(kind: str, when: str = "") -> Endpoint:
            name = f"{kind}:{when}" if when else kind
            _require(find(name).needs, name)
            endpoint = running.start(name)
            if endpoint.nameserver and not endpoint.namespace:
                from ringback.testing.lab.resolver import (  # noqa: PLC0415 - loads dnspython
                    resolving,
                )

                stack.enter_context(resolving(endpoint.nameserver))
            return endpoint

        yield start


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that only sleeping moves: ``Session(clock=fake_clock.clock)``."""
    from ringback.testing.clock import FakeClock  # noqa: PLC0415 - a plugin is loaded in every run

    return FakeClock()


def _require(needs: tuple[str, ...], name: str) -> None:
    from ringback.testing.lab.fault import in_words, missing  # noqa: PLC0415 - a plugin is loaded in every run

    if not (lacking := missing(needs)):
        return
    reason = f"{name} needs {in_words(lacking)}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true nothing is skipped", pytrace=False)
    pytest.skip(reason)
