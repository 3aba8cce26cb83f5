import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "monitor" / "importing" / "samples"


def test_what_is_written_can_be_checked(ringback, tmp_path):
    done = ringback("import", SAMPLES / "nagios.cfg", "-o", "ringback.toml", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert "check_nrpe is not supported" in done.stderr
    assert done.stderr.endswith("9 endpoints, 0 notifiers, 7 notes on what could not be imported\n")
    checked = ringback("check-config", cwd=tmp_path)
    (problem,) = checked.stdout.splitlines()
    assert problem.endswith("environment variable 'SHOP_FRONT_PAGE_AUTHORIZATION' is not set")


def test_without_an_output_it_is_printed(ringback, tmp_path):
    done = ringback("import", "--from", "urls", "-", stdin="https://a.example\n", cwd=tmp_path)

    assert done.returncode == 0
    assert done.stdout == '[[endpoint]]\nurl = "https://a.example"\n'
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_imported_is_one_line(ringback, one_line, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam\n")

    there = ("import", SAMPLES / "urls.txt", "-o", "letter.txt")
    assert "letter.txt exists already" in one_line(ringback(*there, cwd=tmp_path))
    assert "it is not clear which tool" in one_line(ringback("import", "letter.txt", cwd=tmp_path))
    assert "no file called gone" in one_line(ringback("import", "gone", cwd=tmp_path))
    said = one_line(ringback("import", "--from", "gatos", "letter.txt", cwd=tmp_path))
    assert "did you mean gatus?" in said


KUMA = """
CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, active BOOLEAN, interval INTEGER, url TEXT,
    type TEXT, keyword TEXT, maxretries INTEGER, ignore_tls BOOLEAN, upside_down BOOLEAN,
    accepted_statuscodes_json TEXT, retry_interval INTEGER, parent INTEGER, hostname TEXT,
    port INTEGER, invert_keyword BOOLEAN, method TEXT, proxy_id INTEGER);
CREATE TABLE notification (id INTEGER PRIMARY KEY, name TEXT, config TEXT);
CREATE TABLE monitor_notification (monitor_id INTEGER, notification_id INTEGER);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE monitor_tag (monitor_id INTEGER, tag_id INTEGER, value TEXT);
CREATE TABLE proxy (id INTEGER PRIMARY KEY, protocol TEXT, host TEXT, port INTEGER);
INSERT INTO monitor VALUES
    (1, 'Web', 1, 60, NULL, 'group', NULL, 0, 0, 0, '[]', 0, NULL, NULL, NULL, 0, 'GET', NULL),
    (2, 'Shop', 1, 60, 'https://a.example', 'keyword', 'Cart', 2, 1, 0, '["200-299"]', 30, 1,
        NULL, NULL, 0, 'GET', NULL),
    (3, 'Off', 1, 60, 'https://b.example', 'http', NULL, 0, 0, 1, '[]', 0, NULL, NULL, NULL, 0,
        'GET', NULL),
    (4, 'Cache', 1, 20, NULL, 'port', NULL, 0, 0, 0, '[]', 0, NULL, 'c.example', 6379, 0, 'GET',
        NULL);
INSERT INTO notification VALUES (7, 'Ops', '{"type": "slack", "slackwebhookURL": "https://hunter2"}');
INSERT INTO monitor_notification VALUES (2, 7);
INSERT INTO tag VALUES (1, 'critical');
INSERT INTO monitor_tag VALUES (2, 1, '');
"""


def test_the_database_of_uptime_kuma_is_read(ringback, tmp_path):
    with closing(sqlite3.connect(tmp_path / "kuma.db")) as database:
        database.executescript(KUMA)

    done = ringback("import", "kuma.db", cwd=tmp_path)
    endpoints = tomllib.loads(done.stdout)["endpoint"]

    assert endpoints == [
        {
            "name": "Shop",
            "url": "https://a.example",
            "verify": False,
            "expect": {"status": "200-299", "contains": "Cart"},
            "every": "1m",
            "retry_every": "30s",
            "retries": 2,
            "group": "Web",
            "labels": {"critical": "true"},
        },
        {"name": "Cache", "url": "tcp://c.example:6379", "every": "20s", "retries": 0},
    ]
    assert tomllib.loads(done.stdout)["route"] == [{"endpoints": ["Shop"], "notifiers": ["Ops"]}]
    assert "Off: skipped: monitors that are upside down" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
