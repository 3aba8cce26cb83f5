import pytest

from ringback.client.raising import raise_prepared


def raise_while_handling(exc):
    try:
        raise RuntimeError("what the caller is handling")
    except RuntimeError:
        raise_prepared(exc)


@pytest.mark.parametrize("raising", [raise_prepared, raise_while_handling])
def test_the_context_stays(raising):
    prepared, before = ValueError("prepared"), KeyError("before")
    prepared.__context__ = before
    with pytest.raises(ValueError, match="prepared") as caught:
        raising(prepared)
    assert caught.value is prepared
    assert prepared.__context__ is before
