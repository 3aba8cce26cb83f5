"""Runs where the frameworks are: in the session ``recipes`` of noxfile.py, where they must be."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys

import pytest
from program import running_program
from recipes.backend import Backend, answers, free_port
from recipes.pages import code_of
from until import until

if not os.environ.get("RINGBACK_TEST_RECIPES") and importlib.util.find_spec("celery") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def backend(lab):
    return Backend(lab)


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads the program of a page as a module, with these environment variables."""
    loaded = []

    def load(page, section="", **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        name = f"recipe_{page.replace('-', '_')}_{len(loaded)}"
        path = tmp_path / f"{name}.py"
        path.write_text(code_of(page, section), "utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def started(tmp_path):
    """Runs the program of a page as a process, until the test is over.

    ``words`` are the command after ``python``; it gives the process and the file with all it says.
    """
    with contextlib.ExitStack() as running:

        def start(page, section, name, *words, **environment):
            (tmp_path / name).write_text(code_of(page, section), "utf-8")
            log = tmp_path / f"{name}.log"
            said = running.enter_context(log.open("wb"))
            process = running.enter_context(
                running_program(
                    [sys.executable, *words],
                    cwd=tmp_path,
                    env=os.environ | {"PYTHONPATH": str(tmp_path)} | environment,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                )
            )
            return process, log

        yield start


@pytest.fixture
def served(started):
    """Runs it as a server, with ``{port}`` in the words; it gives the URL and that file."""

    def serve(page, section, name, *words, **environment):
        port = free_port()
        words = [word.format(port=port) for word in words]
        process, log = started(page, section, name, *words, **environment)
        until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, log.read_text("utf-8")
        return f"http://127.0.0.1:{port}", log

    return serve
