"""Icinga 2's language as far as hosts, services and their rules are written in it.

An expression is read into a function of what its names mean; what is not understood raises
``UnclearExpression``, when it is read or when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

Scope = dict[str, Any]  # Name to what it means
Expression = Callable[[Scope], Any]

_MAX_DEPTH = 50  # Brackets within each other
_MAX_LENGTH = 10_000  # Characters or items that a sum may have
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f]+|//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z))"
    r'|(?P<text>"(?:[^"\\\n]|\\.)*"|\{\{\{.*?(?:\}\}\}|\Z))'
    r"|(?P<number>\d+(?:\.\d+)?(?:ms|[smhd])?\b)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>=>|==|!=|<=|>=|&&|\|\||[+-]=|\n|.)",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class UnclearExpression(ValueError):  # noqa: N818 - named for what was found
    """Something that this reader does not understand."""


UNCLEAR = object()
"""The value of what was not understood."""


class _Token(NamedTuple):
    sort: str
    text: str
    at: int  # Offset in the text


class Statement(NamedTuple):
    """One line of an object."""

    what: str  # `import`, `assign`, `ignore`, `set`, `if`
    path: tuple[Expression, ...]  # What is set: its keys
    sign: str  # `=`, `+=`, `-=`
    value: Expression
    inner: tuple[list[Statement], ...] = ()  # What is done where the condition holds, and where not


@dataclass(slots=True)
class IcingaBlock:
    """One object, template or rule."""

    how: str  # `object`, `template` or `apply`
    kind: str  # `Host`, `Service` …
    name: Expression
    line: int
    statements: list[Statement] = field(default_factory=list)
    # Of a rule `for (key => value in …)`: the names, and what they go through
    names: tuple[str, ...] = ()
    through: Expression | None = None


def read_blocks(text: str) -> tuple[list[IcingaBlock], Scope]:
    """Return the objects of a text, and the constants that it sets."""
    reader = _Reader([*_tokens(text)], text)
    return list(reader.blocks()), reader.constants


def _tokens(text: str) -> Iterator[_Token]:
    open_: list[str] = []
    for match in _TOKEN.finditer(text):
        sort, word = match.lastgroup or "", match[0]
        if sort == "sign":
            if word in _CLOSING:
                open_.append(word)
            elif open_ and word == _CLOSING[open_[-1]]:
                open_.pop()
        # Within brackets a line may end anywhere.
        if sort != "blank" and (word != "\n" or not open_ or open_[-1] == "{"):
            yield _Token(sort, word, match.start())


class _Reader:
    def __init__(self, tokens: Sequence[_Token], text: str) -> None:
        self._tokens, self._text, self._next, self._depth = tokens, text, 0, 0
        self.constants: Scope = {}
        self._lines = 1
        self._counted = 0

    # Tokens.

    def _peek(self, ahead: int = 0) -> str:
        at = self._next + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        """Take the next token, which must be one of these; ``""``: it is not."""
        found = self._peek()
        if found and found in wanted:
            self._next += 1
            return found
        return ""

    def _must(self, wanted: str) -> None:
        if not self._take(wanted):
            raise UnclearExpression(f"{self._peek()!r} instead of {wanted!r}")

    def _skip_lines(self) -> None:
        while self._take("\n", ";", ","):
            pass

    def _skip_rest(self) -> None:
        """Go to the end of a statement, or to the brace that ends the block around it."""
        open_ = 0
        while word := self._peek():
            if open_ == 0 and word in ("\n", ";", "}"):
                return
            open_ += (word in _CLOSING) - (word in _CLOSING.values())
            self._next += 1

    def _line(self, at: int) -> int:
        self._lines += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._lines

    # Blocks.

    def blocks(self) -> Iterator[IcingaBlock]:
        while word := self._peek():
            begin = self._next
            if word in ("object", "template", "apply"):
                line = self._line(self._tokens[self._next].at)
                try:
                    if block := self._block(line):
                        yield block
                    continue
                except UnclearExpression:
                    self._depth, self._next = 0, max(self._next, begin + 1)
            elif word == "const":
                self._next += 1
                self._global()
                continue
            self._skip_rest()
            self._next += 1

    def _global(self) -> None:
        name = self._peek()
        self._next += 1
        try:
            self._must("=")
            self.constants[name] = self._expression()(self.constants)
        except UnclearExpression:
            self._skip_rest()

    def _block(self, line: int) -> IcingaBlock | None:
        how, kind = self._peek(), self._peek(1)
        self._next += 2
        name: Expression = _constant("")
        if self._peek() not in ("{", "for", "to"):
            name = self._expression()
        block = IcingaBlock(how, kind, name, line)
        if self._take("for"):
            self._go_through(block)
        while (word := self._peek()) and word not in ("{", "\n"):  # `to Host`, `default` …
            self._next += 1
        while self._take("\n"):
            pass
        if not self._take("{"):
            return None
        block.statements = self._statements()
        return block

    def _go_through(self, block: IcingaBlock) -> None:
        self._must("(")
        names = [self._peek()]
        self._next += 1
        if self._take("=>"):
            names.append(self._peek())
            self._next += 1
        self._must("in")
        block.names, block.through = tuple(names), self._expression()
        self._must(")")

    def _statements(self) -> list[Statement]:
        """Read up to the brace that ends them."""
        self._enter()
        found: list[Statement] = []
        while True:
            self._skip_lines()
            if not self._peek() or self._take("}"):
                self._depth -= 1
                return found
            begin, depth = self._next, self._depth
            try:
                found.append(self._statement())
            except UnclearExpression:
                self._depth = depth
                found += self._unclear_statement(begin)

    def _unclear_statement(self, begin: int) -> list[Statement]:
        """What is set stays known, that nothing is taken for what it is not."""
        self._next, depth = begin, self._depth
        try:
            path = self._path()
        except UnclearExpression:
            path = ()
        self._next = begin
        self._depth = depth
        condition = self._peek() in ("if", "for", "while", "function")
        what = self._peek() if self._peek() in ("assign", "ignore") else "set"
        self._skip_rest()
        if self._next == begin:
            self._next += 1
        if not path and what == "set" and not condition:
            return []
        return [Statement("if" if condition else what, path, "=", _unclear)]

    def _statement(self) -> Statement:
        if self._take("import"):
            return Statement("import", (), "", self._expression())
        if self._peek() in ("assign", "ignore") and self._peek(1) == "where":
            what = self._peek()
            self._next += 2
            return Statement(what, (), "", self._expression())
        if self._take("if"):
            return self._condition()
        path = self._path()
        sign = self._take("=", "+=", "-=")
        if not sign:
            raise UnclearExpression(self._peek())
        value = self._expression()
        if self._peek() not in ("\n", ";", "}", ",", ""):
            raise UnclearExpression(self._peek())
        return Statement("set", path, sign, value)

    def _condition(self) -> Statement:
        self._enter()
        condition = self._expression()
        self._must("{")
        inner = [self._statements()]
        if self._take("else"):
            if self._take("if"):
                inner.append([self._condition()])
            else:
                self._must("{")
                inner.append(self._statements())
        self._depth -= 1
        return Statement("if", (), "", condition, tuple(inner))

    def _path(self) -> tuple[Expression, ...]:
        found: list[Expression] = [self._key()]
        while sign := self._take(".", "["):
            if sign == ".":
                found.append(self._key())
            else:
                found.append(self._expression())
                self._must("]")
        return tuple(found)

    def _key(self) -> Expression:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        if token is None or token.sort not in ("name", "text"):
            raise UnclearExpression(self._peek())
        self._next += 1
        return _constant(_unquoted(token.text) if token.sort == "text" else token.text)

    # Expressions, the loosest sign first.

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnclearExpression("too many brackets")

    def _expression(self) -> Expression:
        self._enter()
        parts = [self._all_of()]
        while self._take("||"):
            parts.append(self._all_of())
        self._depth -= 1
        return _first_of(parts, wanted=True)

    def _all_of(self) -> Expression:
        parts = [self._comparison()]
        while self._take("&&"):
            parts.append(self._comparison())
        return _first_of(parts, wanted=False)

    def _comparison(self) -> Expression:
        left = self._sum()
        if self._peek() == "!" and self._peek(1) == "in":
            self._next += 2
            return _not(_compared("in", left, self._sum()))
        if sign := self._take("==", "!=", "<", ">", "<=", ">=", "in"):
            return _compared(sign, left, self._sum())
        return left

    def _sum(self) -> Expression:
        parts = [self._unary()]
        while self._take("+"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else lambda scope: _sum_of_all(parts, scope)

    def _unary(self) -> Expression:
        while self._take("\n"):  # a line may end after a sign
            pass
        signs = 0
        while self._take("!"):
            signs += 1
        found, steps = self._primary(), 0
        while sign := self._take(".", "[", "("):
            steps += 1
            if steps > _MAX_DEPTH:
                raise UnclearExpression("too many steps")
            if sign == ".":
                found = _at(found, self._key())
            elif sign == "[":
                found = _at(found, self._expression())
                self._must("]")
            else:
                found = _called(found, self._items(")"))
        return found if not signs else _not(found) if signs % 2 else _not(_not(found))

    def _primary(self) -> Expression:
        token = self._tokens[self._next] if self._next < len(self._tokens) else _Token("", "", 0)
        self._next += 1
        if token.sort == "text":
            return _constant(_unquoted(token.text))
        if token.sort == "number":
            return _constant(token.text)
        if token.sort == "name":
            return _named(token.text)
        if token.text == "(":
            found = self._expression()
            self._must(")")
            return found
        if token.text == "[":
            items = self._items("]")
            return lambda scope: [item(scope) for item in items]
        if token.text == "{" and self._peek() != "{":
            statements = self._statements()
            return lambda scope: executed(statements, {}, scope)
        raise UnclearExpression(token.text)

    def _items(self, end: str) -> list[Expression]:
        found = []
        self._skip_lines()
        while not self._take(end):
            found.append(self._expression())
            self._skip_lines()
            if not self._peek():
                raise UnclearExpression("it ends within brackets")
        return found


def _unquoted(text: str) -> str:
    if text.startswith("{{{"):
        return text[3:-3]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1])


def _constant(value: Any) -> Expression:
    return lambda _: value


def _unclear(_: Scope) -> Any:
    raise UnclearExpression("it is not understood")


def _clear(value: Any) -> Any:
    if value is UNCLEAR:
        raise UnclearExpression("what it depends on is not understood")
    return value


def _first_of(parts: list[Expression], *, wanted: bool) -> Expression:
    """The first value that is true, or false, else the last."""
    if len(parts) == 1:
        return parts[0]

    def found(scope: Scope) -> Any:
        value = None
        for part in parts:
            value = _clear(part(scope))
            if bool(value) is wanted:
                break
        return value

    return found


def _not(inner: Expression) -> Expression:
    return lambda scope: not _clear(inner(scope))


def _compared(sign: str, left: Expression, right: Expression) -> Expression:
    def compared(scope: Scope) -> bool:
        one, other = _clear(left(scope)), _clear(right(scope))
        if sign == "in":
            return isinstance(other, list | dict) and one in other
        if sign in ("==", "!="):
            return (_plain(one) == _plain(other)) is (sign == "==")
        try:
            low, high = float(one), float(other)
        except (TypeError, ValueError):
            raise UnclearExpression(f"{one!r} {sign} {other!r}") from None
        return {"<": low < high, ">": low > high, "<=": low <= high, ">=": low >= high}[sign]

    return compared


def _plain(value: Any) -> Any:
    """Numbers are kept as they are written."""
    try:
        return float(value) if isinstance(value, str) and value[:1].isdigit() else value
    except ValueError:
        return value


def _sum_of_all(parts: list[Expression], scope: Scope) -> Any:
    whole = None
    for part in parts:
        whole = sum_of(whole, _clear(part(scope)))
    return whole


def sum_of(one: Any, other: Any) -> Any:
    """Return two texts, lists or tables as one; a null does not count."""
    if one is None or other is None:
        return other if one is None else one
    whole: Any
    if isinstance(one, dict) and isinstance(other, dict):
        whole = {**one, **other}
    elif type(one) is type(other) and type(one) in (list, str):
        whole = one + other
    else:
        raise UnclearExpression("a sum of different sorts")
    if len(whole) > _MAX_LENGTH:
        raise UnclearExpression("a sum that is too long")
    return whole


def _named(name: str) -> Expression:
    fixed = {"true": True, "false": False, "null": None}
    if name in fixed:
        return _constant(fixed[name])

    def meaning(scope: Scope) -> Any:
        if name not in scope:
            raise UnclearExpression(name)
        return scope[name]

    return meaning


def _at(table: Expression, key: Expression) -> Expression:
    def found(scope: Scope) -> Any:
        whole, wanted = _clear(table(scope)), key(scope)
        if isinstance(whole, dict):
            return whole.get(wanted) if isinstance(wanted, str) else None
        if wanted == "contains" and isinstance(whole, list):
            return whole.__contains__
        if whole is None:
            return None
        raise UnclearExpression(f".{wanted}")

    return found


def _called(function: Expression, arguments: list[Expression]) -> Expression:
    def result(scope: Scope) -> Any:
        called = function(scope)
        if not callable(called):
            raise UnclearExpression("a function")
        try:
            return called(*(_clear(argument(scope)) for argument in arguments))
        except TypeError:
            raise UnclearExpression("a function") from None

    return result


def _matches(pattern: str, text: Any) -> bool:
    if isinstance(text, list):
        return bool(text) and all(_matches(pattern, item) for item in text)
    if not isinstance(text, str) or "[" in pattern or pattern.count("*") > 5:
        if text is None:
            return False
        raise UnclearExpression("match")
    return fnmatchcase(text.lower(), pattern.lower())


FUNCTIONS: Scope = {"match": _matches, "len": lambda found: str(len(found))}
"""What rules may call; a list of hosts' variables and the like are beside them in the scope."""


def executed(statements: Sequence[Statement], into: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Do what statements say with a table; what is not understood becomes ``UNCLEAR``."""
    for statement in statements:
        if statement.what == "set":
            _set(statement, into, scope)
        elif statement.what == "if":
            holds = statement.value(scope)
            branch = statement.inner[0 if _clear(holds) else 1 :][:1]
            for inner in branch:
                executed(inner, into, scope)
    return into


def _set(statement: Statement, into: dict[str, Any], scope: Scope) -> None:
    *path, last = (str(key(scope)) for key in statement.path)
    table = into
    for key in path:
        inner = table.get(key)
        table[key] = dict(inner) if isinstance(inner, dict) else {}
        table = table[key]
    try:
        value = statement.value(scope)
        if statement.sign == "+=":
            value = sum_of(_clear(table.get(last)), _clear(value))
        elif statement.sign == "-=":
            value = [item for item in table.get(last) or () if item not in (value or ())]
    except (UnclearExpression, TypeError):
        value = UNCLEAR
    table[last] = value
