"""Services on loopback that can be found again."""

import asyncio
import contextlib
import socket
import threading

import dns.flags
import dns.message
import dns.rrset

PAGE = b'{"status":"up","service":"orders","version":7}'


@contextlib.asynccontextmanager
async def http(port=0, *, body=PAGE, server="orders/2.1", more="", tls=None, asked=None):
    """An HTTP server; ``body`` may be a function."""

    async def answer(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head.decode())
            said = body() if callable(body) else body
            named = f"Server: {server}\r\n" if server else ""
            writer.write(f"HTTP/1.0 200 X\r\n{named}{more}\r\n".encode() + said)
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=tls) as listening:
        yield listening.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def speaking(port=0, *, banner=b"", tls=None):
    """A server that says something first, or nothing."""
    done = asyncio.Event()

    async def greet(reader, writer):
        with contextlib.suppress(OSError):
            writer.write(banner() if callable(banner) else banner)
            await writer.drain()
            await done.wait()
            writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", port, ssl=tls) as listening:
        yield listening.sockets[0].getsockname()[1]
        done.set()


@contextlib.contextmanager
def nameserver(*records):
    """A nameserver that has these records, as zone files have them."""
    sets = [dns.rrset.from_text(*record) for record in records]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    asked, sender = sock.recvfrom(4096)
                except OSError:
                    return
                query = dns.message.from_wire(asked)
                if not query.question:
                    return
                reply = dns.message.make_response(query, recursion_available=True)
                wanted = (query.question[0].name, query.question[0].rdtype)
                reply.answer = [rrset for rrset in sets if (rrset.name, rrset.rdtype) == wanted]
                sock.sendto(reply.to_wire(), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(dns.message.Message().to_wire(), sock.getsockname())
            thread.join()
