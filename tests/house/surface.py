"""What people build on: the Python API, the command line, the JSON, the metrics, the variables.

``surface.json`` holds it as it is. After a change that is meant, write it anew with
``python tests/house/surface.py --write``; the difference is what the changelog speaks of. Where
something is defined, and how it is worded, is no part of it.
"""

import dataclasses
import enum
import importlib.util
import inspect
import json
import re
import sys
import tempfile
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where this runs as a script

import click
from click.testing import CliRunner
from monitor.web.asking import Asking
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sink import events

from ringback.cli.run import ringback
from ringback.diagnosis.compare import Comparison, Difference, DifferenceExplanation
from ringback.event import Tally
from ringback.incident.model import Transition
from ringback.monitor.config.schema import config_schema as configuration_schema
from ringback.monitor.export.availability import AVAILABILITY_COLUMNS
from ringback.monitor.export.formats import CHECK_COLUMNS, INCIDENT_COLUMNS
from ringback.monitor.web.api.routes import openapi_document
from ringback.sink import PrometheusSink, StreamSink
from ringback.sink.report import Outbox, request_body_of

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ringback"
SCENARIOS = ROOT / "tests" / "incident" / "scenarios.jsonl"
FILE = Path(__file__).with_name("surface.json")

PACKAGES = [
    "ringback",
    "ringback.client.aiohttp",
    "ringback.client.httpx",
    "ringback.client.httpx2",
    "ringback.client.install",
    "ringback.client.propagation",
    "ringback.client.proxies",
    "ringback.client.requests",
    "ringback.client.trust",
    "ringback.client.urllib3",
    "ringback.diagnosis",
    "ringback.errors",
    "ringback.event",
    "ringback.failure",
    "ringback.retry",
    "ringback.sink",
    "ringback.sink.report",
    "ringback.testing.lab",
]
"""All of whose names are public."""

NAMES = {
    "ringback.testing.clock": ["FakeClock"],
    "ringback.testing.lab.namespace": ["run"],
    "ringback.testing.plugin": ["fake_clock", "fault", "lab"],
}
"""Single names beside those that README and documentation import."""

_IMPORT = re.compile(r"^\s*from (ringback[\w.]*) import ([\w, ]+)$", re.MULTILINE)
_MENTION = re.compile(r"`(ringback\.(?:client|monitor|testing|sink|diagnosis)\.[\w.]+)[`(]")


def surface():
    """Return everything that is pinned."""
    return {
        "python": python(),
        "command line": command_line(),
        "api": api(),
        "schemas": {
            "configuration": shape(configuration_schema()),
            **{
                str(path.stem): shape(json.loads(path.read_text("utf-8")))
                for path in sorted(SOURCE.rglob("schema/*.json"))
            },
        },
        "documents": documents(),
        "metrics": metrics(),
        "environment": environment(),
        "entry points": entry_points(),
    }


# The Python API


def python():
    """Return each public name with what it is called with."""
    wanted = {package: set(importlib.import_module(package).__all__) for package in PACKAGES}
    for module, names in {**NAMES, **documented()}.items():
        wanted.setdefault(module, set()).update(names)
    return {
        module: {
            name: described(getattr(importlib.import_module(module), name))
            for name in sorted(names)
        }
        for module, names in sorted(wanted.items())
    }


def documented():
    """Return what README and documentation import or name in full, by its module."""
    found = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text("utf-8")
        for module, names in _IMPORT.findall(text):
            found.setdefault(module, set()).update(name.strip() for name in names.split(","))
        for path in _MENTION.findall(text):
            module, _, name = path.rpartition(".")
            if module not in PACKAGES or not _is_module(path):
                found.setdefault(module, set()).add(name)
    return found


def _is_module(path):
    try:
        return importlib.util.find_spec(path) is not None
    except ModuleNotFoundError:
        return False


