"""The JSON Schema of a configuration."""

from functools import cache
from typing import Any

from ringback.monitor.config.position import KeyPath
from ringback.monitor.config.shape.settings import FileShape

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema() -> dict[str, Any]:
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
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(one) for key, one in node.items() if not _is_noise(key, one)}
    choices = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1 and len(choices) < len(kept["anyOf"]):
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def table_at(path: KeyPath, data: object) -> dict[str, Any]:
    """Return what the schema says of the table at a path; ``{}``: nothing.

    Args:
        path: Keys, and indices into arrays.
        data: The whole configuration, which says of what type a notifier is.
    """
    node = schema()
    for step in path:
        data = _below(data, step)
        node = node["items"] if isinstance(step, int) else _property(node, step)
        node = _resolved(node, data)
        if not node:
            break
    return node


def keys_of(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the keys that a table may have, each with what the schema says of it.

    Args:
        table: As ``table_at`` returned it.
    """
    return {key: _resolved(one, None) for key, one in table.get("properties", {}).items()}


def _property(node: dict[str, Any], key: str) -> dict[str, Any]:
    found = node.get("properties", {}).get(key) or node.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _below(data: Any, step: str | int) -> object:
    try:
        return data[step]
    except (LookupError, TypeError):
        return None


def _resolved(node: dict[str, Any], data: object) -> dict[str, Any]:
    if "discriminator" in node:
        chosen = _below(data, node["discriminator"]["propertyName"])
        reference = node["discriminator"]["mapping"].get(chosen)
        return _resolved({"$ref": reference}, data) if reference else {}
    if "$ref" not in node:
        return node
    found = schema()["$defs"][node["$ref"].rpartition("/")[2]]
    assert isinstance(found, dict)
    return found
