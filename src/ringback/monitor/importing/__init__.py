"""The configurations of other tools, read into one of ringback's."""

from ringback.monitor.importing.draft import Draft, Note, Text, toml_of
from ringback.monitor.importing.registry import IMPORTERS, ImportRefused, convert

__all__ = ["IMPORTERS", "Draft", "ImportRefused", "Note", "Text", "convert", "toml_of"]
