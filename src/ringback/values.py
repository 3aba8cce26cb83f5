"""``dataclass``, ``field`` and ``replace`` for the values that are loaded with the first session.

They do what those of the standard library do, as far as it is asked for here, in a fifth of the
time: that compiles six functions for a frozen class, makes the class twice with them and loads
``inspect`` first. Here only ``__init__`` is compiled; the other methods are closures. Every class
has slots.

Type checkers see the standard library's own. So does who asks ``dataclasses`` about such a class:
what its ``fields``, ``replace`` and ``asdict`` look for is made when it is first looked for.
"""

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from _thread import RLock
    from functools import partial
    from operator import attrgetter
    from reprlib import recursive_repr

    _MAKING = RLock()  # One thread makes what the standard library knows of a class

    class _Missing:
        def __repr__(self):
            return "<factory>"  # as in the signatures that the standard library makes

    _MISSING = _Missing()

    class _Field:
        """What is said of a field."""

        def __init__(self, annotation, **options):
            self.annotation = annotation
            self.options = options  # As they were given
            self.default = options.get("default", _MISSING)
            self.factory = options.get("default_factory")
            self.kw_only = options.get("kw_only", False)
            self.init = options.get("init", True)
            self.repr = options.get("repr", True)
            self.compare = options.get("compare", True)

        def parameter(self, name):
            """Return how ``__init__`` writes it as a parameter."""
            has_default = self.factory or self.default is not _MISSING
            return f"{name}=default_{name}" if has_default else name

        def assignment(self, name, *, frozen):
            """Return how ``__init__`` sets it."""
            value = name if self.init else f"default_{name}"
            if self.factory:
                value = f"make_{name}() if {name} is default_{name} else {name}"
            return f" set_{name}(self, {value})" if frozen else f" self.{name} = {value}"

    def field(**options):
        """Return how a field differs from the others, as ``dataclasses.field`` does."""
        return _Field(None, **options)

    def replace(value, /, **changes):
        """Return a value with some of its fields changed, as ``dataclasses.replace`` does."""
        cls = type(value)
        for name, of in cls.__value_fields__.items():
            if of.init and name not in changes:
                changes[name] = getattr(value, name)
        return cls(**changes)

    def dataclass(cls=None, /, *, slots, frozen=False, eq=True, kw_only=False):
        """Return a class with the methods of a value, as ``dataclasses.dataclass`` does."""
        if cls is None:
            return partial(dataclass, slots=slots, frozen=frozen, eq=eq, kw_only=kw_only)
        body, fields = dict(vars(cls)), {}
        for base in cls.__mro__[:0:-1]:
            fields.update(vars(base).get("__value_fields__", ()))
        own = {
            name: _field(annotation, body.pop(name, _MISSING), kw_only=kw_only)
            for name, annotation in cls.__annotations__.items()
        }
        fields.update(own)
        body["__slots__"], body["__replace__"] = tuple(own), replace  # `copy.replace` of 3.13
        body["__value_fields__"] = fields
        body["__match_args__"] = tuple(
            name for name, of in fields.items() if of.init and not of.kw_only
        )
        options = {"frozen": frozen, "eq": eq, "kw_only": kw_only}
        for name in ("__dataclass_fields__", "__dataclass_params__"):
            body[name] = _OfTheStandardLibrary(cls, name, options)
        body.setdefault("__repr__", _repr([name for name in fields if fields[name].repr]))
        if eq:
            _add_equality(body, [name for name in fields if fields[name].compare], frozen=frozen)
        if frozen:
            body.update(_FROZEN)
        for name in ("__dict__", "__weakref__"):  # of the class without slots
            body.pop(name, None)
        new = type(cls)(cls.__name__, cls.__bases__, body)
        new.__init__ = _init(new, fields, frozen=frozen)
        return new

    def _field(annotation, said, *, kw_only):
        if not isinstance(said, _Field):
            return _Field(annotation, default=said, kw_only=kw_only)
        return _Field(annotation, **{"kw_only": kw_only, **said.options})

    def _init(cls, fields, *, frozen):
        known = {}
        for name, of in fields.items():
            known |= {f"default_{name}": of.default, f"make_{name}": of.factory}
            known[f"set_{name}"] = getattr(cls, name).__set__  # half of object.__setattr__'s time
        given = [name for name in fields if fields[name].init]
        first = [fields[name].parameter(name) for name in given if not fields[name].kw_only]
        last = [fields[name].parameter(name) for name in given if fields[name].kw_only]
        parameters = ", ".join(["self", *first, *(["*", *last] if last else ())])
        lines = [of.assignment(name, frozen=frozen) for name, of in fields.items()]
        if hasattr(cls, "__post_init__"):
            lines.append(" self.__post_init__()")
        exec("\n".join([f"def __init__({parameters}):", *lines]), known)  # noqa: S102 - of our own names
        init = known["__init__"]
        init.__qualname__ = f"{cls.__qualname__}.__init__"  # what a wrong call is told
        init.__module__ = cls.__module__
        init.__annotations__ = {name: fields[name].annotation for name in given}
        return init

    def _repr(names):
        def text(self):
            held = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
            return f"{type(self).__qualname__}({held})"

        return recursive_repr()(text)

    def _add_equality(body, names, *, frozen):
        key = attrgetter(*names)

        def equals(self, other):
            return key(self) == key(other) if type(other) is type(self) else NotImplemented

        def hashed(self):
            return hash(key(self))

        body.setdefault("__eq__", equals)
        body.setdefault("__hash__", hashed if frozen else None)

    def _refuse(what):
        def refuse(_self, name, *_):
            from dataclasses import FrozenInstanceError  # noqa: PLC0415 - slow to load

            raise FrozenInstanceError(f"cannot {what} field {name!r}")

        return refuse

    def _state(self):
        return [getattr(self, name) for name in self.__value_fields__]

    def _restore(self, state):
        for name, value in zip(self.__value_fields__, state, strict=True):
            object.__setattr__(self, name, value)

    _FROZEN = {
        "__setattr__": _refuse("assign to"),
        "__delattr__": _refuse("delete"),
        "__getstate__": _state,
        "__setstate__": _restore,
    }

    class _OfTheStandardLibrary:
        """An attribute in which ``dataclasses`` keeps what it knows of a class.

        It is that of the class without slots, which is never used otherwise.
        """

        def __init__(self, cls, name, options):
            self._cls = cls
            self._name = name
            self._options = options

        def __get__(self, _value, _owner):
            import dataclasses  # noqa: PLC0415 - slow to load

            with _MAKING:
                held = vars(self._cls)
                if "__dataclass_params__" not in held:
                    for name in [name for name in held if isinstance(held[name], _Field)]:
                        setattr(self._cls, name, dataclasses.field(**held[name].options))
                    dataclasses.dataclass(**self._options)(self._cls)
                return getattr(self._cls, self._name)
