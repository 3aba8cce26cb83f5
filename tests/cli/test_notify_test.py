import json

import pytest

CONFIG = """
vantage = "paris"
[[endpoint]]
url = "https://a.invalid"
[[notifier]]
name = "ops"
type = "webhook"
url = "http://127.0.0.1:{port}/hook"
secret = "${{KEY}}"
[[notifier]]
name = "own"
type = "command"
command = ["sh", "-c", "cat > told.json"]
[[notifier]]
name = "dead"
type = "webhook"
url = "http://user:password@127.0.0.1:{refused}/password"
[[notifier]]
name = "odd"
type = "apprise"
url = "nosuchservice://password"
"""


@pytest.fixture
def hook(tmp_path, unused_port, receiver):
    config = CONFIG.format(port=receiver.port, refused=unused_port)
    (tmp_path / "ringback.toml").write_text(config)
    return receiver


@pytest.fixture
def notify_test(ringback, tmp_path, hook):
    def run(*arguments):
        env = {"PATH": "/usr/bin:/bin", "KEY": "k"}
        return ringback("notify-test", *arguments, cwd=tmp_path, env=env)

    return run


def test_each_notifier_says_what_became_of_it(notify_test, hook, tmp_path):
    done = notify_test("--all", "-c", "ringback.toml")

    assert (done.returncode, done.stderr) == (1, "")
    ops, own, dead, odd = done.stdout.splitlines()
    assert ops.startswith("ops (webhook): delivered in ")
    (sent,) = hook.documents
    assert (sent["test"], sent["vantage"]) == (True, "paris")
    subject = "[TEST] This is a test of ringback's notifier ops. Nothing is wrong."
    assert sent["subject"] == subject
    assert own.startswith("own (command): delivered in ")
    assert dead.startswith("dead (webhook): not delivered: tcp.refused at 127.0.0.1:")
    assert odd.startswith("odd (apprise): not delivered: notifier odd: apprise does not know")
    assert "password" not in done.stdout
    assert json.loads((tmp_path / "told.json").read_text())["test"] is True


def test_without_a_known_name_nothing_is_sent(notify_test, one_line, hook):
    assert "no notifier is called 'opps'; did you mean ops?" in one_line(notify_test("opps"))
    assert "name the notifiers, or give --all" in one_line(notify_test())
    assert "name the notifiers, or give --all" in one_line(notify_test("ops", "--all"))
    assert hook.got == []


def test_a_configuration_that_cannot_be_used_is_one_line(ringback, one_line, tmp_path):
    assert "ringback.toml" in one_line(ringback("notify-test", "--all", cwd=tmp_path))
    (tmp_path / "ringback.toml").write_text("color = 1\nsize = 2\n")
    assert "and 1 more" in one_line(ringback("notify-test", "--all", cwd=tmp_path))
    (tmp_path / "ringback.toml").write_text("[[endpoint]]\nurl = 'https://a.invalid'\n")
    assert "has no notifier" in one_line(ringback("notify-test", "--all", cwd=tmp_path))
