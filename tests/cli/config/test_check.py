import json

import pytest

SINGLE = (
    "1 host is watched without controls: an outage there and one of this machine's own network may "
    "look the same (see the key controls)"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ringback.toml").write_text(
        'include = ["more.toml"]\n[[endpoint]]\nname = "a"\nurl = "https://a.invalid"\n'
        "every = '10s'\n[[notifier]]\nname = 'm'\ntype = 'command'\ncommand = ['true']\n"
    )
    (tmp_path / "more.toml").write_text('[[endpoint]]\nname = "b"\ntype = "heartbeat"\n')
    return tmp_path


def test_a_good_configuration_is_summed_up(ringback, folder):
    done = ringback("check-config", cwd=folder)

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "ringback.toml: valid",
        "more.toml: valid",
        "endpoints: 2 (1 http, 1 heartbeat)",
        "checks per second: 0.1",
        "notifiers: m (command)",
        "page: http://127.0.0.1:8480",
        SINGLE,
    ]


def test_all_problems_are_reported_with_their_place(ringback, folder):
    (folder / "more.toml").write_text("[[endpoint]]\nnam = 3\n[web]\nport = 1\n")
    (folder / "ringback.toml").write_text('include = ["more.toml"]\ncolor = "red"\n')

    done = ringback("check-config", "ringback.toml", cwd=folder)

    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.splitlines() == [
        "more.toml:1:1: 'url' is missing",
        "more.toml:2:1: unknown key 'nam' in endpoint[0]; did you mean 'name'?",
        "more.toml:3:1: 'web' belongs in the main file, not in an included one",
        "ringback.toml:2:1: unknown key 'color'",
    ]


def test_json_says_the_same(ringback, folder):
    good = json.loads(ringback("check-config", "--json", cwd=folder).stdout)
    (folder / "more.toml").write_text("x = 1\n")
    done = ringback("check-config", "--json", cwd=folder)
    bad = json.loads(done.stdout)

    assert [endpoint["id"] for endpoint in good["endpoints"]] == ["a", "b"]
    assert good["files"] == ["ringback.toml", "more.toml"]
    assert good["notices"] == [SINGLE]
    assert (good["ok"], bad["ok"], done.returncode) == (True, False, 2)
    (problem,) = bad["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("more.toml", 1, 1)
    assert problem["message"] == "unknown key 'x'"


REFUSED = {
    "# nothing yet\n\n": "ringback.toml: says nothing: add an [[endpoint]] with a url",
    '[[notifier]]\nname = "chat"\ntype = "apprise"\nurl = "nonsense://x"\n': (
        "ringback.toml: notifier chat: apprise does not know this nonsense:// URL"
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_work_is_refused(ringback, tmp_path, text):
    (tmp_path / "ringback.toml").write_text(text)

    done = ringback("check-config", cwd=tmp_path)

    assert (done.returncode, done.stdout.splitlines()) == (2, [REFUSED[text]])
