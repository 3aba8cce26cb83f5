"""Endpoints out of target files of Prometheus, and what is wrong with such files."""

import json

import pytest

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load

TABLE = '[[discovery]]\nfiles = ["targets/*.json", "targets/*.y*ml"]\n'


@pytest.fixture
def found(tmp_path):
    """Loads a configuration beside target files: each a name and its text, or its data."""

    def read(text=TABLE, **files):
        folder = tmp_path / "targets"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            written = content if isinstance(content, str) else json.dumps(content)
            (folder / name.replace("_", ".")).write_text(written)
        main = tmp_path / "ringback.toml"
        main.write_text(text)
        return load(main, {})

    return read


def test_targets_of_json_and_yaml_with_their_labels(found):
    loaded = found(
        a_json=[{"targets": ["a:80", "b:443"], "labels": {"env": "live", "__meta_x": "1"}}],
        b_yml="- targets: [c:1]\n  labels:\n    shard: 7\n    8: odd\n- targets: []\n",
        c_yaml="- targets:\n  - a:80\n  - https://a.example/x\n",
        d_txt="nothing",
    )

    assert [(endpoint.url, dict(endpoint.labels)) for endpoint in loaded.endpoints] == [
        ("tcp://a:80", {"env": "live"}),
        ("tcp://b:443", {"env": "live"}),
        ("tcp://c:1", {"shard": "7", "8": "odd"}),
        ("https://a.example/x", {}),
    ]
    assert loaded.discovered == {endpoint.id for endpoint in loaded.endpoints}
    assert any(pattern.endswith("targets/*.json") for pattern in loaded.patterns)


def test_urls_names_and_settings_of_their_group(found):
    table = TABLE + (
        'url = "https://{target}/{path}"\nname = "{service} at {target}"\ngroup = "web"\n'
        '[group.web]\nevery = "5s"\nlabels = { team = "shop" }\nthreshold = 5\n'
    )
    labels = {"path": "{service}{target}", "service": "Shop"}  # no value is taken for a template
    (endpoint,) = found(table, a_json=[{"targets": ["h:8443"], "labels": labels}]).endpoints

    assert (endpoint.url, endpoint.name) == ("https://h:8443/{service}{target}", "Shop at h:8443")
    assert (endpoint.every, endpoint.watched.threshold) == (5.0, 5)
    assert endpoint.labels == {"team": "shop", **labels}


def test_routes_windows_and_parents_may_name_what_is_discovered(found):
    table = TABLE + (
        'group = "web"\n'
        '[[endpoint]]\nname = "page"\nurl = "https://page"\nparents = ["a:80"]\n'
        '[[notifier]]\nname = "n"\ntype = "command"\ncommand = ["true"]\n'
        '[[route]]\nnotifiers = "n"\ngroups = "web"\n'
        '[[route]]\nnotifiers = "n"\nendpoints = ["db-*"]\n'
    )
    loaded = found(table, a_json=[{"targets": ["a:80"]}])

    assert loaded.endpoints[0].watched.parents == ("a-80",)
    assert found(table.replace('parents = ["a:80"]\n', ""), a_json=[]).discovered == set()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a_json": "{"}, "a.json: Expecting"),
        ({"a_json": {"targets": []}}, "must be a list"),
        ({"a_json": [{"target": ["a:1"]}]}, "group 0: needs a list of targets"),
        ({"a_json": [{"targets": [1]}]}, "a target must be a text"),
        ({"a_json": [{"targets": ["a:1"], "labels": ["x"]}]}, "labels must be a table"),
        ({"a_json": [{"targets": ["a:99999"]}]}, "target 'a:99999': the URL"),
        ({"a_json": [{"targets": ["http://u:secret@"]}]}, "has no host"),
        ({"a_yml": "- targets: [a\n"}, "a.yml: is not valid YAML"),
        ({"a_yml": "a: &a [x,x]\nb: [*a,*a]\n"}, "must be a list"),
        ({"a_json": "[" * 100_000}, "is nested too deeply"),
    ],
)
def test_a_file_with_a_mistake_is_named(found, files, problem):
    with pytest.raises(ConfigInvalid) as caught:
        found(**files)
    (told,) = caught.value.problems
    assert problem in told.message
    assert "secret" not in told.message
    assert told.line == 2


def test_missing_label_and_another_suffix_are_mistakes(found):
    with pytest.raises(ConfigInvalid, match="target 'a:1' has no label path"):
        found(TABLE + 'url = "http://{target}/{path}"\n', a_json=[{"targets": ["a:1"]}])
    with pytest.raises(ConfigInvalid, match=r"must end in \.json, \.yml or \.yaml"):
        found('[[discovery]]\nfiles = "targets/*"\n', a_txt="[]")
