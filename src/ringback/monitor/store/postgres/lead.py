"""Who leads: a row that its owner renews, and an advisory lock that its session holds."""

# Theory of operation
#
# Of the processes on one database one leads; the others stand by. The row of `lead` names it:
#
#     standing by --the row may be taken: epoch + 1--> leading --another one has taken it--+
#          ^                                                                                |
#          +--------------- what it held in memory is forgotten: `stand` -------------------+
#
# The row may be taken where its time is over, by the server's clock, or where it says `locked` and
# nobody holds the lock: then the session of its owner has ended. A free lock alone says nothing,
# for an owner that could not get it has none to lose. A lock alone would not do either: the session
# of a process that is stopped lives on.
#
# Whoever takes the row ends the session that holds the lock, and with it the transaction that a
# stopped process left open, which would lock the row of the writer. What fences a woken one is
# `writer`, which names owner and epoch (`database.py`).
#
# A thread renews the row, or looks at it, over a connection of its own: neither a loop that is busy
# nor a transaction that takes long may look like an end. One whose event loop has not been heard
# for LOOP_TIMEOUT no longer renews: it leads nobody.
#
# Whoever meets a server again, as after a restart, lets LEASE_SECONDS pass before it takes the row:
# the one that leads is connecting just as well, and holds in memory what it could not keep.

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ringback.monitor.store.interface import StoreInUse, StoreProblem

LEASE_SECONDS = 3.0  # Seconds after which one that is not renewed may be taken
RENEW_INTERVAL = 1.0
LOOK_INTERVAL = 0.2  # Seconds between two looks of one that stands by
LOOP_TIMEOUT = 30.0  # Seconds after which an event loop that was not heard leads nobody
_ATTEMPT_TIMEOUT = 2.0  # Seconds for one statement; with the pause less than the lease
_PAUSE_SECONDS = 0.5  # Seconds until a server that was not reached is tried again

LOCK_KEYS = "1379019333, 0"

ROW = (
    "SELECT lead.owner, lead.url, lead.epoch, lead.expires < clock_timestamp() AS expired,"
    " lead.locked, EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 1379019333 AND objid = 0) AS held,"
    " COALESCE((SELECT number FROM writer WHERE writer.shard = 0), 0) AS number"
    " FROM lead WHERE lead.shard = 0"
)
_RENEW = (
    "UPDATE lead SET url = %(url)s, expires ="
    " CASE WHEN %(heard)s THEN clock_timestamp() + interval '3 seconds' ELSE expires END"
    " WHERE shard = 0 AND owner = %(owner)s AND epoch = %(epoch)s"
)


@dataclass(frozen=True, slots=True)
class LeadRow:
    """The row, and the lock beside it, as they were seen."""

    owner: str
    url: str  # Where agents and people reach it; `""`: it serves no page
    epoch: int
    expired: bool
    locked: bool
    held: bool  # Whether anybody holds the lock
    number: int  # Transactions of the writer

    @property
    def is_free(self) -> bool:
        """Whether it may be taken."""
        return self.expired or (self.locked and not self.held)

    @property
    def page(self) -> str:
        """The URL, where it can be one."""
        return self.url if self.url.startswith(("http://", "https://")) else ""

    @property
    def process(self) -> str:
        """Who that is, for people."""
        host, _, pid = self.owner.partition(":")
        return f"process {pid.partition(':')[0] or '?'} on {host}"


