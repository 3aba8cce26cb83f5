"""Runs at the start of every Python program below ``ringback run``: its folder leads PYTHONPATH."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

_HERE = str(Path(__file__).parent)


def _begin() -> None:
    try:
        from ringback.client.install.program import install_from_environment  # noqa: PLC0415 - may be missing

        install_from_environment()
    except ImportError:
        print(
            f"ringback: not installed for {sys.executable}, the program runs without it;"
            f" try: {sys.executable} -m pip install ringback",
            file=sys.stderr,
        )
    except Exception as error:  # noqa: BLE001 - the program must start, whatever is wrong with us
        print(f"ringback: the program runs without it: {error!r}", file=sys.stderr)


def _next() -> None:
    """Run the ``sitecustomize`` that this one stands before."""
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path != _HERE])
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


_begin()
_next()
