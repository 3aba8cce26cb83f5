"""A running monitor, asked over its API."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from ringback.cli.problem import Problem
from ringback.cli.terminal import plain

URL = "http://127.0.0.1:8480"
"""Where a monitor listens by default."""

TIMEOUT = 10.0
"""Seconds for an answer."""

MOST = 32 * 1024 * 1024
"""Bytes of an answer that are read at most."""

F = TypeVar("F", bound=Callable[..., Any])


class Remote:
    """The API of a running monitor.

    Args:
        url: Where it is.
        token: What it asks for; ``None``: nothing.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def get(self, path: str) -> Any:
        """Return what stands under a path.

        Args:
            path: Below ``/api/v1``.

        Raises:
            Problem: The monitor cannot be asked, or says no.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """Send something and return the answer.

        Args:
            path: Below ``/api/v1``.
            body: JSON.

        Raises:
            Problem: The monitor cannot be asked, or says no.
        """
        return self._ask("POST", path, body)

    def delete(self, path: str) -> Any:
        """Remove something.

        Args:
            path: Below ``/api/v1``.

        Raises:
            Problem: The monitor cannot be asked, or says no.
        """
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Problem(f"{plain(self._url)!r} is no URL of a monitor; it is like {URL}")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"{parts.path}/api/v1{path}", data, headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read(MOST)
        except (OSError, http.client.HTTPException) as error:
            raise Problem(
                f"no monitor answers at {plain(self._url)} ({error}); start one with "
                "`ringback up`, or name another with --url"
            ) from error
        finally:
            connection.close()
        return _answer(status, text, path)


def _answer(status: int, text: bytes, path: str) -> Any:
    try:
        said = json.loads(text) if text else None
    except ValueError:
        said = None
    if status < 400:
        return said
    if status in {401, 403}:
        raise Problem("the monitor wants a token with that right: --token, or RINGBACK_TOKEN")
    detail = said.get("detail") or said.get("title") if isinstance(said, dict) else None
    raise Problem(f"the monitor says {status} to {path}: {plain(str(detail or 'no reason'))}")


def asking(function: F) -> F:
    """Give a command the options that say which monitor it asks.

    Args:
        function: The command; gets ``url`` and ``token``.
    """
    url = click.option(
        "--url",
        default=lambda: os.environ.get("RINGBACK_URL") or URL,
        help=f"The monitor; default: RINGBACK_URL, or {URL}.",
    )
    token = click.option(
        "--token",
        default=lambda: os.environ.get("RINGBACK_TOKEN"),
        help="What it asks for; default: RINGBACK_TOKEN.",
    )
    return url(token(function))
