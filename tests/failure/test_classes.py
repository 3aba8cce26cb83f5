from ringback.failure import KINDS
from ringback.failure.classes import CLASSES
from ringback.failure.reading import TIMEOUT


def test_every_class_names_a_kind_or_is_a_wrapper():
    for name, reading in CLASSES.items():
        assert name.isidentifier()
        assert reading.kind in {None, TIMEOUT, *KINDS}, name
        if reading.kind in KINDS:
            assert not KINDS[reading.kind].diagnosis_only, name
