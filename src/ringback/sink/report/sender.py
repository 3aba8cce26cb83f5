"""The one connection to the monitor."""

import http.client
import select
import ssl
from urllib.parse import urlsplit

PATH = "/api/v1/events"

TIMEOUT = 5.0
"""Seconds for each step of a request."""

_MOST_ANSWER = 65536


class Sender:
    """Posts bodies to the monitor, one after the other; for one thread.

    A proxy is never used.

    Args:
        url: The monitor's.
        token: Of the monitor; ``None``: none.

    Raises:
        ValueError: If one of them cannot be used.
    """

    def __init__(self, url: str, token: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the monitor's URL must be like http://127.0.0.1:8480")
        if "@" in parts.netloc:
            raise ValueError("the monitor takes no password in its URL: give a token")
        if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
            raise ValueError("the token must be printable ASCII")
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self._path = parts.path.rstrip("/") + PATH
        self._headers = {"Content-Type": "application/json", "User-Agent": "ringback"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.strip()}"
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes) -> int:
        """Post a body; return the status of the answer.

        Args:
            body: JSON.

        Raises:
            OSError: There is no connection, or it broke.
            http.client.HTTPException: The answer is none.
        """
        connection = self._kept() or self._open()
        try:
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            rest = answer.read(_MOST_ANSWER + 1)
        except BaseException:
            self.close()
            raise
        if len(rest) > _MOST_ANSWER:
            self.close()
        return answer.status

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _kept(self) -> http.client.HTTPConnection | None:
        """The connection, unless the monitor has closed it meanwhile."""
        connection = self._connection
        if connection is None or connection.sock is None:
            return None
        if select.select([connection.sock], [], [], 0)[0]:
            self.close()
            return None
        return connection

    def _open(self) -> http.client.HTTPConnection:
        if self.secure:
            self._connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            self._connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        return self._connection
