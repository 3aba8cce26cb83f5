"""A running monitor, asked over its API."""

from __future__ import annotations

import http.client
import json
import os
import re
import string
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import click

from ringback.cli.input import InputError
from ringback.cli.terminal import plain
from ringback.failure.target import url_to_show
from ringback.monitor.config.naming import endpoint_id
from ringback.monitor.fleet.redirect import MAX_REDIRECTS, lead_url

DEFAULT_URL = "http://127.0.0.1:8480"  # Where a monitor listens by default
RESPONSE_TIMEOUT = 10.0  # Seconds to wait for a response
MAX_RESPONSE_BYTES = 32 * 1024 * 1024  # Bytes of a response that are read at most

_NEXT = re.compile(r'\?([^<>]*)>; rel="next"')
"""RFC 8288: the query of the next page; its path is another one behind a proxy."""

F = TypeVar("F", bound=Callable[..., Any])


class Remote:
    """The API of a running monitor."""

    def __init__(self, url: str, token: str | None) -> None:
        if token and not (token.isascii() and token.isprintable()):
            raise InputError("--token: a token has only printable ASCII characters")
        self._url = url.rstrip("/")
        self._token = token
        try:
            self._parts = urlsplit(self._url)
            port, host = self._parts.port, self._parts.hostname or ""
        except ValueError:
            port, host = None, ""
        known = host and port != 0 and not set(host) & set(string.whitespace)
        if not known or self._parts.scheme not in {"http", "https"}:
            raise InputError(f"{self._shown!r} is not the URL of a monitor, such as {DEFAULT_URL}")

    @property
    def _shown(self) -> str:
        return plain(url_to_show(self._url))

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)[0]

    def all(self, path: str) -> list[Any]:
        """Return a whole list, page after page."""
        found: list[Any] = []
        while path:
            page, links = self._ask("GET", path, None)
            found += page
            following = _NEXT.search(links)
            path = f"{path.partition('?')[0]}?{following[1]}" if following and page else ""
        return found

    def post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, body)[0]

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)[0]

    def _ask(self, method: str, path: str, body: Any) -> tuple[Any, str]:
        for _ in range(MAX_REDIRECTS):
            status, text, links, location = self._exchange(method, path, body)
            if status != 307:
                break
            # Another one leads: the token goes there only where the way is as safe.
            if (url := lead_url(self._url, location, quoted(f"/api/v1{path}"))) is None:
                raise InputError(f"{self._shown} stands by for {plain(location)}; name that")
            self._url, self._parts = url, urlsplit(url)
        return self._result(status, text, path), links

    def _exchange(self, method: str, path: str, body: Any) -> tuple[int, bytes, str, str]:
        parts = self._parts
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(str(parts.hostname), parts.port, timeout=RESPONSE_TIMEOUT)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body)
        try:
            target = quoted(f"{parts.path}/api/v1{path}")
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            return (
                response.status,
                response.read(MAX_RESPONSE_BYTES),
                response.getheader("Link", ""),
                response.getheader("Location", ""),
            )
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            raise InputError(
                f"no monitor answers at {self._shown} ({error}); start one with "
                "`ringback up`, or name another with --url"
            ) from error
        finally:
            connection.close()

    def _result(self, status: int, text: bytes, path: str) -> Any:
        if status in {401, 403}:
            raise InputError(
                "the monitor requires a token with that scope: --token, or RINGBACK_TOKEN"
            )
        try:
            document = None if status == 204 else json.loads(text)
        except (ValueError, RecursionError):
            raise InputError(
                f"{self._shown} is not a monitor (status {status}, not JSON); "
                "name another with --url"
            ) from None
        if status < 400:
            return document
        detail = (
            document.get("detail") or document.get("title") if isinstance(document, dict) else None
        )
        raise InputError(
            f"the monitor responded {status} to {path}: {plain(str(detail or 'no reason'))}"
        )


def endpoints_named(word: str, known: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the endpoints that an id, a name, a URL or a pattern of ids names."""
    id_ = endpoint_id("", word)
    named = [end for end in known if end["id"] in {word, id_} or end["url"] == word]
    return named or [end for end in known if fnmatchcase(end["id"], word)]


def quoted(target: str) -> str:
    return quote(target, safe="/?=&%")


def segment(id_: str) -> str:
    return quote(id_, safe="")


def monitor_options(function: F) -> F:
    """Give a command the options that say which monitor it asks."""
    url = click.option(
        "--url",
        default=lambda: os.environ.get("RINGBACK_URL") or DEFAULT_URL,
        help=f"URL of the monitor; default: RINGBACK_URL, or {DEFAULT_URL}.",
    )
    token = click.option(
        "--token",
        default=lambda: os.environ.get("RINGBACK_TOKEN"),
        help="API token; default: RINGBACK_TOKEN.",
    )
    return url(token(function))
