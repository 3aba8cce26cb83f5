"""What may be written in a configuration, as models that pydantic checks."""
