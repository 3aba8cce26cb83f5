from client.dial.conftest import (  # noqa: F401 - fixtures are found by their names
    _nothing_remembered,
    place,
    replaced,
)
