"""What an exception holds, and a new exception of another class that holds the same."""

from dataclasses import dataclass
from functools import lru_cache
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeVar

_E = TypeVar("_E", bound=BaseException)

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class whose layout another class gives


@dataclass(frozen=True, slots=True)
class State:
    """What an exception holds beside its links to others.

    Attributes:
        args: As given to the constructor.
        members: Fields kept outside ``__dict__`` (``errno``, ``filename``, slots), if set.
        attributes: Its ``__dict__``.
    """

    args: tuple[Any, ...]
    members: dict[str, Any]
    attributes: dict[str, Any]


def state_of(exc: BaseException) -> State:
    """Return what an exception holds."""
    cls: Any = type(exc)
    members = {name: getattr(exc, name, None) for name in _member_names(cls)}
    attributes = dict(vars(exc))
    if "__notes__" in attributes:
        attributes["__notes__"] = list(attributes["__notes__"])
    # An OSError whose file name was set to None prints another text than one never given it.
    set_members = {name: value for name, value in members.items() if value is not None}
    return State(exc.args, set_members, attributes)


def new_exception(cls: type[_E], state: State) -> _E:
    """Return a new exception of a class, holding a state; no ``__init__`` is called.

    Args:
        cls: Any exception class, however odd the signature of its constructor.
        state: What it shall hold.
    """
    layout: Any = cls
    while layout.__flags__ & _HEAP_TYPE:
        layout = layout.__base__
    is_group = issubclass(cls, BaseExceptionGroup)
    exc: _E = layout.__new__(cls, *(state.args if is_group else ()))
    exc.args = state.args
    for name, value in state.members.items():
        _set(exc, name, value)
    vars(exc).update(state.attributes)
    return exc


@lru_cache(maxsize=512)
def _member_names(cls: type) -> frozenset[str]:
    kinds = (MemberDescriptorType, GetSetDescriptorType)
    return frozenset(
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, kinds) and not name.startswith("__") and name != "args"
    )


def _set(exc: BaseException, name: str, value: object) -> None:
    try:
        setattr(exc, name, value)
    except (AttributeError, TypeError):  # read-only, and filled by __new__
        return
