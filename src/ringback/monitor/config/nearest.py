"""What was probably meant by a key or a name that there is not."""

import difflib
from collections.abc import Iterable
from typing import Any

from ringback.monitor.config.position import KeyPath
from ringback.monitor.config.schema import keys_of, table_at

_OTHERS = {
    "interval": "every",
    "period": "every",
    "frequency": "every",
    "retry_interval": "retry_every",
    "failure_threshold": "threshold",
    "max_retries": "retries",
    "success_threshold": "recovery",
    "target": "url",
    "host": "url",
    "address": "url",
    "tags": "labels",
    "resolver": "nameserver",
    "dns_server": "nameserver",
    "depends_on": "parents",
    "parent": "parents",
    "insecure": "verify",
    "tls_verify": "verify",
    "ca_file": "ca",
    "cert": "client_certificate",
    "regex": "matches",
    "body_contains": "contains",
    "keyword": "contains",
    "response_time": "latency",
    "listen": "host",
    "channel": "notifier",
    "alerting": "notifier",
    "receiver": "notifiers",
    "alert": "route",
    "database": "store",
    "hash": "sha256",
    "start": "begins",
    "end": "ends",
    "timezone": "zone",
    "tz": "zone",
    "repeat_interval": "repeat",
}
"""What other tools call it."""


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the word that is closest to one, or ``""`` where none is close.

    Args:
        word: What was written.
        words: What could have been meant.
    """
    by_folded = {one.lower().replace("-", "_"): one for one in words}
    folded = word.lower().replace("-", "_")
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def nearest_key(path: KeyPath, data: object) -> str:
    """Return the valid key that was probably meant, or ``""``.

    Args:
        path: Path of the key that there is not.
        data: The whole configuration.
    """
    *table, last = path
    word, keys = str(last), keys_of(table_at(tuple(table), data))
    below = {
        name: f"{key}.{name}"
        for key, one in keys.items()
        for name in _named_in(one)
        if name not in keys
    }
    other = _OTHERS.get(word.lower().replace("-", "_"), "")
    if other in keys:
        return other
    return below.get(word) or below.get(other) or nearest(word, keys)


def _named_in(table: dict[str, Any]) -> Iterable[str]:
    return table.get("properties", {}) if table.get("type") == "object" else ()
