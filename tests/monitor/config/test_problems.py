import pytest

ENDPOINT = '[[endpoint]]\nname = "a"\nurl = "https://a"\n'


OTHER = '[[endpoint]]\nname = "ab"\nurl = "b:1"\n'
PAGE = '[[web.page]]\nname = "a"\n'
ROLES = 'roles = { a = "view" }\n'
TOKEN = '[[token]]\nname = "t"\n'
AUTH = '[auth]\nproxy_header = "X-User"\n'
MODULE = "[probe_module.wrong]\n"
ANONYMOUS = "expect = { anonymous = true }\n"
PLACED = [
    ("x = \n", "1:5: invalid value"),
    ("a = 1\na = 2\n", "2:6: cannot overwrite a value"),
    ("[endpoint]\n", "1:1: must be written as [[endpoint]], once for each"),
    ("endpoints = 1\n", "1:1: unknown key 'endpoints'; did you mean 'endpoint'?"),
    (f"{ENDPOINT}interval = 3\n", "4:1: unknown key 'interval' in endpoint[0]; did you mean"),
    (f"{ENDPOINT}[endpoint.expect]\n  latancy = 1\n", "5:3: unknown key 'latancy'"),
    (f'{ENDPOINT}every = "5 minutes"\n', "4:9: endpoint[0].every must be a duration above 0"),
    (f"{ENDPOINT}every = 5\ntimeout = '8s'\n", "5:11: timeout (8 s) must not be longer than every"),
    (f"{ENDPOINT}retries = 1\nthreshold = 2\n", "1:1: endpoint[0]: threshold and retries mean"),
    (f'{ENDPOINT}expect.json = {{ "a[" = 1 }}\n', "4:8: endpoint[0].expect.json: not a JSON path"),
    (f"{ENDPOINT}ca = 'none.pem'\n", "4:6: file 'none.pem' does not exist"),
    (f"{ENDPOINT}proxy = 'http:/ann:hunter2@proxy'\n", "4:9: endpoint[0].proxy must be http://"),
    (f'{ENDPOINT}record = "A"\n', "4:10: record applies to dns only; this endpoint is http"),
    (f'{ENDPOINT}type = "tpc"\n', "4:8: endpoint[0].type must be http, tcp, tls, dns, icmp or"),
    (f'{ENDPOINT}type = "heartbeat"\n', "3:7: a heartbeat has no url"),
    (f"{ENDPOINT}headers = {{ A = '${{KEY}}' }}\n", "4:17: environment variable 'KEY' is not set"),
    (f'{ENDPOINT}parents = "A"\n', "4:11: parents form a cycle: a → a"),
    (f'{ENDPOINT}parents = ["b"]\n{OTHER}', "4:12: there is no endpoint named 'b'; did you mean"),
    (ENDPOINT + ENDPOINT, "5:8: an endpoint with the id 'a' already exists: ringback.toml:1"),
    ("[[endpoint]]\nurl = 'tls://mail'\nstarttls = 'smtp'\n", "2:7: smtp needs a port: tls://"),
    ('[[endpoint]]\nname = "x"\n', "1:1: 'url' is missing"),
    ('controls = ["tcp://192.0.2.1:443", "htps://x"]\n', "1:36: control has an unknown scheme"),
    ('controls = "tcp://127.0.0.1:443"\n', "1:12: 127.0.0.1 is this machine"),
    ("[web]\nport = 70000\n", "2:8: web.port must be at most 65535, not 70000"),
    ('[web]\nport = "8480"\n', '2:8: web.port must be a whole number, not "8480"'),
    ('[web]\nhost = "::"\n', "2:8: anyone who can reach :: could change what is monitored"),
    (PAGE + PAGE, "4:8: there is a page named 'a' already"),
    (f'{PAGE}groups = "shop"\n', "3:10: there is no group named 'shop'"),
    ('[[route]]\nnotifiers = "mail"\n', "2:13: there is no notifier named 'mail'"),
    ('[[notifier]]\nname = "m"\n', "1:1: notifier[0].type must be apprise, webhook,"),
    ('[[notifier]]\nname = "m"\ntype = "webhook"\n', "1:1: 'url' is missing"),
    ("[[maintenance]]\nbegins = 2026-01-01\n", "1:1: maintenance[0]: begins and ends must be set"),
    (f'{TOKEN}token = "in-the-file-in-plain"\n', "3:9: a token must not be written in the file"),
    (f'{TOKEN}sha256 = "abc"\n', "3:10: token[0].sha256 must match pattern"),
    (f'{TOKEN}role = "act"\n', "1:1: needs one of token, token_file and sha256"),
    (f'{TOKEN}sha256 = "{"a" * 64}"\nrole = "act"\nscopes = ["read"]\n', "5:10: has either a"),
    (f'{AUTH}roles = {{ "*" = "view" }}\n', "2:16: needs the addresses of the proxy"),
    (f'{AUTH}trusted_proxies = "127.0.0.1"\n', "2:16: needs roles, as"),
    (f'{AUTH}{ROLES}trusted_proxies = "0.0.0.0/0"\n', "4:19: '0.0.0.0/0': everybody could log in"),
    (f'{AUTH}{ROLES}trusted_proxies = "proxy"\n', "4:19: 'proxy' is no address or network"),
    ('[auth]\ntrusted_proxies = "127.0.0.1"\n', "2:19: needs proxy_header as well"),
    ('include = ["no.toml"]\n', "1:12: file 'no.toml' does not exist"),
    ('controls = ["udp://192.0.2.1:53"]\n', "1:13: control needs what to send"),
    ('[[endpoint]]\nurl = "udp://a:1"\n', "1:1: udp needs what to send: without, nothing"),
    (f'[[endpoint]]\nurl = "ssh://a"\n{ANONYMOUS}', "3:24: ssh does not say whether it wants"),
    (ENDPOINT + ANONYMOUS, "4:24: expect.anonymous applies to service only; this endpoint is http"),
    (f'{MODULE}type = "tcp"\nmethod = "POST"\n', "3:10: method applies to http only; this module"),
    (f'{MODULE}type = "http"\nevery = "5s"\n', "3:1: unknown key 'every' in probe_module.wrong"),
    (f'{MODULE}method = "POST"\n', "1:1: 'type' is missing"),
    (f'{MODULE}type = "heartbeat"\n', "2:8: probe_module.wrong.type must be http, tcp, tls"),
    (f'{MODULE}type = "dns"\nnameserver = "a b"\n', "3:14: nameserver must be an address"),
    (f'{MODULE}type = "dns"\nquery = "a"\nnameserver = "b"\n', "1:1: probe_module.wrong: with"),
    (f'{MODULE}type = "tcp"\nexpect.contains = ["a", "b"]\n', "3:19: tcp supports only one text"),
]


