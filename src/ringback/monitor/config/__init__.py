"""The monitor's configuration: TOML in, frozen values or a list of all problems out."""

try:
    import pydantic as _pydantic  # noqa: F401 - without it nothing below can be imported
except ImportError as error:
    raise ImportError("the monitor needs pydantic: pip install 'ringback[monitor]'") from error

from ringback.monitor.config.load import load, of_urls
from ringback.monitor.config.loaded import Loaded, Retention
from ringback.monitor.config.problem import ConfigInvalid, Problem
from ringback.monitor.config.schema import schema
from ringback.monitor.config.starter import starter

__all__ = [
    "ConfigInvalid",
    "Loaded",
    "Problem",
    "Retention",
    "load",
    "of_urls",
    "schema",
    "starter",
]