def boot_time() -> float:
    """Return seconds that also pass while this process, or this machine, is stopped."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Lead:
    """Whether this process leads; any thread may ask."""

    def __init__(
        self,
        connect: Callable[[], Any],
        owner: str,
        *,
        claim: Callable[[], None],
        lost: Callable[[], None],
        translate: Callable[[Exception], StoreProblem | None],
    ) -> None:
        self.owner, self.url = owner, ""
        self.epoch = 0  # In which this process leads; 0: it does not
        self.shown_epoch = 0  # In which this process led, when what it shows was last made ready
        self.row: LeadRow | None = None  # As it was seen last, while this process does not lead
        self.problem: StoreProblem | None = None  # Why the server is not reached; `None`: it is
        self.on_change: Callable[[], None] = lambda: None  # Called in another thread
        self._connect, self._claim, self._lost, self._translate = connect, claim, lost, translate
        self._stands = False
        self._heard: float | None = None
        self._answered = boot_time()
        self._connection: Any = None
        self._not_before = 0.0
        self._wake, self._closed = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="ringback-lead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stand(self) -> None:
        """Take the lead when it is free, from now on."""
        self._stands = not self.epoch
        self._wake.set()

    def leads(self, epoch: int) -> None:
        """Note that this process leads."""
        self.epoch, self._stands, self._answered = epoch, False, boot_time()
        self.on_change()

    def lose(self) -> None:
        """Note that another one leads."""
        if self.epoch:
            self.epoch = 0
            self._lost()
            self.on_change()
        self._wake.set()

    def reached_at(self, url: str) -> None:
        """Say where agents and people reach this process."""
        if url != self.url:
            self.url = url
            self._wake.set()

    def hear(self) -> None:
        """Take note that the event loop goes on."""
        self._heard = boot_time()

    @property
    def is_current(self) -> bool:
        """Whether this process may act for all: no other one can have taken the lead since.

        Where the server is away nobody can take it. One that was stopped does not know it before it
        has asked.
        """
        return self.epoch > 0 and boot_time() - self._answered < LEASE_SECONDS

    @property
    def stands_by(self) -> bool:
        """Whether nothing is changed here: another process leads, or this one is not ready yet."""
        return self.epoch == 0 or self.shown_epoch != self.epoch

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_ATTEMPT_TIMEOUT)

    def _run(self) -> None:
        while not self._closed:
            self._wake.clear()
            pause = _PAUSE_SECONDS
            try:
                self._once()
                pause = RENEW_INTERVAL if self.epoch else LOOK_INTERVAL
                self.problem = None
            except StoreProblem as problem:
                self.problem = problem
            except Exception as error:
                self.problem = self._translate(error)
                if self.problem is None:
                    raise
                self._drop()
                self._answered = boot_time()
            self._wake.wait(pause)
        self._drop()

    def _once(self) -> None:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.autocommit = True
        timer = cut_after(_ATTEMPT_TIMEOUT, lambda: self._connection)
        try:
            if self.epoch and not self._is_renewed():
                self.lose()
            if not self.epoch:
                self._look()
        finally:
            timer.cancel()
        may_take = self._stands and not self.epoch and time.monotonic() >= self._not_before
        if may_take and (self.row is None or self.row.is_free):
            with suppress(StoreInUse):  # another one was faster
                self._claim()

    def _is_renewed(self) -> bool:
        begun, epoch = boot_time(), self.epoch
        heard = self._heard is None or begun - self._heard < LOOP_TIMEOUT
        values = {"url": self.url, "owner": self.owner, "epoch": epoch, "heard": heard}
        renewed = self._connection.execute(_RENEW, values).rowcount > 0
        if renewed and heard:
            self._answered = begun
        return renewed or self.epoch != epoch

    def _look(self) -> None:
        found = self._connection.execute(ROW).fetchone()
        self.row = None if found is None else LeadRow(*found)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._not_before = time.monotonic() + LEASE_SECONDS
        if connection is not None:
            with suppress(Exception):
                connection.close()


def cut_after(seconds: float, driver: Callable[[], Any]) -> threading.Timer:
    """Break a connection whose server does not answer; whoever waits for it gets an error."""
    timer = threading.Timer(seconds, lambda: cut(driver()))
    timer.daemon = True
    timer.start()
    return timer


def cut(driver: Any) -> None:
    """Break a connection that another thread may be using."""
    with suppress(Exception), socket.socket(fileno=os.dup(driver.fileno())) as it:
        it.shutdown(socket.SHUT_RDWR)
