import pytest

from ringback.monitor.relocation.fingerprint import ServiceFingerprint as Fingerprint

HASH, OTHER = "a" * 64, "b" * 64
WEB = Fingerprint(key="k", answer=f"200 {HASH}", size=500, server="nginx")


def test_the_same_in_everything_is_certain():
    found = WEB.known_again(WEB)
    assert (found.certain, found.matched, found.known) == (True, ("key", "answer", "server"), 3)
    assert found.confidence == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (WEB, Fingerprint(key="k", answer=f"200 {HASH}", size=500, server="nginx/2")),
        (Fingerprint(key="k"), Fingerprint(key="k", answer=f"404 {OTHER}")),
        (
            Fingerprint(answer=f"200 {HASH}", size=16),
            Fingerprint(answer=f"200 {HASH}", size=16),
        ),
        (Fingerprint(banner="SSH-2.0-X"), Fingerprint(banner="SSH-2.0-X")),
        (Fingerprint(banner="220 mail "), Fingerprint(banner="220 mail 12:31:07")),
        (
            Fingerprint(key="k", answer="200"),
            Fingerprint(key="k", answer=f"200 {OTHER}", size=9),
        ),
    ],
)
def test_one_trait_that_nobody_else_has_is_enough_where_none_contradicts(known, seen):
    found = known.known_again(seen)
    assert found.certain
    assert found.confidence > 0.5


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (WEB, Fingerprint(key="other", answer=f"200 {HASH}", size=500, server="nginx")),
        (WEB, Fingerprint(key="k", answer=f"200 {OTHER}", size=500, server="nginx")),
        (Fingerprint(server="nginx"), Fingerprint(server="nginx")),
        (
            Fingerprint(answer=f"200 {HASH}", size=2),
            Fingerprint(answer=f"200 {HASH}", size=2),
        ),
        (
            Fingerprint(answer=f"404 {HASH}", size=500),
            Fingerprint(answer=f"404 {HASH}", size=500),
        ),
        (Fingerprint(banner="SSH-2.0-X"), Fingerprint(banner="SSH-2.0-Y")),
        (Fingerprint(), Fingerprint()),
    ],
)
def test_what_others_have_too_proves_nothing(known, seen):
    found = known.known_again(seen)
    assert not found.certain
    assert found.confidence == 0.0


def test_of_two_looks_what_is_the_same_stays():
    first = Fingerprint(key="k", answer=f"200 {HASH}", size=9, banner="220 12:01", server="a")
    second = Fingerprint(key="k", answer=f"200 {OTHER}", size=9, banner="220 12:44", server="b")
    assert first.steady(second) == Fingerprint(key="k", answer="200", banner="220 12:")
    assert first.steady(first) == first
    assert not Fingerprint().steady(first).banner
