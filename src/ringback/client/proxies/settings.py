"""Which proxies are set for which URLs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ringback.client.proxies.bypass import Bypass, bypass_of

_NOWHERE = bypass_of("")


@dataclass(frozen=True, slots=True)
class Settings:
    """Which proxies are set for which URLs.

    Attributes:
        proxies: The proxies for ``scheme://host``, ``scheme``, ``all://host`` or ``all``, as in
            requests; the first of these keys that is there decides.
        bypass: What is called without a proxy.
    """

    proxies: Mapping[str, tuple[str, ...]] = field(repr=False)  # with their credentials
    bypass: Bypass = _NOWHERE

    def candidates(self, url: str) -> tuple[str, ...]:
        """Return the proxies for a URL, in order; none: it is called directly.

        Args:
            url: What is called.
        """
        if not self.proxies:
            return ()
        parts = urlsplit(url)
        host = parts.hostname
        if host is None or self.bypass.covers(host, parts.port):
            return ()
        for key in (f"{parts.scheme}://{host}", parts.scheme, f"all://{host}", "all"):
            if key in self.proxies:
                return self.proxies[key]
        return ()
