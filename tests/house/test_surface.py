import json

from house import surface


def flat(value, path=""):
    """Each leaf of a nested value with the way to it."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    inner = [flat(each, f"{path} > {name}" if path else name) for name, each in value.items()]
    return {name: leaf for leaves in inner for name, leaf in leaves.items()}


def test_what_people_build_on_is_as_it_was():
    pinned = flat(json.loads(surface.FILE.read_text("utf-8")))
    found = flat(json.loads(surface.text()))

    gone = {path: leaf for path, leaf in pinned.items() if path not in found}
    new = {path: leaf for path, leaf in found.items() if path not in pinned}
    changed = {
        path: (leaf, found[path])
        for path, leaf in pinned.items()
        if path in found and found[path] != leaf
    }
    told = "if it is meant: python tests/house/surface.py --write, and a changelog fragment"
    assert (gone, new, changed) == ({}, {}, {}), told
