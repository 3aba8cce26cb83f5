"""ringback under urllib3: every pool that no library above it uses."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from ringback.client.bounded import Attempt, bounded
from ringback.client.call import Ended, KnownCall
from ringback.client.clock import Clock
from ringback.client.drive_sync import drive
from ringback.client.install.patch import Patches, Settings, inside, is_inside
from ringback.client.origin import origin_of
from ringback.client.outcome import failed_attempt, raise_ended
from ringback.failure import Target
from ringback.retry import Timeout

Function = Callable[..., Any]


def put_under(library: ModuleType, settings: Settings, patches: Patches) -> None:
    """Put ringback under urllib3. Its own retries stay as they are, and nothing is added to them.

    Args:
        library: urllib3.
        settings: How it is to behave.
        patches: Where to note what is replaced.
    """
    pool = library.connectionpool.HTTPConnectionPool
    patches.wrap(pool, "urlopen", lambda original: _urlopen(library, original, settings))


def _urlopen(library: ModuleType, original: Function, settings: Settings) -> Function:
    from ringback.client.urllib3.pools import HTTPConnectionPool  # noqa: PLC0415 - needs urllib3

    clock = Clock()
    policy = replace(settings.policy, attempts=1, budget=None, breaker=None)

    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if is_inside() or isinstance(self, HTTPConnectionPool):
            return original(self, method, url, *args, **kwargs)
        call = KnownCall(_target_of(self, url), method)

        def attempt(limits: Timeout) -> Any:
            if "timeout" not in kwargs and not _has_timeout(self):
                kwargs["timeout"] = library.Timeout(connect=limits.connect, read=limits.read)
            try:
                with inside():
                    return original(self, method, url, *args, **kwargs)
            except Exception as error:
                failed = failed_attempt(error, call.target, idempotent=False)
                if failed is None:
                    raise
                return failed

        bounding: Attempt[Any] = attempt
        if places := policy.bulkhead:
            error = partial(library.exceptions.EmptyPoolError, self)
            bounding = bounded(attempt, call, origin_of(call.target.url or ""), places, error)
        end = drive(bounding, call, policy, None, settings.listeners, clock)
        return raise_ended(end) if isinstance(end, Ended) else end

    return urlopen


def _has_timeout(pool: Any) -> bool:
    # Without one it is None, or a mark that stands for the socket module's default.
    return isinstance(pool.timeout.connect_timeout, int | float)


def _target_of(pool: Any, url: str) -> Target:
    path = url.partition("?")[0]
    port = f":{pool.port}" if pool.port else ""
    shown = f"{pool.scheme}://{pool.host}{port}{path}" if path.startswith("/") else None
    return Target(url=shown, scheme=pool.scheme, host=pool.host, port=pool.port)
