"""Client integrations for httpx2: transports that get the call through, or say precisely why not.

``httpx2.Client(transport=Transport())`` is all there is to do.
"""

try:
    import httpcore2
    import httpx2
except ImportError as error:
    raise ImportError("Transport needs httpx2: pip install 'ringback[httpx2]'") from error

from ringback.client.httpcore.library import Library
from ringback.client.httpcore.network_async import AsyncBody
from ringback.client.httpcore.network_sync import SyncBody
from ringback.client.httpcore.response import FailureMixin
from ringback.client.httpcore.transport_async import AsyncTransportMixin
from ringback.client.httpcore.transport_sync import TransportMixin
from ringback.client.trust import Trust

__all__ = ["AsyncTransport", "Response", "Transport"]


class Response(FailureMixin, httpx2.Response):
    """A ``httpx2.Response`` that says what went wrong."""

    decoding_error = httpx2.DecodingError


class _Body(SyncBody, httpx2.SyncByteStream): ...


class _AsyncBody(AsyncBody, httpx2.AsyncByteStream): ...


_LIBRARY = Library(
    httpx2,
    httpcore2,
    response=Response,
    body=_Body,
    async_body=_AsyncBody,
    trust=Trust(system=True),
)


class Transport(TransportMixin, httpx2.BaseTransport):
    """A transport for ``httpx2.Client``."""

    library = _LIBRARY


class AsyncTransport(AsyncTransportMixin, httpx2.AsyncBaseTransport):
    """A transport for ``httpx2.AsyncClient``, in asyncio and in trio."""

    library = _LIBRARY
