"""A value is what the standard library would have made of the same text."""

import copy
import dataclasses
import inspect
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import ringback
from ringback import values

TEXT = """
class Base:
    @property
    def doubled(self):
        "Twice."
        return self.a * 2

@dataclass(frozen=True, slots=True)
class Frozen(Base):
    a: int
    b: list = field(default_factory=list)
    c: str = "c"
    d: int | None = field(default=None, kw_only=True)
    secret: str = field(default="", repr=False)
    length: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self):
        object.__setattr__(self, "length", len(self.b))

@dataclass(slots=True, kw_only=True, frozen=True)
class Named:
    a: int
    b: int = 2

@dataclass(slots=True)
class Open:
    a: int
    b: int = 2

@dataclass(slots=True)
class Further(Open):
    c: int = 3

@dataclass(slots=True, eq=False)
class Itself:
    a: int = 1
"""


def _made_by(module):
    made = {name: getattr(module, name) for name in ("dataclass", "field", "replace")}
    made["__name__"] = f"made_by_{module.__name__}"
    exec(TEXT, made)
    return SimpleNamespace(**made)


OURS, THEIRS = _made_by(values), _made_by(dataclasses)


def _what_happens(ask):
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - what is raised is compared as well
        return type(error), str(error)


ASKED = {
    "its text": lambda by: repr(by.Frozen(1, [2], secret="x")),
    "a text that holds itself": lambda by: repr(_holding_itself(by)),
    "its fields": lambda by: dataclasses.astuple(by.Frozen(1, [2], d=4)),
    "by name": lambda by: dataclasses.asdict(by.Further(1, c=5)),
    "what dataclasses says": lambda by: [
        (field.name, field.type, field.kw_only, field.init, field.default)
        for cls in (by.Frozen, by.Named, by.Open, by.Further, by.Itself)
        for field in dataclasses.fields(cls)
    ],
    "patterns": lambda by: [cls.__match_args__ for cls in (by.Frozen, by.Named, by.Further)],
    "equal": lambda by: by.Frozen(1, [2]) == by.Frozen(1, [2]) != by.Frozen(1, [3]),
    "equal to another class": lambda by: by.Open(1) == by.Further(1),
    "equal to none but itself": lambda by: by.Itself() == by.Itself(),
    "its hash": lambda by: hash(by.Named(a=1)) == hash(by.Named(a=1)),
    "the hash of what holds a list": lambda by: hash(by.Frozen(1)),
    "the hash of what can change": lambda by: hash(by.Open(1)),
    "is it changed": lambda by: setattr(by.Frozen(1), "a", 2),
    "is a field deleted": lambda by: delattr(by.Frozen(1), "a"),
    "another attribute": lambda by: setattr(by.Open(1), "other", 2),
    "two lists": lambda by: by.Frozen(1).b is by.Frozen(1).b,
    "replaced": lambda by: repr(by.replace(by.Frozen(1, d=3), a=2)),
    "replaced by the standard library": lambda by: repr(dataclasses.replace(by.Frozen(1), a=2)),
    "replaced by copy": lambda by: repr(getattr(copy, "replace", by.replace)(by.Frozen(1), a=2)),
    "what the base has": lambda by: by.Frozen(4).doubled,
    "too few": lambda by: by.Frozen(),
    "too many": lambda by: by.Open(1, 2, 3),
    "unknown": lambda by: by.Open(1, unknown=2),
    "by place where it must be by name": lambda by: by.Named(1),
    "copied": lambda by: repr(copy.copy(by.Frozen(1, [2], d=3))),
    "copied deep": lambda by: copy.deepcopy(by.Open(1, 3)).b,
    "signatures": lambda by: [
        [
            (of.name, of.kind, of.annotation, str(of.default))
            for of in inspect.signature(cls).parameters.values()
        ]
        for cls in (by.Frozen, by.Named, by.Open, by.Further, by.Itself)
    ],
}


def _holding_itself(by):
    held = []
    held.append(by.Frozen(1, held))
    return held[0]


@pytest.mark.parametrize("asked", ASKED)
def test_it_answers_as_one_of_the_standard_library(asked):
    ask = ASKED[asked]
    assert _what_happens(lambda: ask(OURS)) == _what_happens(lambda: ask(THEIRS))


def test_a_frozen_one_is_pickled():
    failure = ringback.classify(ConnectionRefusedError(111, "refused"))
    failure = values.replace(failure, cause=None)
    assert pickle.loads(pickle.dumps(failure)) == failure
    assert pickle.loads(pickle.dumps(ringback.Policy(attempts=2))) == ringback.Policy(attempts=2)


def test_each_that_a_session_loads_is_made_with_the_same_parameters():
    ringback.Session().close()
    made = {
        cls
        for name, module in list(sys.modules.items())
        if name.startswith("ringback.")
        for cls in vars(module).values()
        if "__value_fields__" in getattr(cls, "__dict__", ())
    }
    assert ringback.Policy in made
    for cls in made:
        twin = dataclasses.make_dataclass("Twin", _fields_of(cls), bases=())
        ours, theirs = (list(inspect.signature(of).parameters) for of in (cls, twin))
        assert ours == theirs, cls


def _fields_of(cls):
    return [
        (
            of.name,
            of.type,
            dataclasses.field(
                default=of.default,
                default_factory=of.default_factory,
                init=of.init,
                kw_only=of.kw_only,
            ),
        )
        for of in dataclasses.fields(cls)
    ]


def test_threads_that_ask_first_make_what_the_standard_library_knows_together():
    began = threading.Barrier(8)

    def moved(point):
        began.wait()
        return dataclasses.replace(point, x=1).x

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                point = values.dataclass(frozen=True, slots=True)(
                    type("Point", (), {"__annotations__": {"x": int}, "x": 0})
                )()
                assert list(pool.map(moved, [point] * 8)) == [1] * 8
    finally:
        sys.setswitchinterval(interval)
