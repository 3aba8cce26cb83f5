"""What can be wrong with a store, each said in one line together with what to do."""


class StoreProblem(Exception):  # noqa: N818 - named after what happened, as in ringback.errors
    """The store cannot be used as it is; the message is one line and ends with the remedy."""


class StoreTooNew(StoreProblem):
    """A later version of ringback wrote the database."""


class StoreInUse(StoreProblem):
    """Another process writes to the database."""


class StoreCorrupt(StoreProblem):
    """The file is no database, or its content is damaged."""


class StoreUnavailable(StoreProblem):
    """Nothing can be written now, and it may be possible again: disk full, read-only, I/O error."""
