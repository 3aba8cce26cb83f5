"""Requests to the application in this process, without a server."""

import asyncio
from hashlib import sha256

import httpx
from monitor.web.service import NOW, sample

from ringback.monitor.web.app import application
from ringback.monitor.web.settings import Token, WebSettings

OWN = "http://127.0.0.1:8480"
TOKENS = tuple(
    Token(name=name, hash=sha256(f"{name}-secret".encode()).hexdigest(), scopes=frozenset(scopes))
    for name, scopes in {
        "reader": ("read",),
        "operator": ("read", "write"),
        "chief": ("read", "write", "admin"),
        "program": ("push",),
    }.items()
)


def bearer(name):
    return {"authorization": f"Bearer {name}-secret"}


class Asking:
    """Asks one application."""

    def __init__(self, service=None, settings=None, *, fleet=None, clock=None, peer="127.0.0.1"):
        self.service = service or sample()
        more = {"fleet": fleet, "clock": clock or (lambda: NOW)}
        self.app = application(self.service, self.service, settings or WebSettings(), **more)
        self._peer = peer

    def __call__(self, method, path, **more):
        async def ask():
            transport = httpx.ASGITransport(self.app, client=(self._peer, 50000))
            async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path, **more):
        return self("GET", path, **more)

    def post(self, path, **more):
        return self("POST", path, **more)
