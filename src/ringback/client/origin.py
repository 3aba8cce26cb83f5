"""The origin of a URL: what circuits and budgets are kept for (RFC 6454)."""

from functools import lru_cache

from ringback.failure.target import target_of_url


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of an absolute URL, in lower case and with the port.

    What is malformed comes back as far as it could be read; never raises.
    """
    end = url.find("/", url.find("//") + 2)
    authority = url if end < 0 else url[:end]
    # A password is not to be kept in a cache, nor is a query that follows the host at once.
    plain = "@" not in authority and "?" not in authority and "#" not in authority
    return _origin(authority) if plain else _read(authority)


def _read(authority: str) -> str:
    target = target_of_url(authority)
    host = (target.host or "").lower()
    shown = f"[{host}]" if ":" in host else host
    return f"{target.scheme}://{shown}:{target.port}"


_origin = lru_cache(maxsize=1024)(_read)
