"""The names of the kinds as a type: a misspelt one does not pass the type checker."""

from typing import get_args

from ringback.failure.kinds import KINDS
from ringback.failure.names import KindGroup, KindName


def test_the_names_are_those_of_the_table() -> None:
    assert set(get_args(KindName)) == set(KINDS)
    groups = {name.rsplit(".", cut)[0] for name in KINDS for cut in range(1, name.count(".") + 1)}
    assert set(get_args(KindGroup)) == groups - set(KINDS)
