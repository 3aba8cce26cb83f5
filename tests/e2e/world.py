"""A world: hosts with one fault among them, and the truth about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from e2e import certificates
from e2e.site import Site

import ringback

SILENT, ANSWERED = 6.0, 1.0
"""Seconds a diagnosis may take where something does not answer, and where everything does."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The truth of a world, as one place can know it; any of the values named is right.

    Attributes:
        causes: Rule of the verdict.
        kinds: Kind of failure.
        layers: The broken layer.
        where: Where the fault lies.
        also: Causes that must be named too, as verdict or alternative: one place cannot decide.
        healthy: ``True``: nothing is wrong; ``False``: it must not be called healthy; ``None``:
            the target can be used, but something beside it is broken.
    """

    causes: tuple[str, ...]
    kinds: tuple[str, ...]
    layers: tuple[str, ...]
    where: tuple[str, ...]
    also: tuple[str, ...] = ()
    healthy: bool | None = False


def broken(
    causes: str,
    kinds: str,
    layers: str,
    where: str,
    also: str = "",
    *,
    healthy: bool | None = False,
) -> Expected:
    """Return what is expected of a world with a fault; bars stand between equally right values."""
    split = (tuple(words.split("|")) for words in (causes, kinds, layers, where))
    names = dict(zip(("causes", "kinds", "layers", "where"), split, strict=True))
    return Expected(**names, also=tuple(filter(None, also.split("|"))), healthy=healthy)


WELL = Expected(
    causes=("healthy",), kinds=("healthy",), layers=("none",), where=("",), healthy=True
)
"""What is expected of a world in good health."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One world.

    Attributes:
        name: Unique.
        target: What is diagnosed.
        build: The steps that make the world out of a healthy, empty site.
        expected: The truth.
        variables: Environment variables of the program beside those of every world.
        arguments: Further arguments of ``ringback diagnose``.
        limit: Seconds it may take.
        curl: Exit statuses of curl that prove the fault (0: curl is satisfied); empty where curl
            cannot speak the protocol.
        fact: Patterns of the deciding fact, for the texts of other tools; all must be found. Empty:
            those of its first cause.
        limits: Whether the routers keep Linux's limit on ICMP messages.
        note: What is not plain from the steps.
    """

    name: str
    target: str
    build: tuple[Callable[[Site], object], ...]
    expected: Expected
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    limit: float = ANSWERED
    curl: tuple[int, ...] = ()
    fact: tuple[str, ...] = ()
    limits: bool = False
    note: str = ""

    @property
    def silent(self) -> bool:
        """Whether something in it does not answer."""
        return self.limit > ANSWERED

    def made(self) -> Site:
        """Build it; it stands until it is closed."""
        site = Site(limits=self.limits)
        try:
            for step in self.build:
                step(site)
            site.open()
        except BaseException:
            site.close()
            raise
        return site

    def environment(self) -> dict[str, str]:
        """Return the environment of a program in it: this ringback, and nothing of our network."""
        known = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        trust = certificates.root_file()
        return {
            **known,
            "HOME": "/nonexistent",
            "PYTHONPATH": str(Path(ringback.__file__).parents[1]),
            # What this process has compiled: that user may write none, and need not compile again.
            "PYTHONPYCACHEPREFIX": sys.pycache_prefix or "",
            "SSL_CERT_FILE": trust,
            "REQUESTS_CA_BUNDLE": trust,
            "CURL_CA_BUNDLE": trust,
            **self.variables,
        }
