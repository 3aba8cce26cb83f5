"""The way that one attempt takes."""

from dataclasses import dataclass, field

from ringback.failure.target import target_of_url


@dataclass(frozen=True, slots=True)
class ProxyChoice:
    """The way that one attempt takes.

    Attributes:
        url: URL of the proxy, with its credentials; ``None``: directly.
        passed_by: The proxies (``host:port``) that should have been used, where the call goes
            directly only because all of them have failed and the policy names its host.
    """

    url: str | None = field(repr=False)
    passed_by: tuple[str, ...] = ()

    @property
    def proxy(self) -> str | None:
        """``host:port`` of the proxy, without credentials."""
        return None if self.url is None else name_of(self.url)

    @property
    def told(self) -> str:
        """What the call goes on without, where it is a fallback; else ``""``."""
        return f"the failed proxy {', '.join(self.passed_by)}" if self.passed_by else ""


def name_of(url: str) -> str:
    """Return ``host:port`` of a proxy's URL, without credentials.

    Args:
        url: Of the proxy.
    """
    target = target_of_url(url if "://" in url else f"http://{url}")
    port = target.port or (1080 if (target.scheme or "").startswith("socks") else 80)
    return f"{target.host or '?'}:{port}"
