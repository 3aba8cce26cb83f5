import pytest

from ringback.monitor.probe.http.judge import PathMissing, at_path, steps_of

DOCUMENT = {"a": {"b": [{"c": "x"}, {"c": 2}]}, "ok": True, "none": None, "with.dot": 1}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0].c", "x"),
        ("$.a.b[1].c", "2"),
        ("a.b[-1].c", "2"),
        ("ok", "true"),
        ("none", "null"),
        ("['with.dot']", "1"),
        ("a.b[0]", '{"c": "x"}'),
    ],
)
def test_places(path, found):
    assert at_path(DOCUMENT, path) == found


@pytest.mark.parametrize("path", ["b", "a.b[2]", "a.b.c", "ok[0]", "a[0]", "none.x"])
def test_places_where_there_is_nothing(path):
    with pytest.raises(PathMissing):
        at_path(DOCUMENT, path)


@pytest.mark.parametrize("path", ["a[", "a[x]", "a..b", "[]"])
def test_what_is_no_path(path):
    with pytest.raises(ValueError, match="not a JSON path"):
        steps_of(path)
