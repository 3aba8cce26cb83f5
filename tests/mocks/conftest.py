"""Runs where the tools are: in the session ``mocks`` of noxfile.py, where they must be."""

from __future__ import annotations

import importlib.util
import os

import pytest

from ringback import Backoff, Policy

if not os.environ.get("RINGBACK_TEST_MOCKS") and importlib.util.find_spec("vcr") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def policy():
    """Three attempts without a wait, no budget and no circuit."""
    return Policy(backoff=Backoff(base=0), budget=None, breaker=None)


@pytest.fixture
def origin(fault):
    """A server of this test's own, which answers every request and counts its connections."""
    return fault("ok")
