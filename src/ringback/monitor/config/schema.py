"""The JSON Schema of a configuration, and which of its keys was meant by one that there is not."""

import difflib
from collections.abc import Iterable
from functools import cache
from typing import Any

from ringback.monitor.config.models import FileShape
from ringback.monitor.config.source import KeyPath

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration (draft 2020-12), of TOML read as JSON."""
    read = _tidy(FileShape.model_json_schema(by_alias=True, mode="validation"))
    return {
        "$schema": _DIALECT,
        "title": "ringback.toml",
        **read,
        "description": "Configuration of ringback's monitor.",
    }


def _tidy(node: Any) -> Any:
    """Leave out what TOML cannot say (null), and titles that only repeat the key."""
    if isinstance(node, list):
        return [_tidy(value) for value in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(value) for key, value in node.items() if not _is_noise(key, value)}
    choices = [value for value in kept.get("anyOf", ()) if value != {"type": "null"}]
    if len(choices) == 1 and len(choices) < len(kept["anyOf"]):
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def table_at(path: KeyPath, data: object) -> dict[str, Any]:
    """Return what the schema says of the table at a path; ``{}``: nothing."""
    node = config_schema()
    for step in path:
        data = _item_of(data, step)
        node = node["items"] if isinstance(step, int) else _property(node, step)
        node = _resolved(node, data)
        if not node:
            break
    return node


def keys_of(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the keys that a table may have, each with what the schema says of it."""
    return {key: _resolved(node, None) for key, node in table.get("properties", {}).items()}


def _property(node: dict[str, Any], key: str) -> dict[str, Any]:
    found = node.get("properties", {}).get(key) or node.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _item_of(data: Any, step: str | int) -> object:
    try:
        return data[step]
    except (LookupError, TypeError):
        return None


def _resolved(node: dict[str, Any], data: object) -> dict[str, Any]:
    if "discriminator" in node:
        chosen = _item_of(data, node["discriminator"]["propertyName"])
        reference = node["discriminator"]["mapping"].get(chosen)
        return _resolved({"$ref": reference}, data) if reference else {}
    if "$ref" not in node:
        return node
    found = config_schema()["$defs"][node["$ref"].rpartition("/")[2]]
    assert isinstance(found, dict)
    return found


_SYNONYMS = {
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


def closest_word(word: str, words: Iterable[str]) -> str:
    """Return the word that is closest to one, or ``""`` where none is close."""
    by_folded = {candidate.lower().replace("-", "_"): candidate for candidate in words}
    folded = word.lower().replace("-", "_")
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def closest_key(path: KeyPath, data: object) -> str:
    """Return the valid key that was probably meant, or ``""``."""
    *table, last = path
    word, keys = str(last), keys_of(table_at(tuple(table), data))
    below = {
        name: f"{key}.{name}"
        for key, node in keys.items()
        if node.get("type") == "object"
        for name in node.get("properties", {})
        if name not in keys
    }
    other = _SYNONYMS.get(word.lower().replace("-", "_"), "")
    if other in keys:
        return other
    return below.get(word) or below.get(other) or closest_word(word, keys)
