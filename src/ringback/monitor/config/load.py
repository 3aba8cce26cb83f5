"""A configuration in, frozen values or all its problems out."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ringback.monitor.config.address import AddressError, address_of
from ringback.monitor.config.build import build, endpoint_of
from ringback.monitor.config.identity import name_of
from ringback.monitor.config.loaded import Loaded
from ringback.monitor.config.merged import merged
from ringback.monitor.config.problem import ConfigInvalid, Problem
from ringback.monitor.config.relation import check
from ringback.monitor.model import Endpoint

COMMAND_LINE = Path("command line")
"""What stands for the file where the URLs stand on the command line."""


def load(path: Path, environ: Mapping[str, str]) -> Loaded:
    """Return what a configuration says.

    Args:
        path: The main file.
        environ: What ``${NAME}`` is taken from.

    Raises:
        ConfigInvalid: Something is wrong; it holds all problems of all files.
    """
    whole = merged(path, environ)
    check(whole)
    problems = [problem for source in whole.sources for problem in source.problems]
    if problems:
        raise ConfigInvalid(problems)
    return build(whole)


def of_urls(urls: Iterable[str]) -> Loaded:
    """Return a configuration that watches some URLs, everything else by default.

    Args:
        urls: ``https://…``, ``tcp://host:port``, ``host:port``, or a host alone (then http). One
            that is given twice is watched once.

    Raises:
        ConfigInvalid: Some cannot be watched; it holds all of them.
    """
    endpoints: dict[str, Endpoint] = {}
    problems = []
    for url in dict.fromkeys(urls):
        try:
            address = address_of(url)
        except AddressError as error:
            shown = name_of("", url)
            problems.append(
                Problem(file=COMMAND_LINE, message=f"{shown!r} {error}", hint=error.hint)
            )
            continue
        endpoint = endpoint_of(address, _name(address.url, endpoints))
        endpoints[endpoint.id] = endpoint
    if problems:
        raise ConfigInvalid(problems)
    return Loaded(endpoints=tuple(endpoints.values()))


def _name(url: str, taken: Mapping[str, Endpoint]) -> str:
    """Its URL without secrets; where that is taken by another, with a number."""
    name, same = name_of("", url), [one for one in taken.values() if one.url == url]
    if same:
        return same[0].name
    names = {one.name for one in taken.values()}
    numbered = (f"{name} ({number})" for number in range(2, len(names) + 3))
    return name if name not in names else next(one for one in numbered if one not in names)
