import gc
import os
import signal
import socket

import collecting  # noqa: F401 - says where compiled modules are
import pytest
from effort import examples
from hypothesis import HealthCheck, settings, strategies
from processes import Processes, group_of
from turns import take_turns
from xdist.scheduler import LoadScopeScheduling

# Nothing of what is collected goes: to look for garbage again and again was a third of the time.
gc.disable()

LONG = ("tests/testing/", "tests/integrations/", "tests/e2e/", "tests/monitor/agent/")

# The machine may be slow at times; no property is about how long something takes.
settings.register_profile(
    "busy",
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("busy")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores it in what runs in the background, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """A test that is named itself runs, though it be one of those that take long."""
    if any("::" in word for word in config.args) and config.option.markexpr == "not full":
        config.option.markexpr = ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    take_turns(items)
    # What waits most begins first, so that in the end no process is left alone with it.
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish(session):
    """What is imported by now stays: no collection of garbage has to look at it again."""
    strategies.text().validate()  # hypothesis makes its table of all characters, and keeps it
    gc.enable()
    if not session.config.option.collectonly:
        gc.collect()
        gc.freeze()


def pytest_xdist_auto_num_workers(config):
    """Where all tests run, a forked process for each core and eight more: most wait at times.

    What was named on the command line runs in this process.
    """
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS and hasattr(os, "fork"):
        config.pluginmanager.register(Processes((os.cpu_count() or 1) + 8))
    return 0


def pytest_xdist_make_scheduler(config, log):
    """Tests that share servers stay together with ``-n 2`` as well."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler


@pytest.fixture
def unused_port():
    """A TCP port of 127.0.0.1 that refuses: bound, so that nobody else takes it, not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
