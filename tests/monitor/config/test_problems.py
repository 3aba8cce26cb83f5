import secrets

import pytest

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load

ENDPOINT = '[[endpoint]]\nname = "a"\nurl = "https://a"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = \n", "ringback.toml:1:5: invalid value"),
        ("a = 1\na = 2\n", "ringback.toml:2:6: cannot overwrite a value"),
        (
            '[[web.page]]\nname = "a"\n[[web.page]]\nname = "a"\n',
            "ringback.toml:4:8: there is a page named 'a' already",
        ),
        (
            '[[web.page]]\nname = "a"\ngroups = "shop"\n',
            "ringback.toml:3:10: there is no group named 'shop'",
        ),
        ("endpoints = 1\n", "ringback.toml:1:1: unknown key 'endpoints'; did you mean 'endpoint'?"),
        ("[endpoint]\n", "ringback.toml:1:1: must be written as [[endpoint]], once for each"),
        (
            "endpoints = []\n",
            "ringback.toml:1:1: unknown key 'endpoints'; did you mean 'endpoint'?",
        ),
        (
            f"{ENDPOINT}interval = 3\n",
            "ringback.toml:4:1: unknown key 'interval' in endpoint[0]; did you mean 'every'?",
        ),
        (
            f"{ENDPOINT}keyword = 'x'\n",
            (
                "ringback.toml:4:1: unknown key 'keyword' in endpoint[0]; "
                "did you mean 'expect.contains'?"
            ),
        ),
        (
            f"{ENDPOINT}[endpoint.expect]\n  latancy = 1\n",
            (
                "ringback.toml:5:3: unknown key 'latancy' in endpoint[0].expect; "
                "did you mean 'latency'?"
            ),
        ),
        (
            f'{ENDPOINT}every = "5 minutes"\n',
            (
                "ringback.toml:4:9: endpoint[0].every must be a duration above 0, "
                'such as 30, "30s", "5m" or "1h30m", not "5 minutes"'
            ),
        ),
        (
            'controls = ["tcp://192.0.2.1:443", "htps://192.0.2.2"]\n',
            "ringback.toml:1:36: control has an unknown scheme: htps; did you mean 'https://'?",
        ),
        (
            'controls = "tcp://127.0.0.1:443"\n',
            "ringback.toml:1:12: 127.0.0.1 is this machine: it says nothing of its network",
        ),
        (
            f"{ENDPOINT}every = 5\ntimeout = '8s'\n",
            "ringback.toml:5:11: timeout (8 s) must not be longer than every (5 s)",
        ),
        (
            f"{ENDPOINT}retries = 1\nthreshold = 2\n",
            (
                "ringback.toml:1:1: endpoint[0]: threshold and retries mean the same: "
                "set only one of them"
            ),
        ),
        (
            f'{ENDPOINT}expect.json = {{ "a[" = 1 }}\n',
            "ringback.toml:4:8: endpoint[0].expect.json: not a JSON path: 'a['",
        ),
        (
            f"{ENDPOINT}ca = 'none.pem'\n",
            "ringback.toml:4:6: file 'none.pem' does not exist",
        ),
        (
            f"{ENDPOINT}proxy = 'http:/ann:hunter2@proxy'\n",
            (
                "ringback.toml:4:9: endpoint[0].proxy must be http://HOST:PORT, "
                "socks5://HOST:PORT, socks5h://HOST:PORT, environment or none"
            ),
        ),
        (
            "[[endpoint]]\nurl = 'tls://mail'\nstarttls = 'smtp'\n",
            "ringback.toml:2:7: smtp needs a port: tls://HOST:PORT",
        ),
        (
            f'{ENDPOINT}record = "A"\n',
            "ringback.toml:4:10: record applies to dns only; this endpoint is http",
        ),
        (
            f'{ENDPOINT}type = "tpc"\n',
            (
                "ringback.toml:4:8: endpoint[0].type must be "
                "http, tcp, tls, dns, icmp or heartbeat, not \"tpc\"; did you mean 'tcp'?"
            ),
        ),
        (
            f'{ENDPOINT}type = "heartbeat"\n',
            "ringback.toml:3:7: a heartbeat has no url: its job reports to the monitor",
        ),
        ('[[endpoint]]\nname = "x"\n', "ringback.toml:1:1: 'url' is missing"),
        (
            f"{ENDPOINT}{ENDPOINT.replace('https://a', 'https://b')}",
            "ringback.toml:5:8: an endpoint with the id 'a' already exists: ringback.toml:1",
        ),
        (
            f'{ENDPOINT}parents = ["b"]\n[[endpoint]]\nname = "ab"\nurl = "b:1"\n',
            "ringback.toml:4:12: there is no endpoint named 'b'; did you mean 'ab'?",
        ),
        (f'{ENDPOINT}parents = "A"\n', "ringback.toml:4:11: parents form a cycle: a → a"),
        (
            f"{ENDPOINT}headers = {{ A = '${{KEY}}' }}\n",
            "ringback.toml:4:17: environment variable 'KEY' is not set",
        ),
        ("[web]\nport = 70000\n", "ringback.toml:2:8: web.port must be at most 65535, not 70000"),
        (
            '[web]\nhost = "::"\n',
            (
                "ringback.toml:2:8: anyone who can reach :: could change what is monitored: "
                "add a [[token]], or listen on 127.0.0.1"
            ),
        ),
        (
            '[[route]]\nnotifiers = "mail"\n',
            "ringback.toml:2:13: there is no notifier named 'mail'",
        ),
        (
            '[[notifier]]\nname = "m"\n',
            "ringback.toml:1:1: notifier[0].type must be apprise, webhook, alertmanager or command",
        ),
        (
            '[[notifier]]\nname = "m"\ntype = "webhook"\n',
            "ringback.toml:1:1: 'url' is missing",
        ),
        (
            "[[maintenance]]\nbegins = 2026-01-01\n",
            "ringback.toml:1:1: maintenance[0]: begins and ends must be set together",
        ),
        (
            '[[maintenance]]\nendpoints = "x-*"\nbegins = 2026-01-01\nends = 2026-01-02\n',
            "ringback.toml:2:13: there is no endpoint named 'x-*'",
        ),
        (
            '[[token]]\nname = "t"\ntoken = "in-the-file-in-plain"\n',
            (
                "ringback.toml:3:9: a token must not be written in the file: use "
                'token = "${NAME}", or sha256'
            ),
        ),
        (
            '[[token]]\nname = "t"\nsha256 = "abc"\n',
            "ringback.toml:3:10: token[0].sha256 must match pattern '^[0-9a-fA-F]{64}$'",
        ),
        (
            '[[token]]\nname = "t"\nsha256 = "' + "a" * 64 + '"\nrole = "act"\nscopes = ["read"]\n',
            "ringback.toml:5:10: has either a role or scopes",
        ),
        (
            '[[token]]\nname = "t"\nrole = "act"\n',
            "ringback.toml:1:1: needs one of token, token_file and sha256",
        ),
        (
            '[auth]\nproxy_header = "X-User"\nroles = { "*" = "view" }\n',
            "ringback.toml:2:16: needs the addresses of the proxy: trusted_proxies",
        ),
        (
            '[auth]\nproxy_header = "X-User"\ntrusted_proxies = "127.0.0.1"\n',
            'ringback.toml:2:16: needs roles, as { ada = "administer", "*" = "view" }',
        ),
        (
            '[auth]\nproxy_header = "X-U"\nroles = { a = "view" }\ntrusted_proxies = "0.0.0.0/0"\n',
            "ringback.toml:4:19: '0.0.0.0/0': everybody could log in under any name",
        ),
        (
            '[auth]\nproxy_header = "X-User"\nroles = { a = "view" }\ntrusted_proxies = "proxy"\n',
            "ringback.toml:4:19: 'proxy' is no address or network",
        ),
        (
            '[auth]\ntrusted_proxies = "127.0.0.1"\n',
            "ringback.toml:2:19: needs proxy_header as well",
        ),
        ('include = ["no.toml"]\n', "ringback.toml:1:12: file 'no.toml' does not exist"),
    ],
)
def test_a_problem_is_reported_with_its_place(problems, text, said):
    assert [said] == problems(text)


