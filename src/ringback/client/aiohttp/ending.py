"""A body that ends with its connection: over TLS, asyncio does not say whether it was cut.

Its TLS protocol reports a connection that is closed below TLS as an ordinary end (CPython 3.11 to
3.13, ``asyncio.sslproto``). What is left of the TLS session tells the two apart: once the peer has
said ``close_notify`` a further read raises ``SSLZeroReturnError``; without it TLS goes on waiting.
"""

import ssl

from aiohttp import ClientHandlerType, ClientPayloadError, ClientRequest, ClientResponse, hdrs

_BODILESS = frozenset({204, 304})


class EndingResponse(ClientResponse):
    """A response whose body has no end but that of its TLS connection.

    Attributes:
        secure: The TLS session.
    """

    secure: ssl.SSLObject

    async def read(self) -> bytes:
        """Read the body, as in aiohttp; ``text`` and ``json`` do so too.

        Raises:
            aiohttp.ClientPayloadError: As in aiohttp; also where TLS did not say that it ends
                (RFC 9112, section 9.8).
        """
        body = await super().read()
        try:
            self.secure.read(1)
        except ssl.SSLWantReadError:
            cut = ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol")
            raise ClientPayloadError("Response payload is not completed") from cut
        except ssl.SSLError:  # it has said so
            pass
        return body


def minding_the_end(handler: ClientHandlerType) -> ClientHandlerType:
    """Return a handler whose responses are read to their end, or raise.

    Args:
        handler: Sends a request over TLS.
    """

    async def send(request: ClientRequest) -> ClientResponse:
        response = await handler(request)
        if type(response) is ClientResponse and _ends_with_connection(response):
            _mind(response)
        return response

    return send


def _ends_with_connection(response: ClientResponse) -> bool:
    framed = hdrs.CONTENT_LENGTH in response.headers or hdrs.TRANSFER_ENCODING in response.headers
    bodiless = response.method == hdrs.METH_HEAD or response.status in _BODILESS
    return not framed and not bodiless and response.status >= 200


def _mind(response: ClientResponse) -> None:
    connection = response.connection  # none where the body has come with the headers
    transport = connection.transport if connection else None
    secure = transport.get_extra_info("ssl_object") if transport else None
    if isinstance(secure, ssl.SSLObject):
        response.__class__ = EndingResponse  # aiohttp has one class for all responses of a session
        vars(response)["secure"] = secure
