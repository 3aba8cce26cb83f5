"""Calls that must come to an end, whoever keeps them waiting.

Nothing here measures how long: the client itself would wait for longer than a test may take.
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from dataclasses import replace

from client.contract.integrations import AT_ONCE
from until import TEST_TIMEOUT

from ringback import Timeout

FOR_EVER = 600.0
PATIENT = replace(AT_ONCE, timeout=Timeout(connect=FOR_EVER, read=FOR_EVER, write=FOR_EVER))
HASTY = replace(PATIENT, deadline=0.6)


def ended(function, *args, **options):
    """What a call raises, which another thread makes: a test does not wait for it for ever."""
    outcome = []

    def call():
        try:
            outcome.append(function(*args, **options))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            outcome.append(error)

    thread = threading.Thread(target=copy_context().run, args=(call,), daemon=True)
    thread.start()
    thread.join(TEST_TIMEOUT)
    assert outcome, "it does not end"
    return outcome[0]
