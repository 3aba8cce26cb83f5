"""An environment of its own for a suite: the library, what its tests need, and ringback."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from suite import Suite

RINGBACK = Path(__file__).resolve().parents[1]
PLUGINS = Path(__file__).resolve().parent / "plugins"
"""A directory of their own: what is beside this file must not hide a module of the suites."""


def build(suite: Suite, checkout: Path, home: Path) -> Path:
    """Make the environment unless it is there; return its interpreter.

    Args:
        suite: Whose.
        checkout: The library's source; it is copied, never written to.
        home: Where environments are kept.
    """
    python, stamp = home / suite.library / "bin" / "python", home / f"{suite.library}.needs"
    wanted = "\n".join([str(checkout), sys.version, suite.extras, *suite.needs])
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(home / suite.library, ignore_errors=True)
        venv.create(home / suite.library, with_pip=True)
        _install(python, suite, checkout)
        stamp.write_text(wanted)
    return python


def _install(python: Path, suite: Suite, checkout: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = copied(checkout, Path(directory) / suite.library)
        needs = [f"{source}[{suite.extras}]", *suite.needs, "pytest-timeout", "-e", str(RINGBACK)]
        command = [str(python), "-m", "pip", "install", "--quiet", *needs]
        subprocess.run(command, check=True, env={**os.environ, **suite.building})


def version(python: Path, library: str) -> str:
    """Return the version of a library in an environment.

    Args:
        python: Its interpreter.
        library: Name of the distribution.
    """
    code = f"import importlib.metadata as m; print(m.version({library!r}))"
    said = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return said.stdout.strip()


def copied(checkout: Path, to: Path) -> Path:
    """Copy a checkout without its history; return where to.

    Args:
        checkout: What to copy.
        to: A directory that does not exist.
    """
    shutil.copytree(checkout, to, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    return to


def variables(home: Path, **further: str) -> dict[str, str]:
    """Return the environment variables of a run: no proxy, no netrc, no file of the user's.

    Args:
        home: An empty directory.
        **further: Set in addition.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(PLUGINS), **further}
