import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "monitor" / "importing" / "samples"


def test_what_is_written_can_be_checked(ringback, tmp_path):
    done = ringback("import", SAMPLES / "nagios.cfg", "-o", "ringback.toml", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert "check_nrpe is not supported" in done.stderr
    assert done.stderr.endswith("9 endpoints, 0 notifiers, 8 notes on what could not be imported\n")
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
CREATE TABLE monitor (id, name, active, interval, url, type, keyword, maxretries, ignore_tls,
    accepted_statuscodes_json, retry_interval, parent);
INSERT INTO monitor VALUES (1, 'Web', 1, 60, NULL, 'group', NULL, 0, 0, '[]', 0, NULL),
    (2, 'Shop', 1, 60, 'https://a.example', 'keyword', 'Cart', 2, 1, '["200-299"]', 30, 1);
CREATE TABLE notification (id, name, config);
INSERT INTO notification VALUES (7, 'Ops', '{"type": "slack", "slackwebhookURL": "https://hunter2"}');
CREATE TABLE monitor_notification (monitor_id, notification_id);
INSERT INTO monitor_notification VALUES (2, 7);
CREATE TABLE tag (id, name);
INSERT INTO tag VALUES (1, 'critical');
CREATE TABLE monitor_tag (monitor_id, tag_id, value);
INSERT INTO monitor_tag VALUES (2, 1, '');
"""
PROXIES = "CREATE TABLE proxy (id);"  # since 1.14


@pytest.mark.parametrize("since", ["", PROXIES])
def test_the_database_of_uptime_kuma_is_read(since, ringback, tmp_path):
    with closing(sqlite3.connect(tmp_path / "kuma.db")) as database:
        database.executescript(KUMA + since)

    done = ringback("import", "kuma.db", cwd=tmp_path)
    imported = tomllib.loads(done.stdout)

    (shop,) = imported["endpoint"]
    assert (shop["url"], shop["verify"], shop["group"]) == ("https://a.example", False, "Web")
    assert shop["expect"] == {"status": "200-299", "contains": "Cart"}
    assert (shop["retry_every"], shop["labels"]) == ("30s", {"critical": "true"})
    assert imported["route"] == [{"endpoints": ["Shop"], "notifiers": ["Ops"]}]
    assert "hunter2" not in done.stdout + done.stderr
