"""Skips a test where the machine lacks something, or fails it where nothing may be lacking."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

from ringback.testing.lab.fault import NEEDS


def requires(*names):
    """Skip the running test unless the machine has all of ``names``; with ``CI=true`` fail it.

    A name is a need of the lab (``root``, ``ipv6``, …), else a program or a Python package.
    """
    missing = [name for name in names if not _present(name)]
    if not missing:
        return
    reason = f"this machine lacks {', '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true nothing is skipped", pytrace=False)
    pytest.skip(reason)


def _present(name):
    if name in NEEDS:
        return NEEDS[name]()
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    return shutil.which(name, path=path) is not None or importlib.util.find_spec(name) is not None
