import pytest

from ringback.diagnosis.layer.host import elsewhere
from ringback.diagnosis.layer.host.elsewhere import proxies_elsewhere


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    of_home = tuple(one for one in elsewhere._FILES if one[0] == "~")
    monkeypatch.setattr(elsewhere, "_FILES", of_home)
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
        (elsewhere._ASSIGNED, 'export HTTPS_PROXY="http://p:1";', "http://p:1"),
        (elsewhere._ASSIGNED, "http_proxy=p:1", "p:1"),
        (elsewhere._ASSIGNED, "HTTPS_PROXY=$HTTP_PROXY", None),
        (elsewhere._ASSIGNED, "no_proxy=p:1", None),
        (elsewhere._ASSIGNED, "# http_proxy=p:1", None),
        (elsewhere._APT, 'Acquire::http::Proxy "http://p:1/";', "http://p:1/"),
        (elsewhere._APT, 'Acquire::http::Proxy "DIRECT";', None),
        (elsewhere._APT, '// Acquire::http::Proxy "http://p:1/";', None),
        (elsewhere._PLAIN, "proxy=http://p:1", "http://p:1"),
    ],
)
def test_each_form_is_read(form, line, value):
    assert list(elsewhere._values(line, form)) == ([value] if value else [])
