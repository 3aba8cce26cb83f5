import contextlib
import os

import pytest

from ringback.cli import input as reading
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


def test_the_encoding_of_the_locale_is_tried(monkeypatch):
    monkeypatch.setattr("locale.getencoding", lambda: "gbk")
    assert decode("[WinError 10061] 由于目标计算机".encode("gbk"), "x").endswith("目标计算机")


def test_a_file_that_was_opened_again_is_closed_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_GROWTH_INTERVAL", 0)
    path, opened = tmp_path / "app.log", []
    path.write_text("one\n")
    given = path.open("rb")
    reopened = reading._reopened

    def noted(file, path):
        opened.append(reopened(file, path))
        return opened[-1]

    monkeypatch.setattr(reading, "_reopened", noted)
    lines = reading.growing_lines(given, path)
    assert next(lines) == "one\n"
    path.rename(tmp_path / "app.log.1")
    path.write_text("two\n")
    assert [line for line in (next(lines) for _ in range(3)) if line][:1] == ["two\n"]
    with pytest.raises(KeyboardInterrupt):
        lines.throw(KeyboardInterrupt)
    assert all(file.closed for file in opened)
