"""What the user got wrong, in one line."""

import difflib
from collections.abc import Iterable

import click


class Problem(click.ClickException):
    """Raised for input that cannot be used; the message is one line. The exit status is 2."""

    exit_code = 2


def nearest(word: str, words: Iterable[str], most: int = 3) -> str:
    """Return a hint that names the words closest to one, or ``""`` where none is close.

    Args:
        word: What was written.
        words: What could have been meant.
        most: How many to name.
    """
    known = list(words)
    below = [one for one in known if one.startswith(f"{word}.") or one.endswith(f".{word}")]
    close = below or difflib.get_close_matches(word.lower(), known, n=most, cutoff=0.6)
    return f"; did you mean {' or '.join(close[:most])}?" if close else ""
