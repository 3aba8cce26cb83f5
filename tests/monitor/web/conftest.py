import functools

import jinja2
import pytest
from monitor.web.asking import Asking

from ringback.monitor.web import render


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates(tmp_path_factory):
    """Templates are compiled once, and not for each of the many applications of these tests."""
    cache = jinja2.FileSystemBytecodeCache(tmp_path_factory.mktemp("templates"))
    with pytest.MonkeyPatch.context() as patch:
        environment = functools.partial(jinja2.Environment, bytecode_cache=cache)
        patch.setattr(render, "Environment", environment)
        yield


@pytest.fixture(scope="module")
def asking():
    """Of a monitor that tests only read."""
    return Asking()
