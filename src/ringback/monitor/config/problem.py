"""What is wrong in a configuration, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: Where it stands.
        line: Counted from 1; 0: the whole file.
        column: Counted from 1, in characters; 0: the whole file.
        path: Key path, as ``endpoint[2].expect.status``; ``""``: the whole file.
        message: What is wrong, in one line, without secrets.
        hint: What was probably meant; ``""``: not known.
    """

    file: Path
    line: int = 0
    column: int = 0
    path: str = ""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        return f"{place}: {self.message}" + (f"; did you mean {self.hint!r}?" if self.hint else "")


class ConfigInvalid(Exception):  # noqa: N818 - it reads as what is said of the file
    """Raised for a configuration that cannot be used.

    Attributes:
        problems: All of them, by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (str(p.file), p.line, p.column, p.message))
        super().__init__("\n".join(map(str, self.problems)))
