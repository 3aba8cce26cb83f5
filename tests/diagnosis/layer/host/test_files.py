import pytest

from ringback.diagnosis.layer import host
from ringback.diagnosis.layer.host import proxies_elsewhere
from ringback.diagnosis.layer.host_resolver import ResolverConfig, entries, parsed

ORDER = ("files", "dns")


def test_the_first_three_nameservers_are_asked():
    config = parsed(
        "# written by hand\nnameserver 192.0.2.1\nnameserver 192.0.2.2 # second\n"
        "nameserver nonsense\nnameserver 2001:db8::1\nnameserver 192.0.2.4\n"
    )

    assert config.nameservers == ("192.0.2.1", "192.0.2.2", "2001:db8::1")
    assert config.ignored == ("192.0.2.4",)


def test_the_last_search_line_counts():
    config = parsed("domain a.test\nsearch b.test c.test.\noptions ndots:5 rotate timeout:1\n")

    assert config.search == ("b.test", "c.test")
    assert config.ndots == 5
    assert config.options == {"ndots": "5", "rotate": "", "timeout": "1"}


def test_variables_go_before_the_file():
    environ = {"LOCALDOMAIN": "x.test y.test", "RES_OPTIONS": "ndots:3"}

    config = parsed("search a.test\noptions ndots:2\n", ORDER, environ)

    assert (config.search, config.ndots) == (("x.test", "y.test"), 3)


@pytest.mark.parametrize("value", ["x", "", "-1", "²"])
def test_an_odd_ndots_is_one(value):
    assert parsed(f"options ndots:{value}\n").ndots == 1


@pytest.mark.parametrize(
    ("order", "asks"),
    [
        (("files", "dns"), True),
        (("files", "resolve", "[!UNAVAIL=return]", "dns"), True),
        (("files", "mdns4_minimal", "[NOTFOUND=return]", "dns"), True),
        (("files",), False),
        (("files", "myhostname"), False),
        (("files", "[NOTFOUND=return]", "dns"), False),
        (("files", "[!SUCCESS=return]", "dns"), False),
    ],
)
def test_whether_the_name_service_comes_to_dns(order, asks):
    assert ResolverConfig(order=order).asks_dns is asks


@pytest.mark.parametrize(
    ("server", "stub"), [("127.0.0.53", True), ("::1", True), ("192.0.2.53", False)]
)
def test_a_resolver_on_this_host_is_a_stub(server, stub):
    assert parsed(f"nameserver {server}\n").stub is stub


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "hosts"
    path.write_text(
        "127.0.0.1 localhost\n"
        "# 192.0.2.9 web.example\n"
        "192.0.2.1\tWeb.Example www.web.example # moved\n"
        "2001:db8::1 web.example\n"
        "\n"
    )
    return path


@pytest.mark.parametrize("name", ["web.example", "WEB.example."])
def test_every_address_of_a_name_is_found(path, name):
    assert entries(name, path) == (["192.0.2.1", "2001:db8::1"], 3)


@pytest.mark.parametrize("name", ["example", "moved", ""])
def test_other_names_have_none(path, name):
    assert entries(name, path) == ([], 0)


def test_without_the_file_there_is_none(tmp_path):
    assert entries("web.example", tmp_path / "none") == ([], 0)


def test_a_file_that_cannot_be_read_is_not_one_without_entries(tmp_path):
    with pytest.raises(IsADirectoryError):
        entries("web.example", tmp_path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    of_home = tuple(file for file in host._FILES if file[0] == "~")
    monkeypatch.setattr(host, "_FILES", of_home)
    return tmp_path


def test_files_of_other_programs_name_proxies(home):
    (home / ".curlrc").write_text('# proxy = no\nproxy = "http://one.example:1"\n')
    (home / ".wgetrc").write_text("https_proxy=http://two.example:2\n")

    assert proxies_elsewhere() == [
        (str(home / ".curlrc"), "http://one.example:1"),
        (str(home / ".wgetrc"), "http://two.example:2"),
    ]


@pytest.mark.parametrize(
    ("form", "line", "value"),
    [
        (host._ASSIGNED, 'export HTTPS_PROXY="http://p:1";', "http://p:1"),
        (host._ASSIGNED, "http_proxy=p:1", "p:1"),
        (host._ASSIGNED, "HTTPS_PROXY=$HTTP_PROXY", None),
        (host._ASSIGNED, "no_proxy=p:1", None),
        (host._ASSIGNED, "# http_proxy=p:1", None),
        (host._APT, 'Acquire::http::Proxy "http://p:1/";', "http://p:1/"),
        (host._APT, 'Acquire::http::Proxy "DIRECT";', None),
        (host._APT, '// Acquire::http::Proxy "http://p:1/";', None),
        (host._PLAIN, "proxy=http://p:1", "http://p:1"),
    ],
)
def test_each_form_is_read(form, line, value):
    assert list(host._values(line, form)) == ([value] if value else [])
