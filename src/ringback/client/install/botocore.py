"""ringback under botocore, whose own retries stay: it knows what its services may be asked again.

What ringback adds is the deadline over all of it: over every connection (see ``pools``), and over
the waits between attempts, of the modes ``legacy``, ``standard`` and ``adaptive``. botocore tells
urllib3 to try nothing again, so that a call has no other attempts than botocore's.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from inspect import iscoroutine
from time import monotonic, sleep
from types import ModuleType
from typing import Any

from urllib3.exceptions import IncompleteRead  # before `pools`, which urllib3's import leads to

from ringback.client.deadline import current_deadline, within, within_deadline
from ringback.client.install.patch import InstallSettings, Patches
from ringback.client.install.pools import patch_connections
from ringback.client.raising import SpecialisedErrors, raise_prepared
from ringback.client.urllib3.connection import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.pools import IS_URLLIB3
from ringback.client.wire import failure_of_exchange
from ringback.errors import RingbackError, specialise
from ringback.failure import Failure, Target

Function = Callable[..., Any]

_MAX_CAUSES = 10


def patch_botocore(_: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under botocore."""
    session = import_module("botocore.httpsession").URLLib3Session
    if settings.retry:
        patches.wrap(session, "send", _whole)
        _patch_retries(settings, patches)
        _patch_connections(settings, patches)
    patches.wrap(session, "send", _named)


def _patch_retries(settings: InstallSettings, patches: Patches) -> None:
    endpoint = import_module("botocore.endpoint").Endpoint
    patches.wrap(endpoint, "make_request", lambda original: _within(original, settings))
    legacy, standard = map(import_module, ("botocore.retryhandler", "botocore.retries.standard"))
    patches.wrap(legacy.RetryHandler, "__call__", _unless_late)
    patches.wrap(standard.RetryHandler, "needs_retry", _unless_late)
    bucket = import_module("botocore.retries.bucket")
    patches.wrap(bucket.TokenBucket, "acquire", partial(_acquire, bucket))


def _patch_connections(settings: InstallSettings, patches: Patches) -> None:
    patch_connections(settings, patches)
    requests = import_module("botocore.awsrequest")
    pools = requests.AWSHTTPConnectionPool, requests.AWSHTTPSConnectionPool
    for pool, ours in zip(pools, (HTTPConnection, HTTPSConnection), strict=True):
        own = pool.ConnectionCls
        if IS_URLLIB3 and not issubclass(own, ours):
            patches.replace(pool, "ConnectionCls", type(own.__name__, (own, ours), {}))


def _within(original: Function, settings: InstallSettings) -> Function:
    def make_request(*args: Any, **kwargs: Any) -> Any:
        at = monotonic() + settings.policy.deadline
        with within(at):
            made = original(*args, **kwargs)
        return _awaited(made, at) if iscoroutine(made) else made  # aiobotocore's is one

    return make_request


async def _awaited(made: Awaitable[Any], at: float) -> Any:
    with within(at):
        return await made


def _unless_late(original: Function) -> Function:
    """No further attempt where the deadline comes before it: the last one says how it ended."""

    def delay(*args: Any, **kwargs: Any) -> Any:
        seconds, at = original(*args, **kwargs), current_deadline()
        late = at is not None and type(seconds) in {int, float} and monotonic() + seconds >= at
        return None if late else seconds

    return delay


_NO_TURN = Failure("client.deadline_exceeded", "config", "no", "the limit of rate left no turn")
_POLL_INTERVAL = 0.02
"""Seconds; whoever waits for a token waits for a share of a second mostly."""


def _acquire(bucket: ModuleType, original: Function) -> Function:
    """The limit of rate of ``adaptive``: a call whose deadline comes first is not made."""

    def acquire(self: Any, amount: int = 1, block: bool = True) -> Any:
        at = current_deadline()
        while block and at is not None:
            try:
                return original(self, amount, False)
            except bucket.CapacityNotAvailableError as error:
                if monotonic() >= at:
                    raise_prepared(specialise(error, _NO_TURN))
                sleep(within_deadline(_POLL_INTERVAL) or 0.0)
        return original(self, amount, block)

    return acquire


def _whole(original: Function) -> Function:
    """A body that is read at once is whole: botocore has urllib3 not look at its length."""
    broken = import_module("botocore.exceptions").ConnectionClosedError

    def send(self: Any, request: Any) -> Any:
        response = original(self, request)
        body = response.raw
        missing = None if request.stream_output else getattr(body, "length_remaining", None)
        if missing:
            short = IncompleteRead(body.tell(), missing)
            raise broken(error=short, request=request, endpoint_url=request.url) from short
        return response

    return send


def _named(original: Function) -> Function:
    own = import_module("botocore.exceptions").BotoCoreError

    def send(self: Any, request: Any) -> Any:
        with SpecialisedErrors(partial(_failure_of, own=own), request.url):
            return original(self, request)

    return send


def _failure_of(error: Exception, target: Target, *, own: type[Exception]) -> Failure | None:
    """What went wrong as the connection knows it; botocore's exception is raised over its."""
    inner: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if inner is None:
            break
        if isinstance(inner, RingbackError):
            return inner.failure
        inner = inner.__cause__ or inner.__context__
    return failure_of_exchange(error, target, own=own)
