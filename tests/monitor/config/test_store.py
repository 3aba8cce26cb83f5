from pathlib import Path

import pytest

from ringback.monitor.config.settings import MonitorConfig
from ringback.monitor.program import needs_restart

URL = "postgresql://ringback:hunter2@db.example.com:5432/ringback"


def test_data_is_kept_in_a_file_or_on_a_server(loaded):
    assert loaded("").store.name == "ringback.db"
    assert loaded("").store_url == ""
    found = loaded(
        '[store]\nurl = "postgresql://me:${PASSWORD}@/x?host=a,b"', {"PASSWORD": "hunter2"}
    )
    assert found.store_url == "postgresql://me:hunter2@/x?host=a,b"
    assert "hunter2" not in repr(found)
    for url in ("postgres://db/x", "postgresql:///x?service=monitor", "postgresql://a:1,b:2/x"):
        assert loaded(f'[store]\nurl = "{url}"').store_url == url


def test_one_place_is_given(problems):
    [problem] = problems(f'[store]\npath = "a.db"\nurl = "{URL}"')

    assert problem.startswith("ringback.toml:3")
    assert "path and url are both given" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "url",
    ["mysql://me:hunter2@db/x", "me:hunter2@db", "postgresql://me:hunt@hunter2@db/x", "sqlite:x"],
)
def test_a_wrong_url_is_said_without_what_it_holds(problems, url):
    [problem] = problems(f'[store]\nurl = "{url}"')

    assert "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in problem
    assert "hunter2" not in problem


def test_another_place_needs_a_restart():
    began, now = MonitorConfig(), MonitorConfig(store_url=URL)

    assert needs_restart(began, now) == ["store.url"]
    assert needs_restart(began, MonitorConfig(store=Path("x.db"))) == ["store.path"]
