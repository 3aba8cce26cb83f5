"""What one place of a text says."""

from typing import NamedTuple

from ringback.failure.reading import Reading


class Finding(NamedTuple):
    """A place in the even text and its reading."""

    start: int
    end: int
    reading: Reading
