"""Advice has in its commands what is known, and nothing that a shell takes for more than a word."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors.specialise import note
from ringback.failure import KINDS, Failure, Target, explain
from ringback.failure.advice import filled, known_of

WHOLE = Target(
    "https://web.test:8443/a;b", "https", "web.test", 8443, "192.0.2.7", "proxy.test:3128"
)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("`ss -ltn 'sport = :PORT'`", "`ss -ltn 'sport = :8443'`"),
        ("`curl -v http://HOST:PORT/`", "`curl -v http://web.test:8443/`"),
        ("`openssl s_client -connect HOST:443`", "`openssl s_client -connect web.test:8443`"),
        (
            "`curl -x http://PROXY:PORT URL`",
            "`curl -x http://proxy.test:3128 'https://web.test:8443/a;b'`",
        ),
        ("`ip route get ADDRESS`", "`ip route get 192.0.2.7`"),
        ("`dig @ADDRESS NAME`", "`dig @ADDRESS web.test`"),  # the resolver's, which is not known
        ("`ping GATEWAY`", "`ping GATEWAY`"),
        ("Give the NAME and PORT.", "Give the NAME and PORT."),
    ],
)
def test_what_is_known_of_the_target_is_filled_in(step, said):
    assert filled(step, known_of(WHOLE)) == said


@given(st.text(max_size=30), st.sampled_from([s for kind in KINDS.values() for s in kind.do]))
def test_whatever_the_target_says_a_command_stays_the_same_words(said, step):
    target = Target(url=f"http://{said}/", host=said, port=80, address=said, proxy=said)

    for before, after in zip(
        step.split("`")[1::2], filled(step, known_of(target)).split("`")[1::2], strict=True
    ):
        assert len(words(after)) == len(words(before))


def words(command):
    """The words, as a shell splits them, with its operators for themselves."""
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.commenters = ""
    reader.whitespace_split = True
    try:
        return list(reader)
    except ValueError:  # a quotation that the advice itself leaves open
        return command.split()


def test_the_advice_of_a_failure_and_of_a_text_has_its_target():
    failure = Failure(kind="tcp.refused", target=WHOLE)

    assert "sport = :8443" in failure.advice[0]
    assert "sport = :8443" in note(failure)
    assert "sport = :PORT" in note(Failure(kind="tcp.refused"))
    text = "curl: (7) Failed to connect to web.test port 8443: Connection refused"
    assert "sport = :8443" in explain(text).advice[0]
