import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load
from ringback.monitor.config.reader_process import ReaderProcess

TEXT = """
[[endpoint]]
url = "https://shop.example.com/${WHERE}"
labels = {team = "shop"}
expect = {status = [200, "300-399"], json = {"$.ok" = "true"}}

[[notifier]]
name = "mail"
type = "webhook"
url = "https://mail.example.com/"

[[maintenance]]
weekly = {days = ["sun"], from = "02:00", to = "03:00", zone = "Europe/Berlin"}
"""


def test_another_process_reads_what_this_one_would_and_its_problems(tmp_path, monkeypatch):
    file, wrong = tmp_path / "ringback.toml", tmp_path / "wrong.toml"
    file.write_text(TEXT)
    wrong.write_text("[[endpoint]]\nurll = 'https://example.com'\n")
    (tmp_path / "pickle.py").write_text("raise SystemExit('run')")  # of the current folder
    monkeypatch.chdir(tmp_path)
    environ = {"WHERE": "health"}
    readers = [ReaderProcess("load", file, environ), ReaderProcess("load", wrong, {})]

    assert readers[0].result() == load(file, environ)
    with pytest.raises(ConfigInvalid) as there:
        readers[1].result()
    with pytest.raises(ConfigInvalid) as here:
        load(wrong, {})
    assert there.value.problems == here.value.problems


def test_a_reader_that_is_ended_leaves_a_problem(monkeypatch):
    monkeypatch.setattr("ringback.monitor.config.reader_process._PROGRAM", "raise SystemExit(3)")
    with pytest.raises(ConfigInvalid, match="ended with status 3"):
        ReaderProcess("load", Path("ringback.toml"), {}).result()

    monkeypatch.setattr(sys, "executable", "/no/python")
    with pytest.raises(ConfigInvalid, match="no process can be started"):
        ReaderProcess("load", Path("ringback.toml"), {})


def test_ctrl_c_is_not_for_the_reader(monkeypatch):
    program = (
        "import os, pickle, sys; sys.stdout.buffer.write(pickle.dumps((os.getpgid(0), None, None)))"
    )
    monkeypatch.setattr("ringback.monitor.config.reader_process._PROGRAM", program)
    group = ReaderProcess("load", Path("ringback.toml"), {}).result()
    assert group != os.getpgid(0)


@pytest.mark.nightly
def test_a_running_monitor_has_not_loaded_pydantic():
    program = "import sys, ringback.monitor.program; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "ringback.monitor.web.app" in loaded
    assert "pydantic" not in loaded
