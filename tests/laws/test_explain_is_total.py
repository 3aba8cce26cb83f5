from hypothesis import given
from hypothesis import strategies as st

from ringback import explain
from ringback.failure import KINDS
from ringback.failure.text.rules import RULES

FRAGMENTS = [
    *[rule.needle for rule in RULES][::7],
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in connect',
    "During handling of the above exception, another exception occurred:",
    "[Errno 111] ",
    "(Caused by ",
    "\n",
    "ProxyError('",
    "https://u:p@h:1/?q",
]


@given(
    st.text(max_size=2000)
    | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=20), max_size=40).map("".join)
)
def test_any_text_has_one_known_explanation(text):
    explanation = explain(text)

    start, end = explanation.span
    assert explanation.kind in KINDS
    assert 0 <= explanation.confidence <= 1
    assert 0 <= start <= end <= len(text)
    assert explanation.evidence == text[start:end]
    assert explanation.delivered in {"no", "maybe", "yes"}
    assert "u:p@" not in (explanation.target.url or "")


@given(st.binary(max_size=2000))
def test_any_bytes_read_as_text(raw):
    assert explain(raw.decode("utf-8", "surrogateescape")).kind in KINDS
    assert explain(raw.decode("latin-1")).kind in KINDS
