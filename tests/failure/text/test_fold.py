import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.failure.text.fold import fold


@pytest.mark.parametrize(
    ("text", "even"),
    [
        ("one\n  two", "one two "),
        ("> quoted\n> twice", "quoted twice "),
        ("# a\n#   comment", "a comment "),
        ("│ boxed │\n│ twice │", "boxed twice "),
        ("it’s ‘so’ “said”", "it's 'so' \"said\" "),
        ("host='a'，port=1", "host='a',port=1 "),
        ("host=\\'a\\'", "host='a' "),
        ("one\\ntwo", "one two "),
        ("&quot;a&quot; &lt;b&gt;", '"a" <b> '),
        ("\x1b[31mred\x1b[0m", "red "),
    ],
)
def test_even_text(text, even):
    assert fold(text).text == even


def test_lower_case_keeps_the_length_even_where_unicode_does_not():
    page = fold("İSTANBUL Connection refused")

    assert len(page.lower) == len(page.text)
    assert page.lower.find("connection refused") == page.text.find("Connection refused")


def test_the_line_around_a_position():
    page = fold("first\n  second line\nthird")

    begin, end = page.line_of(page.text.index("second"))

    assert page.text[begin:end] == "second line "


@given(
    st.text(alphabet=st.sampled_from("ab \n\t>#|'\"\\n&quot;ltgtamp;’，İ\x1b[31m"), max_size=200)
)
def test_every_plain_letter_leads_back_to_itself(text):
    page = fold(text)

    for position, letter in enumerate(page.text):
        if letter in "ab":
            assert text[page.origin(position)] == letter
