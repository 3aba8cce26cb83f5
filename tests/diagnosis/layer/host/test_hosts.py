import pytest

from ringback.diagnosis.layer.host_resolver import entries


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
