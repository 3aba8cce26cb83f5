"""Put ringback under the libraries of a program that does not know of it."""

from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from math import inf

from ringback.client.install.patch import ImportWatcher, InstallSettings, Patches
from ringback.client.origins import origins_under
from ringback.event import Sink
from ringback.retry import Policy
from ringback.sink.listening import listeners_for

__all__ = ["LIBRARIES", "Installed", "install"]

LIBRARIES = {
    "requests": "libraries.patch_requests",
    "urllib3": "pools.patch_urllib3",
    "httpx": "libraries.patch_httpx",
    "httpx2": "libraries.patch_httpx",
    "aiohttp": "libraries.patch_aiohttp",
    "botocore": "botocore.patch_botocore",
}
"""Library → the function of this package that puts ringback under it."""


class Installed:
    """What ``install`` has done; ``remove()`` or the end of a ``with`` undoes it.

    Attributes:
        libraries: Those that it reaches, as far as they have been imported.
    """

    def __init__(self, settings: InstallSettings, names: Iterable[str]) -> None:
        self._patches: dict[str, Patches] = {}
        self._settings = settings
        self._watcher = ImportWatcher(names, self._imported)
        self._watcher.watch()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Those that it reaches, as far as they have been imported."""
        return tuple(self._patches)

    def remove(self) -> None:
        """Leave the libraries as they were.

        What others have replaced since, as a mock does, stays theirs, and the log says so; where
        they put back what they found, that is as good as the library's own.
        """
        self._watcher.stop()
        for patches in self._patches.values():
            patches.undo()
        self._patches.clear()

    def __enter__(self) -> "Installed":
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _imported(self, name: str) -> None:
        patches = self._patches[name] = Patches()
        module, _, function = LIBRARIES[name].partition(".")
        put_under = getattr(import_module(f"{__name__}.{module}"), function)
        put_under(import_module(name), self._settings, patches)


def install(
    policy: Policy | None = None,
    *,
    retry: bool = False,
    sinks: Iterable[Sink] | None = None,
    libraries: Iterable[str] = tuple(LIBRARIES),
) -> Installed:
    """Give an unchanged program precise exceptions, events and default timeouts.

    From now on calls through requests, urllib3, httpx, httpx2, aiohttp and botocore raise what they
    always raised, specialised (see ``ringback.errors``), the sinks receive an event of each, and a
    call without timeouts gets those of the policy. Timeouts that the program or its library sets
    stay as they are, nothing is retried or refused, and no call is ended by a deadline, unless
    ``retry`` says so. Its proxies and certificates stay its own: ``insecure_hosts`` and
    ``direct_hosts`` count for nothing. A library that is imported later is reached too.

    Args:
        policy: Limits of each call; the default is ``Policy()``.
        retry: Also try again what may be sent again, within budget, circuit breaker and deadline,
            over connections of ringback's own: whatever a call waits for, it ends by its deadline,
            and a body that breaks off is an error. Where the program has urllib3 retry, or says
            that it shall not, that stays as it is, and so does what botocore retries; the deadline
            is over all of it.
        sinks: Receive the event of every attempt; the default is the log.
        libraries: Which of them to reach.

    Returns:
        What undoes it.

    Raises:
        ValueError: If a library is not among those that it can reach, or the policy hedges.
    """
    names = tuple(libraries)
    if unknown := sorted(set(names) - LIBRARIES.keys()):
        raise ValueError(f"cannot reach {', '.join(unknown)}; known: {', '.join(LIBRARIES)}")
    # A program that knows of nothing chose its proxy and its certificates itself.
    chosen = replace(policy or Policy(), insecure_hosts=(), direct_hosts=())
    if not retry:
        chosen = replace(chosen, attempts=1, budget=None, breaker=None, patience=0, deadline=inf)
    origins_under(chosen)  # which says now what the policy asks for in vain
    listeners = listeners_for(sinks)
    return Installed(InstallSettings(chosen, listeners, retry), names)
