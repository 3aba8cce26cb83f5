import pytest

from ringback.client.dial.resolver import SOURCES_INTERVAL, Sources


@pytest.fixture
def hosts(tmp_path):
    return tmp_path / "hosts"


def test_a_file_that_appears_changes_or_goes_is_noticed_once(hosts):
    sources = Sources((str(hosts),))
    assert not sources.changed(0)

    hosts.write_text("one")
    assert sources.changed(1)
    assert not sources.changed(2)
    hosts.write_text("three")
    assert sources.changed(3)
    hosts.unlink()
    assert sources.changed(4)


def test_it_looks_at_most_once_in_a_while(hosts):
    sources = Sources((str(hosts),))
    assert not sources.changed(10)

    hosts.write_text("one")

    assert not sources.changed(10 + SOURCES_INTERVAL / 2)
    assert sources.changed(10 + SOURCES_INTERVAL)
