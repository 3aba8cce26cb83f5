"""ringback under requests: every adapter, whoever made it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ringback.client.bounded import Attempt, bounded
from ringback.client.call import Ended
from ringback.client.clock import Clock
from ringback.client.drive_sync import drive
from ringback.client.idempotency import add_key
from ringback.client.install.patch import Patches, Settings, inside, is_inside
from ringback.client.origin import origin_of
from ringback.client.origins import origins_under

Function = Callable[..., Any]

_ARGUMENTS = ("stream", "timeout", "verify", "cert", "proxies")
_DEFAULTS = (False, None, True, None, None)


def put_under(library: ModuleType, settings: Settings, patches: Patches) -> None:
    """Put ringback under requests.

    Args:
        library: requests.
        settings: How it is to behave.
        patches: Where to note what is replaced.
    """
    adapter, session = library.adapters.HTTPAdapter, library.sessions.Session
    patches.wrap(adapter, "send", lambda original: _send(original, settings))
    patches.wrap(adapter, "build_response", _build_response)
    patches.wrap(session, "prepare_request", _prepare_request)
    patches.wrap(session, "send", _session_send)


def _send(original: Function, settings: Settings) -> Function:
    import requests  # noqa: PLC0415 - is there by now

    from ringback.client.requests.adapter import Adapter  # noqa: PLC0415 - needs requests
    from ringback.client.requests.ending import result_of  # noqa: PLC0415 - needs requests
    from ringback.client.requests.exchange import Exchange  # noqa: PLC0415 - needs requests
    from ringback.client.requests.routed import circuit_of  # noqa: PLC0415 - needs requests

    clock, policy = Clock(), settings.policy
    origins = origins_under(policy)

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside() or isinstance(self, Adapter):
            with inside():
                return original(self, request, *args, **kwargs)
        options = dict(zip(_ARGUMENTS, _DEFAULTS, strict=True))
        options.update(zip(_ARGUMENTS, args, strict=False))
        options.update(kwargs)

        def once(request: Any, **options: Any) -> Any:
            with inside():
                return original(self, request, **options)

        add_key(request.headers, request.method or "", request.url or "", policy.idempotency_key)
        call = Exchange(request, options, once, policy, clock)
        guard = origins.guard(circuit_of(request.url or "", options["proxies"], None))
        attempt: Attempt[Any] = call.attempt
        if places := policy.bulkhead:
            error = requests.ConnectionError
            attempt = bounded(attempt, call, origin_of(request.url or ""), places, error)
        end = drive(attempt, call, policy, guard, settings.listeners, clock)
        return result_of(end, request) if isinstance(end, Ended) else end

    return send


def _build_response(original: Function) -> Function:
    import requests  # noqa: PLC0415 - is there by now

    from ringback.client.requests.response import Response  # noqa: PLC0415 - needs requests

    def build_response(self: Any, request: Any, raw: Any) -> Any:
        response = original(self, request, raw)
        if type(response) is requests.Response:
            response.__class__ = Response
        return response

    return build_response


def _prepare_request(original: Function) -> Function:
    from ringback.client.requests.naming import Naming  # noqa: PLC0415 - needs requests

    def prepare_request(self: Any, request: Any) -> Any:
        with Naming(request.url):
            return original(self, request)

    return prepare_request


def _session_send(original: Function) -> Function:
    from ringback.client.requests.naming import Naming  # noqa: PLC0415 - needs requests

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        with Naming(getattr(request, "url", "")):
            return original(self, request, **kwargs)

    return send
