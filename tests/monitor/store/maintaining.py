"""Upkeep of a store in pieces that are counted, instead of for so many seconds."""

from types import SimpleNamespace
from unittest import mock

ALL = 10**6


def maintain(store, now, pieces=ALL, between=lambda: None):
    """Have a store do so many pieces of each sort of its upkeep; between two, something else."""
    calls = iter(range(10**9))
    time = SimpleNamespace(perf_counter=lambda: next(calls), sleep=lambda _: between())
    budget = pieces + 1  # the clock is looked at before each piece
    with (
        mock.patch("ringback.monitor.store.relational.time", time),
        mock.patch("ringback.monitor.store.relational.MAINTAIN_SECONDS", budget),
        mock.patch("ringback.monitor.store.postgres.store.MAINTAIN_SECONDS", budget),
    ):
        store.maintain(now)
