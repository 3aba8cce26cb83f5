import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import config_of_urls, load
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


def test_what_another_process_reads_is_what_this_one_would(tmp_path):
    file = tmp_path / "ringback.toml"
    file.write_text(TEXT)

    read = ReaderProcess("load", file, {"WHERE": "health"}).result()

    assert read == load(file, {"WHERE": "health"})
    assert read.endpoints[0].url == "https://shop.example.com/health"
    assert ReaderProcess("config_of_urls", ("tcp://db:5432",)).result() == config_of_urls(
        ("tcp://db:5432",)
    )


def test_problems_come_back_with_their_place(tmp_path):
    file = tmp_path / "ringback.toml"
    file.write_text("[[endpoint]]\nurll = 'https://example.com'\n")

    with pytest.raises(ConfigInvalid) as caught:
        ReaderProcess("load", file, {}).result()

    with pytest.raises(ConfigInvalid) as here:
        load(file, {})
    assert caught.value.problems == here.value.problems


def test_what_else_goes_wrong_is_raised_here():
    with pytest.raises(TypeError):
        ReaderProcess("load").result()


def test_a_file_of_the_current_folder_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)

    assert ReaderProcess("config_of_urls", ("https://example.com",)).result().endpoints


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


def test_a_running_monitor_has_not_loaded_pydantic():
    program = "import sys, ringback.monitor.program; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "ringback.monitor.web.app" in loaded
    assert "pydantic" not in loaded
