"""A line in the log for whoever changes something: who, from where, what, and what came of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from ringback.monitor.notify.text import safe_line
from ringback.monitor.web.access import Grant, asked_from

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("ringback.audit")

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def audit(request: Request, detail: str, grant: Grant | None = None) -> None:
    """Have it said what the request is about, where its path does not say it."""
    request.state.detail = safe_line(detail)
    if grant is not None:
        request.state.acting = grant


class AuditMiddleware:
    """ASGI middleware: writes the line when a request that changes something is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return
        asked = f"{scope['method']} {scope['raw_path'].decode('latin-1')}"
        state = scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and "acting" in state:
                grant: Grant = state["acting"]
                who = safe_line(grant.name or "somebody") + (f" ({grant.by})" if grant.by else "")
                address = asked_from(HTTPConnection(scope))
                detail = f": {state['detail']}" if "detail" in state else ""
                log.info(
                    "ringback: audit: %s from %s: %s: %d%s",
                    who, address, asked, message["status"], detail,
                )  # fmt: skip
            await send(message)

        await self._app(scope, receive, sending)