def test_one_problem_is_reported_once(problems):
    assert len(problems(f'{ENDPOINT}every = "x"\n')) == 1
    assert len(problems("[[endpoint]]\nurl = 3\n")) == 1
    assert len(problems(f'{ENDPOINT}every = "${{NO}}"\n')) == 1
    assert len(problems("[endpoint]\nname = 3\n")) == 1


def test_all_problems_of_all_files_are_reported(problems, tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.toml").write_text("[store]\npath = 'x'\n")
    (tmp_path / "conf.d" / "b.toml").write_text("[[endpoint]\n")
    (tmp_path / "conf.d" / "c.toml").write_text(ENDPOINT)

    assert problems(f'include = ["conf.d/*.toml"]\ncolour = 1\n{ENDPOINT}threshold = "many"\n') == [
        "conf.d/a.toml:1:1: 'store' belongs in the main file, not in an included one",
        "conf.d/b.toml:1:11: expected ']]' at the end of an array declaration",
        "conf.d/c.toml:2:8: an endpoint with the id 'a' already exists: ringback.toml:3",
        "ringback.toml:2:1: unknown key 'colour'",
        'ringback.toml:6:13: endpoint[0].threshold must be a whole number, not "many"',
    ]


def test_what_depends_on_a_wrong_value_is_not_reported_as_well(problems):
    text = f'{ENDPOINT}every = "x"\ntimeout = "100s"\n[[endpoint]]\nname = "b"\n'
    told = problems(f'{text}url = "b"\nthreshold = []\nparents = ["a"]\n')

    assert [problem.partition(": ")[0] for problem in told] == [
        "ringback.toml:4:9",
        "ringback.toml:9:13",
    ]


SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f'[[endpoint]]\nurl = "htps://u:{SECRET}@a/?k={SECRET}"\n',
        '[[endpoint]]\nurl = "${KEY}"\ntype = "tcp"\n',
        '[[endpoint]]\nurl = "htps://a/${KEY}"\n',
        '[[endpoint]]\nurl = "tcp://${KEY} x:1"\n',
        f'{ENDPOINT}headers = {{ A = ["{SECRET}"] }}\n',
        f'{ENDPOINT}method = "${{KEY}}"\n',
        f'{ENDPOINT}type = "${{KEY}}"\n',
        f'[[notifier]]\nname = "x"\ntype = "webhook"\nurl = "ftp://{SECRET}"\n',
        f'[[notifier]]\nname = "x"\ntype = "apprise"\nurl = "{SECRET}"\n',
        f'[[notifier]]\nname = "x"\ntype = "command"\ncommand = "{SECRET}"\n',
        f'[[token]]\nname = "x"\ntoken = "{SECRET}"\n',
        f'[[token]]\nname = "x"\nsha256 = "{SECRET}"\n',
        '[[endpoint]]\nname = "a"\nurl = "a:1"\nparents = ["${KEY}"]\n',
        '[[notifier]]\nname = "x"\ntype = "${KEY}"\n',
    ],
)
def test_no_problem_shows_a_secret(problems, text):
    told = problems(text, {"KEY": SECRET})

    assert told
    assert SECRET not in "".join(told)