def described(value):
    """Return a public value in words that do not depend on where it is defined."""
    if inspect.ismodule(value) and not callable(value):
        names = getattr(value, "__all__", None) or _own_names(value)
        return {name: described(getattr(value, name)) for name in sorted(names)}
    if inspect.isclass(value):
        return _class(value)
    if typing.get_origin(value) is typing.Literal:
        return f"one of {', '.join(sorted(map(str, typing.get_args(value))))}"
    if typing.get_origin(value) is not None or isinstance(value, typing.TypeVar):
        return "type"
    if inspect.isroutine(value) or inspect.ismodule(value):
        return _signature(value)
    if isinstance(value, Mapping):
        return f"mapping of {', '.join(sorted(map(str, value)))}"
    return _default(value)


def _own_names(module):
    return [
        name
        for name, value in vars(module).items()
        if name[0] != "_" and getattr(value, "__module__", None) == module.__name__
    ]


def _class(value):
    told = {"called": _signature(value)}
    outer = [base.__name__ for base in value.__mro__[1:] if _is_told(base)]
    if outer:
        told["is a"] = ", ".join(outer)
    if dataclasses.is_dataclass(value):
        told["fields"] = ", ".join(
            _field(field) for field in dataclasses.fields(value) if field.name[0] != "_"
        )
    if issubclass(value, enum.Enum):
        told["members"] = ", ".join(value.__members__)
    members = {}
    for base in reversed(value.__mro__):
        if base.__module__.startswith("ringback") and not _is_told(base):
            members.update((name, m) for name, m in vars(base).items() if _is_public(name))
    fields = getattr(value, "__dataclass_fields__", {})
    told |= {
        f".{name}": _member(member)
        for name, member in members.items()
        if name not in fields and "members" not in told
    }
    return told


def _field(field):
    if field.default_factory is dataclasses.MISSING:
        return field.name
    return f"{field.name}={_default(field.default_factory())}"


def _is_told(base):
    """Whether a base is named itself: one of another library, or an exception of ours."""
    if base in (object, typing.Generic, typing.Protocol) or base.__module__ == "abc":
        return False
    return not base.__module__.startswith("ringback") or issubclass(base, BaseException)


def _is_public(name):
    return name[0] != "_" or name in {"__call__", "__enter__", "__aenter__", "__iter__"}


def _member(member):
    member = getattr(member, "__func__", member)  # of a static method, or one of the class
    return _signature(member) if inspect.isfunction(member) else "attribute"


def _signature(value):
    try:
        signature = inspect.signature(value)
    except ValueError:
        return "(…)"
    bare = []
    for parameter in signature.parameters.values():
        default = parameter.default
        shown = default if default is parameter.empty else _Shown(default)
        bare.append(parameter.replace(annotation=parameter.empty, default=shown))
    return str(inspect.Signature(bare))


@dataclasses.dataclass
class _Shown:
    default: object

    def __repr__(self):
        return _default(self.default)


def _default(value):
    """Return a value as text, the same in each run and wherever its class is defined."""
    name = type(value).__name__
    if isinstance(value, str | int | float | bytes | None):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"{name}({', '.join(map(_default, value))})"
    if isinstance(value, set | frozenset):
        return f"{name}({', '.join(sorted(map(_default, value)))})"
    if dataclasses.is_dataclass(value) and not inspect.isclass(value):
        fields = [field.name for field in dataclasses.fields(value) if field.repr]
        return (
            f"{name}({', '.join(f'{field}={_default(getattr(value, field))}' for field in fields)})"
        )
    return "…"


# The command line


def command_line():
    """Return each command with its options and arguments."""
    return _command(
        ringback, click.Context(ringback, info_name="ringback", **ringback.context_settings)
    )


def _command(command, context):
    told = {
        _words(parameter): _parameter(parameter, context)
        for parameter in command.get_params(context)
    }
    if isinstance(command, click.Group):
        told["commands"] = {
            name: _command(sub, click.Context(sub, parent=context, info_name=name))
            for name in command.list_commands(context)
            if (sub := command.get_command(context, name)) is not None
        }
    return told


