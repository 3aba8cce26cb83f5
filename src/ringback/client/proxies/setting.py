"""One setting that names a proxy, checked."""

from urllib.parse import urlsplit

from ringback.errors import specialise
from ringback.failure import KINDS, Failure
from ringback.failure.target import without_secrets

SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})

_KIND = "config.proxy_invalid"


def proxy_url(setting: str) -> str:
    """Return the URL of a proxy; without a scheme it is ``http``.

    Args:
        setting: As the program gives it.

    Raises:
        ringback.errors.ProxySettingInvalid: It is none; also a ``ValueError``.
    """
    url = setting.strip()
    if "://" not in url:
        if "/" in url.rstrip("/"):  # "http:/proxy:3128": a slip that would call the host "http"
            raise _invalid(url, "its scheme is not followed by ://")
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        known = parts.scheme in SCHEMES
        host, _ = parts.hostname, parts.port
    except ValueError:  # whose message may quote what stands where a port should, as a password
        raise _invalid(url, "its host or port cannot be read") from None
    if not known:
        raise _invalid(url, f"its scheme must be one of {', '.join(sorted(SCHEMES))}")
    if not host:
        raise _invalid(url, "it names no host")
    return url


def _invalid(url: str, why: str) -> BaseException:
    _, at, rest = without_secrets(url).rpartition("@")
    message = f"proxy {'…@' if at else ''}{rest}: {why}"
    error = ValueError(message)
    failure = Failure(
        kind=_KIND,
        phase="config",
        delivered=KINDS[_KIND].delivered,
        message=message,
        cause=error,
    )
    return specialise(error, failure)
