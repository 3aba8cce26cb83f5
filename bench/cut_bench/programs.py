"""Servers that run as programs of their own: over HTTP/2 by hypercorn, and gRPC's."""

import collections
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STORED = collections.Counter()


async def app(scope, receive, send):
    """Store the id that a body begins with; answer a GET by how often it has that of its path."""
    assert scope["type"] == "http"  # there is nothing to do when it starts and ends
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    answer = str(STORED[scope["path"][1:]]).encode()
    if scope["method"] == "POST":
        STORED[body.split()[0].decode()] += 1
        answer = b"z" * 400
    length = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": length})
    await send({"type": "http.response.body", "body": answer})


def _store(request, _context):
    STORED[request.split()[0].decode()] += 1
    return b"z" * 400


def _count(request, _context):
    return str(STORED[request.decode()]).encode()


def main(port, plain, key, cert):
    import grpc  # noqa: PLC0415 - hypercorn needs none

    methods = {"Store": _store, "Count": _count}
    handlers = {name: grpc.unary_unary_rpc_method_handler(each) for name, each in methods.items()}
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("orders", handlers)])
    pair = Path(key).read_bytes(), Path(cert).read_bytes()
    server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([pair]))
    server.add_insecure_port(f"127.0.0.1:{plain}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
