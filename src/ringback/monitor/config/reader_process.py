"""Having a configuration read by another process, so that this one need not load what reads it.

Reading takes pydantic, its models and all that was written: some 20 MB for 2,000 endpoints, which
a process would keep for ever. The values that come of it take 2 MB.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ringback.monitor.apart import start_apart
from ringback.monitor.config.settings import ConfigInvalid, ConfigProblem

if TYPE_CHECKING:
    from ringback.monitor.config.settings import MonitorConfig
    from ringback.monitor.model import Endpoint

# It is isolated; then it finds what this process finds.
_PROGRAM = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from ringback.monitor.config.reader_process import run_reader
run_reader()
"""


class ReaderProcess:
    """A configuration that another process reads, beside what this one does meanwhile."""

    def __init__(self, name: str, *arguments: Any) -> None:
        try:
            self._process = start_apart(_PROGRAM)
        except OSError as error:
            raise _unread(f"no process can be started: {error.strerror}") from error
        asked = self._process.stdin
        assert asked is not None
        with suppress(BrokenPipeError), asked:  # it ended at once: there is no answer then
            asked.write(pickle.dumps(sys.path) + pickle.dumps((name, arguments)))

    def result(self) -> MonitorConfig:
        """Wait for it and return it; raises what the reading raised. To be called once."""
        with self._process as process:
            assert process.stdout is not None
            answered = process.stdout.read()
        if not answered:
            raise _unread(f"the process that reads it ended with status {process.returncode}")
        loaded, problems, error = pickle.loads(answered)  # noqa: S301 - from below
        if problems:
            raise ConfigInvalid(problems)
        if error is not None:
            raise error
        return cast("MonitorConfig", loaded)


def _unread(why: str) -> ConfigInvalid:
    return ConfigInvalid(
        [ConfigProblem(file=Path("configuration"), message=f"cannot be read: {why}")]
    )


def run_reader() -> None:
    """Read what is asked for on the standard input, and answer on the standard output."""
    out, sys.stdout = sys.stdout, sys.stderr
    name, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - from Reading
    with suppress(BrokenPipeError), out:
        out.buffer.write(pickle.dumps(_read(name, arguments)))


def _read(name: str, arguments: tuple[Any, ...]) -> tuple[object, object, Exception | None]:
    try:
        from ringback.monitor.config import load as reading  # noqa: PLC0415 - takes pydantic

        loaded = getattr(reading, name)(*arguments)
        return replace(loaded, endpoints=tuple(_shared(loaded.endpoints))), None, None
    except ConfigInvalid as error:
        return None, error.problems, None
    except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
        return None, None, error


def _shared(endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """Have neighbours hold what is equal once: most that is configured holds for all."""
    before: Endpoint | None = None
    for endpoint in endpoints:
        if before is not None:
            watched = replace(endpoint.watched, **_equal(endpoint.watched, before.watched))
            own = replace(endpoint, **_equal(endpoint, before) | {"watched": watched})
        else:
            own = endpoint
        before = own
        yield own


def _equal(new: Any, before: Any) -> dict[str, Any]:
    return {
        field.name: value
        for field in fields(new)
        if (value := getattr(before, field.name)) == getattr(new, field.name)
    }
