import pytest

from ringback.diagnosis.layer import host
from ringback.diagnosis.layer.host import proxies_elsewhere


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


def test_without_files_there_is_none(home):
    assert proxies_elsewhere() == []


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
