"""The content of a request of httpx: can it be sent again, from the start?"""

from collections.abc import Sequence
from typing import Any

from ringback.client.body import FIXED, Body


class Content:
    """Remembers where the content of a request starts.

    Args:
        stream: The ``stream`` of the request.
    """

    __slots__ = ("_again", "_body", "_stream")

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._body: Body | None = None
        self._again = _repeats(stream)
        held = getattr(stream, "_stream", None)
        if not self._again and _is_file(held) and hasattr(stream, "__iter__"):
            self._body = Body(held)
            self._again = self._body.replayable

    def replayable(self, *, untouched: bool) -> bool:
        """Can it be sent again as it was sent first?

        Args:
            untouched: Nothing of the request was sent, so that nobody asked for its content.
        """
        return (
            self._again or untouched or getattr(self._stream, "_is_stream_consumed", None) is False
        )

    def rewind(self) -> None:
        """Go back to where the content starts; the first time it is there already."""
        if self._body:
            self._body.rewind()


def _repeats(stream: Any) -> bool:
    """Whether iterating again gives the same again, as far as httpx' own streams are concerned."""
    fields = getattr(stream, "fields", None)
    if fields is None:
        return _is_fixed(getattr(stream, "_stream", None))
    files = [field.file for field in fields if hasattr(field, "file")]
    # httpx rewinds the files of a form itself, to their very beginning.
    return all(_is_fixed(file) or Body(file).replayable for file in files)


def _is_fixed(held: Any) -> bool:
    return isinstance(held, (Sequence, *FIXED)) and not _is_file(held)


def _is_file(held: Any) -> bool:
    return hasattr(held, "read")
