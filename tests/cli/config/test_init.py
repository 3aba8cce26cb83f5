import json

import pytest


def test_what_is_written_can_be_used_at_once(ringback, tmp_path):
    done = ringback("init", cwd=tmp_path)

    assert done.returncode == 0
    assert (tmp_path / "ringback.toml").read_text().startswith("#:schema ./ringback.schema.json\n")
    assert json.loads((tmp_path / "ringback.schema.json").read_text())["title"] == "ringback.toml"
    assert ringback("check-config", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("there", ["ringback.toml", "ringback.schema.json"])
def test_what_is_there_is_left_alone(ringback, one_line, tmp_path, there):
    (tmp_path / there).write_text("mine")

    said = one_line(ringback("init", cwd=tmp_path))

    assert f"{there} exists already" in said
    assert [file.name for file in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_the_same_schema_serves_several_files(ringback, tmp_path):
    assert ringback("init", "a.toml", cwd=tmp_path).returncode == 0
    assert ringback("init", "b.toml", cwd=tmp_path).returncode == 0


def test_force_replaces_it(ringback, tmp_path):
    (tmp_path / "ringback.toml").write_text("mine")

    assert ringback("init", "--force", cwd=tmp_path).returncode == 0
    assert ringback("check-config", cwd=tmp_path).returncode == 0


def test_a_dash_prints_it(ringback, tmp_path):
    done = ringback("init", "-", cwd=tmp_path)

    assert "[[endpoint]]" in done.stdout
    assert "#:schema" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_line(ringback, one_line, tmp_path):
    assert "No such file" in one_line(ringback("init", "no/ringback.toml", cwd=tmp_path))
