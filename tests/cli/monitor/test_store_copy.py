import json

from monitor.export.stores import HOUR, NOVEMBER, incident, kept, minutes, outage


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
