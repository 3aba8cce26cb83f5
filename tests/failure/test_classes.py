from ringback.failure import KINDS
from ringback.failure.classes import CLASSES
from ringback.failure.clue import TIMEOUT


def test_every_class_names_a_kind_or_is_a_wrapper():
    for name, clue in CLASSES.items():
        assert name.isidentifier()
        assert clue.kind in {None, TIMEOUT, *KINDS}, name
        if clue.kind in KINDS:
            assert not KINDS[clue.kind].diagnosis_only, name
