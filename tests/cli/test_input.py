import contextlib
import os

import pytest

from ringback.cli.input import InputError, decode, read_text


@contextlib.contextmanager
def ordinary_user():
    """Root may read every file: be nobody for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_forbidden_file_is_named_with_the_reason(tmp_path):
    path = tmp_path / "secret"
    path.write_text("text")
    path.chmod(0)
    with ordinary_user(), pytest.raises(InputError, match=f"cannot read {path}: Permission denied"):
        read_text(str(path))


def test_what_is_not_utf8_in_a_text_is_replaced():
    assert decode("der Dienst für alle".encode("latin-1"), "x") == "der Dienst f\ufffdr alle"


def test_the_encoding_of_the_locale_is_tried(monkeypatch):
    monkeypatch.setattr("locale.getencoding", lambda: "gbk")
    assert decode("[WinError 10061] 由于目标计算机".encode("gbk"), "x").endswith("目标计算机")


def test_what_windows_writes_is_read():
    assert decode("für".encode("utf-16"), "x") == "für"
    assert decode("für".encode("utf-8-sig"), "x") == "für"


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\x80" * 9, bytes(range(1, 7)) * 5])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(InputError, match="x is binary, not text"):
        decode(content, "x")
