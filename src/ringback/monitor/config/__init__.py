"""The monitor's configuration: TOML in, frozen values or a list of all problems out.

The values are here; what reads them (``load``) takes pydantic, which a running monitor does
without: its configuration is read by a process of its own (``apart``).
"""

from ringback.monitor.config.settings import ConfigInvalid, ConfigProblem, MonitorConfig, Retention

__all__ = ["ConfigInvalid", "ConfigProblem", "MonitorConfig", "Retention"]