def _words(parameter):
    if parameter.param_type_name == "argument":
        # click 8.2 wants a context
        needed = inspect.signature(parameter.make_metavar).parameters
        return parameter.make_metavar(*[None for _ in needed])
    return " ".join([*parameter.opts, *parameter.secondary_opts])


def _parameter(parameter, context):
    told = parameter.to_info_dict()
    kind = {key: value for key, value in told["type"].items() if key not in {"param_type", "name"}}
    default = told["default"]
    shown = {
        "type": told["type"]["name"],
        **{key: value for key, value in kind.items() if _says(value)},
        "default": None if default is None or "UNSET" in repr(default) else _default(default),
        "nargs": told["nargs"] if told["nargs"] != 1 else None,
        "flag": told.get("is_flag"),
        "count": told.get("count"),
        **{key: told[key] for key in ("required", "multiple", "envvar")},
    }
    return ", ".join(f"{key} {value}" for key, value in shown.items() if _says(value))


def _says(value):
    return value is not None and value is not False


# JSON


def shape(schema):
    """Return a JSON Schema as the names of its fields, each with its type."""
    definitions = schema.get("$defs", {})
    return {
        "": _shape(schema),
        **{f"#{name}": _shape(each) for name, each in sorted(definitions.items())},
    }


def _shape(schema):
    """Return one schema; ``field!`` is always there."""
    if schema is True or not schema:
        return "any"
    if "properties" in schema:
        needed = schema.get("required", ())
        return {
            f"{name}{'!' * (name in needed)}": _shape(each)
            for name, each in sorted(schema["properties"].items())
        }
    if "items" in schema or "prefixItems" in schema:
        return [_shape(schema.get("items") or {"anyOf": schema["prefixItems"]})]
    if isinstance(schema.get("additionalProperties"), dict):
        return {"*": _shape(schema["additionalProperties"])}
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return _either([_shape(part) for part in schema[word]])
    return _simple(schema)


def _simple(schema):
    if "$ref" in schema:
        return f"#{schema['$ref'].rpartition('/')[2]}"
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(sorted(map(json.dumps, schema['enum'])))}"
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def _either(shapes):
    if all(isinstance(shape, str) for shape in shapes):
        return " or ".join(dict.fromkeys(shapes))
    return {"either": shapes}


def api():
    """Return each operation of the monitor's API: what it takes and what it gives."""
    told = openapi_document()
    shapes = told["components"]["schemas"]
    return {
        f"{method.upper()} {path}": {
            "query": {
                parameter["name"]: _resolved(parameter["schema"], shapes)
                for parameter in operation["parameters"]
                if parameter["in"] == "query"
            },
            "body": _resolved(_content(operation.get("requestBody", {})), shapes),
            **{
                status: _resolved(_content(response), shapes)
                for status, response in operation["responses"].items()
            },
        }
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }


def _content(body):
    return next((media["schema"] for media in body.get("content", {}).values()), {})


def _resolved(schema, shapes):
    return _shape(_replaced(schema, shapes)) if schema else None


