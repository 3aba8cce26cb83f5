"""Services on loopback that can be found again."""

import asyncio
import contextlib

import dns.message
import dns.rrset

PAGE = b'{"status":"up","service":"orders","version":7}'


@contextlib.asynccontextmanager
async def http(port=0, *, body=PAGE, tls=None, asked=None):
    """An HTTP server; ``body`` may be a function."""

    async def answer(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head.decode())
            said = body() if callable(body) else body
            writer.write(b"HTTP/1.0 200 X\r\nServer: orders/2.1\r\n\r\n" + said)
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=tls) as listening:
        yield listening.sockets[0].getsockname()[1]


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, record):
        self._answer = dns.rrset.from_text(*record)

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, sender):
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        if (question.name, question.rdtype) == (self._answer.name, self._answer.rdtype):
            reply.answer = [self._answer]
        self._transport.sendto(reply.to_wire(), sender)


@contextlib.asynccontextmanager
async def nameserver(*record):
    """A nameserver that has one record, as zone files have it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Answers(record), local_addr=("127.0.0.1", 0)
    )
    with contextlib.closing(transport):
        yield transport.get_extra_info("sockname")
