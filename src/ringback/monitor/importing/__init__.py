"""The configurations of other tools, read into one of ringback's."""

from ringback.monitor.importing.draft import Draft, ImportedFile, ImportNote, to_toml
from ringback.monitor.importing.registry import IMPORTERS, ImportRefused, convert

__all__ = [
    "IMPORTERS",
    "Draft",
    "ImportNote",
    "ImportRefused",
    "ImportedFile",
    "convert",
    "to_toml",
]
