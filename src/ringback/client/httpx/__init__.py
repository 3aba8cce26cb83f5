"""Client integrations for httpx: transports that get the call through, or say precisely why not.

``httpx.Client(transport=Transport())`` is all there is to do.
"""

try:
    import httpcore
    import httpx
except ImportError as error:
    raise ImportError("Transport needs httpx: pip install 'ringback[httpx]'") from error

from ringback.client.httpcore.library import Library
from ringback.client.httpcore.network_async import AsyncBody
from ringback.client.httpcore.network_sync import SyncBody
from ringback.client.httpcore.response import FailureMixin
from ringback.client.httpcore.transport_async import AsyncTransportMixin
from ringback.client.httpcore.transport_sync import TransportMixin
from ringback.client.trust import Trust

__all__ = ["AsyncTransport", "Response", "Transport"]


class Response(FailureMixin, httpx.Response):
    """A ``httpx.Response`` that says what went wrong."""

    decoding_error = httpx.DecodingError


class _Body(SyncBody, httpx.SyncByteStream): ...


class _AsyncBody(AsyncBody, httpx.AsyncByteStream): ...


_LIBRARY = Library(
    httpx,
    httpcore,
    response=Response,
    body=_Body,
    async_body=_AsyncBody,
    trust=Trust(certifi=True),
)


class Transport(TransportMixin, httpx.BaseTransport):
    """A transport for ``httpx.Client``."""

    library = _LIBRARY


class AsyncTransport(AsyncTransportMixin, httpx.AsyncBaseTransport):
    """A transport for ``httpx.AsyncClient``, in asyncio and in trio."""

    library = _LIBRARY