@pytest.mark.parametrize(("text", "said"), PLACED, ids=range(len(PLACED)))
def test_problem_is_reported_with_its_place(problems, text, said):
    (problem,) = problems(text)

    assert problem.startswith(f"ringback.toml:{said}")


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
HOOK = '[[notifier]]\nname = "x"\n'


@pytest.mark.parametrize(
    "text",
    [
        f'[[endpoint]]\nurl = "htps://u:{SECRET}@a/?k={SECRET}"\n',
        '[[endpoint]]\nurl = "${KEY}"\ntype = "tcp"\n',
        '[[endpoint]]\nurl = "tcp://${KEY} x:1"\n',
        f'{ENDPOINT}headers = {{ A = ["{SECRET}"] }}\n',
        f"{ENDPOINT}proxy = 'http:/ann:{SECRET}@proxy'\n",
        f'{ENDPOINT}method = "${{KEY}}"\n',
        f'{ENDPOINT}type = "${{KEY}}"\n',
        f'{HOOK}type = "webhook"\nurl = "ftp://{SECRET}"\n',
        f'{HOOK}type = "apprise"\nurl = "{SECRET}"\n',
        f'{HOOK}type = "command"\ncommand = "{SECRET}"\n',
        f'{TOKEN}token = "{SECRET}"\n',
        f'{TOKEN}sha256 = "{SECRET}"\n',
        f'{ENDPOINT}parents = ["${{KEY}}"]\n',
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


def test_a_token_of_less_than_128_bits_is_refused(loaded, problems):
    text = f'{ENDPOINT}{TOKEN}token = "${{T}}"\n'
    for token in ("00112233445566778899aabbccddeeff", "LsYwn0B1kP-3fGhTqZ_x9Q"):
        assert loaded(text, {"T": token}).web.tokens
    for token in ("0123456789abcdef", "a" * 60, "1234567890" * 3):
        (told,) = problems(text, {"T": token})
        assert "less than 128 bits" in told
        assert token not in told


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

    assert problems(WITH_KEY, {"KEY_FILE": str(file)}) == [said]
