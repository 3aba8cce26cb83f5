"""What all models of the configuration have in common."""

from typing import Any

try:
    from pydantic import BaseModel, ConfigDict
except ImportError as error:
    raise ImportError("the monitor needs pydantic: pip install 'ringback[monitor]'") from error


class Shape(BaseModel):
    """A table of the configuration: no key but those it knows, and never changed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        serialize_by_alias=False,
        regex_engine="python-re",
    )

    def given(self) -> dict[str, Any]:
        """Return what was written, by the names of the fields; what was left out is not in it."""
        return {name: getattr(self, name) for name in self.model_fields_set}
