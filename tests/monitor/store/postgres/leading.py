"""A process that stands by and, while it leads, keeps transitions; run by the tests of the lead."""

import os
import signal
import sys
import time

from ringback.incident.model import Transition
from ringback.monitor.store.interface import StoreBatch, StoreProblem
from ringback.monitor.store.postgres.store import PostgresStore
from tests.monitor.store.values import AT


def change(epoch):
    return Transition(at=AT, endpoint=f"of {os.getpid()}", before="ok", after=str(epoch))


def lead(store, stops):
    store.promote()
    epoch = store.lead.epoch
    print("leads", epoch, flush=True)
    if stops:
        with store._server.write() as connection:
            store._records.keep_transitions(connection, [change(epoch)])
            os.kill(os.getpid(), signal.SIGSTOP)
    while store.lead.epoch == epoch:
        store.keep(StoreBatch(transitions=[change(epoch)], states={"case:web": epoch}))


def main(url, stops):
    store = PostgresStore(url, standby=True)
    print("ready", flush=True)
    while True:
        store.lead.stand()
        while not store.lead.epoch:
            time.sleep(0.01)
        try:
            lead(store, stops and store.lead.epoch == 1)
        except StoreProblem as problem:
            print("said", problem, flush=True)
        while store.lead.epoch:
            time.sleep(0.01)
        print("lost", flush=True)
        store.demote()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "stops")
