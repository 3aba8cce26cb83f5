"""Why nothing can be tried with a text."""

from typing import Final

INVALID: Final = "url.invalid"
SCHEME_INVALID: Final = "url.scheme_invalid"


class Wrong(Exception):  # noqa: N818 - it never leaves this package
    """Nothing can be tried with the text.

    Args:
        problem: Why, for people.
        kind: The kind of failure.
    """

    def __init__(self, problem: str, kind: str = INVALID) -> None:
        super().__init__(problem)
        self.problem = problem
        self.kind = kind
