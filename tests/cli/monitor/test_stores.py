"""The commands that read a store go by the configuration, whichever engine it names."""

import json
import time

import pytest
from monitor.export.stores import HOUR, NOVEMBER, change, check, incident, kept, minutes, outage

NOW = time.time()


@pytest.fixture
def store(engine, tmp_path, monkeypatch):
    """Each engine with something in it; a configuration that names it is where the commands run."""
    kept(
        engine.place,
        [check(NOW - 300), check(NOW - 240, up=False, detail="refused")],
        [change(NOW - 300, "unknown", "ok"), change(NOW - 240, "ok", "down", kind="tcp.refused")],
        [incident(NOW - 240, state="open")],
        until=NOW,
    )
    key, place = (
        ("url", engine.place) if "://" in str(engine.place) else ("path", engine.place.name)
    )
    folder = engine.place.parent if key == "path" else tmp_path
    text = f'[store]\n{key} = "{place}"\n[[notifier]]\nname = "n"\nurl = "${{NOT_SET}}"\n'
    (folder / "monitor.toml").write_text(text)
    monkeypatch.chdir(folder)
    return engine.place


def test_what_is_configured_is_read(ringback, store, tmp_path):
    here = ("-c", "monitor.toml")
    done = ringback("export", "checks", "--format", "jsonl", *here)
    assert [json.loads(line)["up"] for line in done.stdout.splitlines()] == [True, False]
    json_of_shop = ringback("history", "shop", "--json", *here).stdout
    assert [found["id"] for found in json.loads(json_of_shop)["incidents"]] == ["i1"]
    assert "shop" in ringback("report", "--months", "2", *here).stdout
    (tmp_path / "monitor.toml").rename(tmp_path / "ringback.toml")  # and without being named
    assert ringback("history", "shop", "--json").stdout == json_of_shop


def test_a_backup_is_a_copy_or_what_makes_one(ringback, store, tmp_path, one_line):
    done = ringback("backup", tmp_path / "copy.db", "-c", "monitor.toml")
    if "://" in str(store):
        assert "pg_dump" in one_line(done)
    else:
        assert done.returncode == 0
        assert (tmp_path / "copy.db").exists()


def test_a_variable_of_the_url_that_is_not_set_is_said(ringback, tmp_path, one_line):
    (tmp_path / "x.toml").write_text('[store]\nurl = "${NO_SUCH_URL}"\n')
    assert "'NO_SUCH_URL' is not set" in one_line(ringback("report", "-c", tmp_path / "x.toml"))
    (tmp_path / "y.toml").write_text("[store\n")
    assert "y.toml:1" in one_line(ringback("report", "-c", tmp_path / "y.toml"))


def test_a_server_that_is_not_there_is_said_without_the_password(ringback, unused_port, one_line):
    pytest.importorskip("psycopg")
    url = f"postgresql://me:hunter2@127.0.0.1:{unused_port}/x"
    said = one_line(ringback("report", "--db", url))
    assert "see that the server runs" in said
    assert "hunter2" not in said


def test_a_file_is_copied_to_postgresql_once(ringback, postgres, tmp_path, one_line, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checks = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)
    kept("a.db", checks, outage(NOVEMBER + 60, NOVEMBER + 600), [incident(NOVEMBER + 60)])
    assert "is no PostgreSQL" in one_line(ringback("store", "copy", "a.db"))
    assert "no such file" in one_line(ringback("store", "copy", "b.db", "--db", postgres))
    (tmp_path / "ringback.toml").write_text(f'[store]\nurl = "{postgres}"\n')

    done = ringback("store", "copy", "a.db", "--json")
    told = json.loads(done.stdout)
    assert told["complete"]
    rows = {table["name"]: table["rows"] for table in told["tables"]}
    assert sum(n for name, n in rows.items() if name.startswith(("sealed_", "check_"))) == 180
    assert rows["transition"] == 4
    exported = ("export", "checks", "--since", "2026-11-01")
    assert ringback(*exported).stdout == ringback(*exported, "--db", "a.db").stdout
    assert "everything was copied there already" in one_line(ringback("store", "copy", "a.db"))
