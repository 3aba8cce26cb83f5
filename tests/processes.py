"""All tests are collected once, and run in processes that are forked then.

A process that imports and collects by itself, as a worker of pytest-xdist does, takes as long for
that as for the tests of a room. Forked ones cost next to nothing, so that there can be enough of
them to keep the cores busy while most tests wait. Each takes the next group of tests from a pipe,
which holds the numbers of all groups, and sends its reports through another. A test that is not
reported, because its process died, is a failure of the whole run.
"""

import atexit
import contextlib
import gc
import itertools
import multiprocessing.connection
import os
import random
import re
import signal
import threading
import traceback

import pytest

_OF_INTEGRATIONS = ("test_gets_through.py", "test_no_harm.py")
_OF_THE_SOURCE = ("test_glossary.py", "test_design.py", "test_sizes.py", "test_facts.py")
_EACH_ALONE = ("test_judged_on_sockets.py", "test_agent.py")
_INTEGRATION = re.compile(r"\[(?:POST-|GET-)?(.+)\]$")


def group_of(nodeid):
    """What shares servers or the parsed source stays together: a file, an integration's table.

    Each test that builds hosts of its own, and waits most of its time, goes where there is room.
    """
    file, _, test = nodeid.partition("::")
    if file.endswith(_OF_THE_SOURCE):
        return "the source"
    if file.endswith(_EACH_ALONE):
        return nodeid
    if file.startswith("tests/e2e/"):
        return "the worlds"
    integration = _INTEGRATION.search(test) if file.endswith(_OF_INTEGRATIONS) else None
    return f"the table of {integration[1]}" if integration else file


class Processes:
    """The loop over the tests."""

    def __init__(self, number):
        self.number = number
        self.running = {}  # Pipe to process and the test that it runs

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        if session.testsfailed or session.config.option.collectonly:
            return None  # pytest says what could not be collected
        groups = {}
        for item in session.items:
            groups.setdefault(group_of(item.nodeid), []).append(item)
        queue = _filled(len(groups))
        for number in range(min(self.number, len(groups))):
            self._fork(session, list(groups.values()), queue, number)
        os.close(queue)
        session.config.pluginmanager.getplugin("terminalreporter").showfspath = False
        try:
            self._report(session)
        finally:
            self._end()
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    def _fork(self, session, groups, queue, number):
        assert threading.active_count() == 1, threading.enumerate()
        reports, sender = multiprocessing.Pipe(duplex=False)
        pid = os.fork()
        if pid == 0:
            _work(session, groups, queue, sender, number)
        sender.close()
        self.running[reports] = pid, None

    def _report(self, session):
        """Hand on what the processes say until all have ended, or pytest has enough."""
        while self.running and not (session.shouldfail or session.shouldstop):
            for pipe in multiprocessing.connection.wait(list(self.running)):
                try:
                    said, data = pipe.recv()
                except EOFError:
                    self._ended(session.config.hook, pipe)
                else:
                    self._said(session.config, pipe, said, data)

    def _said(self, config, pipe, said, data):
        if said == "begins":
            self.running[pipe] = self.running[pipe][0], data
        elif said == "ended":
            config.hook.pytest_runtest_logfinish(nodeid=data[0], location=data[1])
        else:
            report = config.hook.pytest_report_from_serializable(config=config, data=data)
            config.hook.pytest_runtest_logreport(report=report)

    def _ended(self, hook, pipe):
        """Look how a process ended; with what it leaves undone, the run has failed."""
        pid, test = self.running.pop(pipe)
        pipe.close()
        if status := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            nodeid, location = test or ("a process of the tests", ("", 0, ""))
            text = f"the process of this test ended with {status}, and leaves others undone"
            report = pytest.TestReport(nodeid, location, {}, "failed", text, "call")
            hook.pytest_runtest_logreport(report=report)

    def _end(self):
        """Interrupt what still runs, and wait until it has closed what it had opened."""
        for pipe, (pid, _) in self.running.items():
            os.kill(pid, signal.SIGINT)
            pipe.close()
        for pid, _ in self.running.values():
            os.waitpid(pid, 0)


def _filled(number):
    """A pipe with the numbers of the groups; who reads four bytes has one, at its end nothing."""
    queue, end = os.pipe()
    os.set_blocking(end, False)  # more than it can hold would be an error
    os.write(end, b"".join(index.to_bytes(4) for index in range(number)))
    os.close(end)
    return queue


def _work(session, groups, queue, sender, number):
    """Run tests in a process of its own, and end it."""
    status = 1
    at_exit = contextlib.ExitStack()  # Not what is to be done as the parent ends
    atexit.register = at_exit.callback
    try:
        _begin(session.config, sender, number)
        while number := os.read(queue, 4):
            _run(groups[int.from_bytes(number)])
        status = 0
    except (KeyboardInterrupt, BrokenPipeError):
        session._setupstate.teardown_exact(None)
    except BaseException:  # noqa: BLE001 - the process ends with it
        traceback.print_exc()
    finally:
        at_exit.close()
        os._exit(status)


def _begin(config, sender, number):
    """Have a captured output, temporary files and a chance of its own."""
    random.seed()
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    temporary = config._tmp_path_factory
    temporary._basetemp = temporary.getbasetemp() / f"process{number}"
    temporary._basetemp.mkdir()
    config.pluginmanager.unregister(name="terminalreporter")
    config.pluginmanager.register(_Sender(config, sender))


def _run(items):
    """Run tests that belong together; at their end all fixtures are torn down."""
    for item, following in itertools.pairwise([*items, None]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


class _Sender:
    """Sends what happens to the process that reports it."""

    def __init__(self, config, sender):
        self.config = config
        self.send = sender.send

    def pytest_runtest_logstart(self, nodeid, location):
        self.send(("begins", (nodeid, location)))

    def pytest_runtest_logreport(self, report):
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.send(("report", data))

    def pytest_runtest_logfinish(self, nodeid, location):
        self.send(("ended", (nodeid, location)))

    def pytest_runtest_teardown(self, nextitem):
        if nextitem is None:
            gc.collect()  # What nobody closed is a failure of these tests, not of the next
