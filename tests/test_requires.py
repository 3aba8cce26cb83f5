import pytest

from tests.requires import requires


def test_what_is_there_is_no_reason_to_skip():
    assert requires("sh") is None


def test_what_is_missing_skips_with_the_reason(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="lacks no-such-program"):
        requires("sh", "no-such-program")


def test_in_ci_a_skip_is_a_failure(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI=true"):
        requires("no-such-program")
