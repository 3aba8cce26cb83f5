"""The store of one machine: one SQLite file in WAL mode."""

from ringback.monitor.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
