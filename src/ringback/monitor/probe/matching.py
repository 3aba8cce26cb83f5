"""Regular expressions in bounded time.

``re`` can take exponential time and lets nobody else run meanwhile, not even in a thread. A pattern
without repetition is searched for at once; every other in a process of its own, which is ended when
it takes too long.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Sequence

from ringback.monitor.apart import start_apart

MAX_TEXT = 65_536  # Characters that are searched
PATTERN_TIMEOUT = 0.5  # Seconds for one pattern
_START_TIMEOUT = 3.0  # Seconds for the process to start

_REPETITION = frozenset("*+?{")
_WORKER = """
import json, re, sys
for line in sys.stdin.buffer:
    pattern, text = json.loads(line)
    try:
        found = bool(re.search(pattern, text))
    except Exception:
        found = None
    sys.stdout.write(json.dumps(found) + "\\n")
    sys.stdout.flush()
"""


class Undecided(Exception):  # noqa: N818 - neither found nor missing
    """A pattern could not be decided in time; the text is which."""


def is_plain(pattern: str) -> bool:
    """Return whether a pattern can only take time in proportion to the text."""
    return not _REPETITION.intersection(pattern)


class Matcher:
    """Searches texts for patterns, in a process of its own that is started when it is needed."""

    def __init__(self) -> None:
        self._worker: _Worker | None = None
        self._turn: asyncio.Lock | None = None

    async def missing(self, pattern_failure: Sequence[str], text: str) -> str | None:
        """Return the first pattern that a text does not match anywhere; ``None``: it has all."""
        text = text[:MAX_TEXT]
        for pattern in pattern_failure:
            if is_plain(pattern):
                try:
                    found = re.search(pattern, text) is not None
                except re.error as error:
                    raise Undecided(pattern) from error
            else:
                found = await self._found(pattern, text)
            if not found:
                return pattern
        return None

    def close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    async def _found(self, pattern: str, text: str) -> bool:
        if self._turn is None:
            self._turn = asyncio.Lock()
        async with self._turn:
            if self._worker is None:
                await self._answer("", "", _START_TIMEOUT)
            answer = await self._answer(pattern, text, PATTERN_TIMEOUT)
        if not isinstance(answer, bool):
            raise Undecided(pattern)
        return answer

    async def _answer(self, pattern: str, text: str, seconds: float) -> object:
        worker = self._worker = self._worker or _Worker()
        worker.asking = True
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.to_thread(worker.ask, pattern, text)
        except TimeoutError:
            return None
        finally:
            if worker.asking:
                self.close()  # its answer would be taken for that to the next question


class _Worker:
    """The process, and the thread that waits for it."""

    def __init__(self) -> None:
        self.asking = False
        self._process = start_apart(_WORKER, "-S")

    def ask(self, pattern: str, text: str) -> object:
        """Return what the process answers; ``None``: it was ended."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        line = b""
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps([pattern, text]).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        self.asking = False
        if not line:
            self._reap()
            return None
        answer: object = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process; where a thread waits for it, that cleans up."""
        self._process.kill()
        if not self.asking:
            self._reap()

    def _reap(self) -> None:
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
