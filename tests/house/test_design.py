"""What docs/design.md says of the rooms is so."""

import ast
import re
import tomllib
from pathlib import Path

from house.source import SOURCE, definitions, trees

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text("utf-8")


def test_every_room_has_its_paragraph_and_no_other():
    described = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)
    folders = {folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists()}

    assert set(described) == folders
    assert len(described) == len(folders)
    for room, text in zip(described, paragraphs(), strict=True):
        assert "**Its rule:**" in text, room
        assert "Read `" in text, room


def test_the_central_value_of_each_room_is_defined_in_it_or_comes_from_below():
    values = {room: re.search(r"[Ii]ts value is `(\w+)`", text) for room, text in rooms().items()}
    defined = {node.name for _, node in definitions() if isinstance(node, ast.ClassDef)}

    assert [room for room, value in values.items() if value is None and room != "cli"] == []
    assert [value[1] for value in values.values() if value and value[1] not in defined] == []


def rooms():
    return dict(zip(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE), paragraphs(), strict=True))


def paragraphs():
    parts = re.split(r"^### .*$", PAGE, flags=re.MULTILINE)[1:]
    return [" ".join(part.partition("\n## ")[0].split()) for part in parts]


def test_the_order_of_the_rooms_is_the_one_that_is_enforced():
    shown = re.search(r"```text\n(testing\n[\w\n]+)```", PAGE)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    rooms = next(
        contract for contract in contracts["contracts"] if contract["name"].startswith("Rooms")
    )
    layers = [layer.removeprefix("__main__ | ") for layer in rooms["layers"]]

    assert shown is not None
    assert shown[1].split() == layers


def test_every_file_that_is_named_is_there():
    named = set(re.findall(r"`([a-z_]+/[\w/]*(?:\.py)?)`", PAGE))

    assert len(named) > 20
    there = {name for name in named if (SOURCE / name).exists() or (ROOT / name).exists()}
    assert sorted(named - there) == []


def test_every_value_is_defined_where_the_page_says():
    rows = re.findall(r"^\| `(\w+)` \| `([\w/]+\.py)` \|", PAGE, re.MULTILINE)
    classes = {
        (node.name, path)
        for _, path in rows
        for node in trees()[path].body
        if isinstance(node, ast.ClassDef)
    }

    assert len(rows) > 8
    assert [row for row in rows if row not in classes] == []


def test_the_parts_of_the_monitor_are_all_there():
    table = set(re.findall(r"^\| `monitor/(\w+)/`", PAGE, re.MULTILINE))
    folders = {path.parent.name for path in (SOURCE / "monitor").glob("*/__init__.py")}

    assert table == folders


def test_a_folder_of_tests_is_that_of_a_package_or_of_a_module():
    tests = ROOT / "tests"
    of_all = {"e2e", "house", "integrations", "laws", "mocks", "recipes"}  # not of one room
    folders = {path.parent.relative_to(tests) for path in tests.glob("*/**/test_*.py")}
    there = {path for path in folders if (SOURCE / path).is_dir()}
    there |= {path for path in folders if (SOURCE / path).with_suffix(".py").is_file()}

    assert len(there) > 40
    assert {str(path) for path in folders - there} == of_all
