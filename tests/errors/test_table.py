import re

from ringback import errors
from ringback.errors import CLASS_OF_KIND, RingbackError, error_class, tree
from ringback.failure import KINDS

NAMELESS = {"unknown", "not_a_connection_failure"}


def test_every_kind_has_a_class():
    assert {kind for kind in KINDS if error_class(kind) is RingbackError} == NAMELESS


def test_every_entry_of_the_table_is_used():
    kinds = tuple(KINDS)
    assert [
        p for p in CLASS_OF_KIND if not any(k == p or k.startswith(f"{p}.") for k in kinds)
    ] == []


def test_a_refinement_unknown_here_gets_its_parents_class():
    assert error_class("tcp.refused.by_firewall") is errors.ConnectionRefused


def test_the_documented_tree_is_the_tree():
    drawn: list[tuple[int, str]] = [
        (len(indent) // 4, name)
        for indent, name in re.findall(r"^((?:    )+)(\w+)$", errors.__doc__ or "", re.MULTILINE)
    ]

    def walk(cls: type, depth: int) -> list[tuple[int, str]]:
        own = [sub for sub in cls.__subclasses__() if sub.__module__ == tree.__name__]
        return [(depth, cls.__name__), *(line for sub in own for line in walk(sub, depth + 1))]

    assert drawn == walk(RingbackError, 1)
