import pytest

from ringback.diagnosis.layer.host_resolver import ResolverConfig
from ringback.diagnosis.layer.nameserver import names_to_ask, text_of_name


@pytest.mark.parametrize(
    ("host", "ndots", "names"),
    [
        ("db", 1, ["db.a.test", "db.b.test", "db"]),
        (
            "www.example.com",
            1,
            ["www.example.com", "www.example.com.a.test", "www.example.com.b.test"],
        ),
        ("api.internal", 5, ["api.internal.a.test", "api.internal.b.test", "api.internal"]),
        ("db.", 1, ["db"]),
        (
            "bücher.example",
            1,
            [
                "xn--bcher-kva.example",
                "xn--bcher-kva.example.a.test",
                "xn--bcher-kva.example.b.test",
            ],
        ),
    ],
)
def test_names_are_tried_as_the_c_library_does(host, ndots, names):
    config = ResolverConfig(search=("a.test", "b.test"), ndots=ndots)

    assert [text_of_name(name) for name in names_to_ask(host, config)] == names


def test_without_search_domains_there_is_one():
    assert [text_of_name(name) for name in names_to_ask("a.example", ResolverConfig())] == [
        "a.example"
    ]


def test_what_is_no_name_has_none():
    assert names_to_ask(f"{'a' * 64}.example", ResolverConfig()) == []