def test_a_file_that_cannot_be_read_is_a_problem(problems, tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.toml").write_bytes(b'a = 1\nb = "\xff"\n')

    assert problems('include = ["conf.d/*"]\n') == ["conf.d/a.toml:2:1: is not UTF-8"]


@pytest.mark.parametrize(
    ("token", "good"),
    [
        ("0123456789abcdef", False),
        ("a" * 60, False),
        ("1234567890" * 3, False),
        ("00112233445566778899aabbccddeeff", True),
        *((secrets.token_urlsafe(16), True) for _ in range(20)),
        *((secrets.token_hex(16), True) for _ in range(20)),
    ],
    ids=range(44),  # the same in every process, whatever the tokens are
)
def test_a_token_of_less_than_128_bits_is_refused(tmp_path, token, good):
    file = tmp_path / "ringback.toml"
    file.write_text(ENDPOINT + '[[token]]\nname = "t"\ntoken = "${T}"\n')
    if good:
        assert load(file, {"T": token}).web.tokens
        return
    with pytest.raises(ConfigInvalid, match="less than 128 bits") as refused:
        load(file, {"T": token})
    assert token not in str(refused.value)


WITH_KEY = f"{ENDPOINT}headers = {{ A = '${{KEY}}' }}\n"


def test_a_variable_may_be_a_file_which_no_problem_shows(loaded, problems, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    named = {"KEY_FILE": str(file)}

    assert loaded(WITH_KEY, named).endpoints[0].headers == {"A": SECRET}
    assert loaded(WITH_KEY, {**named, "KEY": "set"}).endpoints[0].headers == {"A": "set"}
    told = problems(f'{ENDPOINT}every = "${{KEY}}"\n', named)
    assert told
    assert SECRET not in "".join(told)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b"\xff", "it is not UTF-8"),
        (b"x" * 65_537, "it is larger than 64 KiB"),
    ],
)
def test_a_file_of_a_variable_that_cannot_be_read_is_a_problem(problems, tmp_path, content, why):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    said = f"ringback.toml:4:17: KEY_FILE names 'key', which cannot be read: {why}"

    told = problems(WITH_KEY, {"KEY_FILE": str(file)})
    assert [line.replace(f"{tmp_path}/", "") for line in told] == [said]
