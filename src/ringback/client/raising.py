"""Raising a prepared exception without losing what it was raised over."""

from typing import NoReturn


def raise_prepared(exc: BaseException) -> NoReturn:
    """Raise an exception that has its cause and context already.

    ``raise`` alone would replace the context by whatever the caller is handling.

    Args:
        exc: What to raise.
    """
    context = exc.__context__
    try:
        raise exc
    finally:
        exc.__context__ = context
