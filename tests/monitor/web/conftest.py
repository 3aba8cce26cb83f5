import functools

import jinja2
import pytest

from ringback.monitor.web import render


class CompiledTemplates(jinja2.BytecodeCache):
    """Compiles a template once, and not anew for each of the many applications of these tests."""

    def __init__(self):
        self.known = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket):
        self.known[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates():
    with pytest.MonkeyPatch.context() as patch:
        environment = functools.partial(jinja2.Environment, bytecode_cache=CompiledTemplates())
        patch.setattr(render, "Environment", environment)
        yield
