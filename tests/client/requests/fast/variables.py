"""Environment variables for a while."""

import contextlib
import os


@contextlib.contextmanager
def only(variables):
    """These variables and no others, but for the directory of the user."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({"HOME": before.get("HOME", "/"), **variables})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
