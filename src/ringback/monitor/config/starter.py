"""The file to start with."""

from functools import cache
from pathlib import Path

SCHEMA_LINE = "#:schema ./ringback.schema.json\n"
"""Tells editors (taplo) where the JSON Schema is."""


@cache
def starter() -> str:
    """Return a configuration that watches the monitor itself, and that explains each section."""
    return Path(__file__).with_name("starter.toml").read_text("utf-8")


@cache
def schema_text() -> str:
    """Return the JSON Schema of a configuration, as it is shipped."""
    return Path(__file__).with_name("schema.json").read_text("utf-8")