def _replaced(schema, shapes):
    """Return a schema with what it refers to in its place: their names are ours to change."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _replaced(shapes[schema["$ref"].rpartition("/")[2]], shapes)
        return {key: _replaced(value, shapes) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_replaced(item, shapes) for item in schema]
    return schema


def documents():
    """Return the fields of what commands and sinks print as JSON."""
    return {
        "explain --json": _printed("explain", "--json", stdin="[Errno 111] Connection refused"),
        "explain --jsonl": _printed("explain", "--jsonl", stdin='{"id": "1", "text": "x"}\n'),
        "kinds --json": ", ".join(_printed("kinds", "--json")),
        "lab --list --json": _printed("lab", "--list", "--json"),
        "check-config --json": _checked("[[endpoint]]\nurl = 'http://a.example'\n"),
        "check-config --json, invalid": _checked("nonsense = 1\n"),
        "replay --json": _replayed(),
        "replay --scenarios --json": _printed("replay", "--scenarios", "--json", str(SCENARIOS)),
        "compare --json": [
            _names_of(cls) for cls in (Comparison, Difference, DifferenceExplanation)
        ],
        "report --json, --csv": ", ".join(AVAILABILITY_COLUMNS),
        "export checks": ", ".join(CHECK_COLUMNS),
        "export incidents": ", ".join(INCIDENT_COLUMNS),
        "history --json, transitions": _names_of(Transition),
        "event log": _logged(),
        "report to the monitor": _reported(),
    }


def _printed(*words, stdin=""):
    done = CliRunner().invoke(ringback, words, input=stdin, prog_name="ringback")
    return _fields([json.loads(line) for line in done.stdout.splitlines() if line.strip()])


def _fields(values):
    """Return the names of all fields in some JSON values."""
    if not isinstance(values, list):
        values = [values]
    objects = [entry for entry in values if isinstance(entry, dict)]
    if not objects:
        return [_fields(values[0])] if values and isinstance(values[0], list) else "value"
    names = sorted({name for entry in objects for name in entry})
    return {
        name: _fields([item for entry in objects if name in entry for item in _items(entry[name])])
        for name in names
    }


def _items(value):
    return value if isinstance(value, list) else [value]


def _checked(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ringback.toml")
        path.write_text(text)
        return _printed("check-config", "--json", str(path))


def _replayed():
    checks = [
        {"at": 1_790_000_000 + 30 * n, "endpoint": "a", "up": n not in (3, 4, 5), "code": "503"}
        for n in range(12)
    ]
    return _printed("replay", "--json", stdin="\n".join(map(json.dumps, checks)))


def _names_of(record):
    return ", ".join(field.name for field in dataclasses.fields(record))


def _events():
    yield from (events.done(), events.done(2, vantage="v"), events.retried(), events.given_up())
    yield events.event(what="circuit_opened", detail="x")


def _logged():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.jsonl")
        sink = StreamSink(path, json=True)
        for event in _events():
            sink(event)
        return _fields([json.loads(line) for line in path.read_text("utf-8").splitlines()])


def _reported():
    outbox = Outbox(Tally())
    for event in _events():
        outbox.add(event, "https://h:443")
    return _fields(json.loads(request_body_of(outbox.take(10), "shop", 7)))


# Metrics, variables, entry points


def metrics():
    """Return each metric with its labels."""
    registry = CollectorRegistry()
    sink = PrometheusSink(registry)
    for event in _events():
        sink(event)
    asking = Asking()
    notifiers = {"mail": {"sent": 1, "failed": 2, "given_up": 3}}
    status = {**asking.service.status(), "doubted": {"lag": 1}, "notifiers": notifiers}
    asking.service.status = lambda: status
    families = [*registry.collect(), *text_string_to_metric_families(asking.get("/metrics").text)]
    told = {}
    for family in families:
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        told[family.name] = f"{family.type}: {', '.join(sorted(labels))}".rstrip(": ")
    return told


def environment():
    """Return the variables that are read, and those that a notifying command is given."""
    texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py")]
    return sorted({name for text in texts for name in re.findall(r"\bRINGBACK_[A-Z_]+", text)})


def entry_points():
    """Return what an installation offers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "scripts": sorted(project["scripts"]),
        "entry points": {group: sorted(names) for group, names in project["entry-points"].items()},
        "extras": sorted(project["optional-dependencies"]),
        "needs": project["dependencies"],
    }


def text():
    """Return the surface as it is stored."""
    return json.dumps(surface(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(text(), "utf-8")
    else:
        sys.stdout.write(text())
