import pytest

from ringback.monitor.moved import Identity

HASH, OTHER = "a" * 64, "b" * 64
WEB = Identity(key="k", answer=f"200 {HASH}", size=500, server="nginx")


def test_the_same_in_everything_is_certain():
    found = WEB.known_again(WEB)
    assert (found.certain, found.matched, found.known) == (True, ("key", "answer", "server"), 3)
    assert found.confidence == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (WEB, Identity(key="k", answer=f"200 {HASH}", size=500, server="nginx/2")),
        (Identity(key="k"), Identity(key="k", answer=f"404 {OTHER}")),
        (Identity(answer=f"200 {HASH}", size=16), Identity(answer=f"200 {HASH}", size=16)),
        (
            Identity(answer=f"200 {HASH}", size=2, server="orders"),
            Identity(answer=f"200 {HASH}", size=2, server="orders"),
        ),
        (Identity(banner="SSH-2.0-X"), Identity(banner="SSH-2.0-X")),
        (Identity(banner="220 mail "), Identity(banner="220 mail 12:31:07")),
        (Identity(key="k", answer="200"), Identity(key="k", answer=f"200 {OTHER}", size=9)),
    ],
)
def test_one_trait_that_nobody_else_has_is_enough_where_none_contradicts(known, seen):
    found = known.known_again(seen)
    assert found.certain
    assert found.confidence > 0.5


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (WEB, Identity(key="other", answer=f"200 {HASH}", size=500, server="nginx")),
        (WEB, Identity(key="k", answer=f"200 {OTHER}", size=500, server="nginx")),
        (Identity(server="nginx"), Identity(server="nginx")),
        (Identity(answer="200", server="nginx"), Identity(answer=f"200 {OTHER}", server="nginx")),
        (Identity(answer=f"200 {HASH}", size=2), Identity(answer=f"200 {HASH}", size=2)),
        (Identity(answer=f"404 {HASH}", size=500), Identity(answer=f"404 {HASH}", size=500)),
        (Identity(banner="220"), Identity(banner="220")),
        (Identity(banner="SSH-2.0-X"), Identity(banner="SSH-2.0-Y")),
        (Identity(), Identity()),
    ],
)
def test_what_others_have_too_proves_nothing(known, seen):
    found = known.known_again(seen)
    assert not found.certain
    assert found.confidence == 0.0


def test_of_two_looks_what_is_the_same_stays():
    first = Identity(key="k", answer=f"200 {HASH}", size=9, banner="220 12:01", server="a")
    second = Identity(key="k", answer=f"200 {OTHER}", size=9, banner="220 12:44", server="b")
    assert first.steady(second) == Identity(key="k", answer="200", banner="220 12:")
    assert first.steady(first) == first
    assert not Identity().steady(first).banner


def test_nothing_known_is_no_identity():
    assert not Identity()
    assert Identity(server="nginx")
