"""The pool of a database's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Engine


def closed_when_returned(engine: Engine) -> Engine:
    """Have the connections that are in use when ``engine`` is disposed of closed after their use.

    SQLAlchemy returns them to the pool that was, and nobody closes that a second time.
    """

    def made(_driver: object, record: Any) -> None:
        record.info["pool"] = engine.pool

    def returned(_driver: object, record: Any) -> None:
        if record.info.get("pool") is not engine.pool:
            record.invalidate()

    event.listen(engine, "connect", made)
    event.listen(engine, "checkin", returned)
    return engine
