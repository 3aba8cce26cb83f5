"""Where a monitor that stands by says that another one leads, and whether that is believed."""

from __future__ import annotations

from urllib.parse import urlsplit

from ringback.monitor.web.settings import is_loopback_host

MAX_REDIRECTS = 3  # In a row: who leads may change meanwhile


def lead_url(asked: str, location: str, path: str) -> str | None:
    """Return the URL of the monitor that leads; ``None``: it is not to be asked.

    ``asked``: the URL of the one that said so, ``path`` what it was asked for. The way to the other
    one must be as safe: what came over TLS goes on over TLS, and what did not leave this machine
    stays here or is encrypted.
    """
    try:
        before, after = urlsplit(asked), urlsplit(location)
        known = bool(after.hostname) and after.port != 0 and after.username is None
    except ValueError:
        return None
    if not known or after.scheme not in {"http", "https"} or not location.endswith(path):
        return None
    is_here = is_loopback_host(before.hostname or "")
    if after.scheme == "http" and (
        before.scheme == "https" or (is_here and not is_loopback_host(after.hostname or ""))
    ):
        return None
    return location.removesuffix(path)
