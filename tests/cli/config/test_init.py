import json
import os
import resource

import pytest


def test_what_is_written_can_be_used_at_once(ringback, one_line, tmp_path):
    done = ringback("init", cwd=tmp_path)

    assert done.returncode == 0
    assert (tmp_path / "ringback.toml").read_text().startswith("#:schema ./ringback.schema.json\n")
    assert json.loads((tmp_path / "ringback.schema.json").read_text())["title"] == "ringback.toml"
    assert ringback("check-config", cwd=tmp_path).returncode == 0
    assert "No such file" in one_line(ringback("init", "no/ringback.toml", cwd=tmp_path))


@pytest.mark.parametrize("there", ["ringback.toml", "ringback.schema.json"])
def test_what_is_there_is_left_alone(ringback, one_line, tmp_path, there):
    (tmp_path / there).write_text("mine")

    assert f"{there} exists already" in one_line(ringback("init", cwd=tmp_path))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {there: "mine"}


def no_room():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def test_what_does_not_fit_on_the_disk_leaves_what_was_there(process, tmp_path):
    there = {"ringback.toml": "mine"}
    (tmp_path / "ringback.toml").write_text("mine")

    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # it would be damaged, and stay so
    done = process("init", "--force", cwd=tmp_path, preexec_fn=no_room, env=env)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ringback: cannot write ringback.toml: File too large\n"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == there


def test_a_link_is_written_through_and_rights_stay(ringback, tmp_path):
    file = tmp_path / "elsewhere.toml"
    file.write_text("mine")
    file.chmod(0o600)
    (tmp_path / "ringback.toml").symlink_to(file)

    assert ringback("init", "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "ringback.toml").is_symlink()
    assert "[[endpoint]]" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
