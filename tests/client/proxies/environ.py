"""An environment of proxies, and nothing else of the kind, while a test runs."""

import contextlib
import os


@contextlib.contextmanager
def environ(**variables):
    """Set variables; those of proxies that were there before are out of the way."""
    before = dict(os.environ)
    for name in before:
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
