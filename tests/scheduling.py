"""Which tests run in one process where several run them."""

import re

from xdist.scheduler import LoadScopeScheduling

_OF_INTEGRATIONS = ("test_gets_through.py", "test_no_harm.py")
_OF_THE_SOURCE = ("test_glossary.py", "test_design.py", "test_sizes.py", "test_facts.py")
_EACH_ALONE = ("test_judged_on_sockets.py",)
_INTEGRATION = re.compile(r"\[(?:POST-|GET-)?(.+)\]$")


class Shared(LoadScopeScheduling):
    """What shares servers or the parsed source stays together: a file, an integration's table.

    Each test that builds hosts of its own, and waits most of its time, goes where there is room.
    """

    def _split_scope(self, nodeid):
        file, _, test = nodeid.partition("::")
        if file.endswith(_OF_THE_SOURCE):
            return "the source"
        if file.endswith(_EACH_ALONE):
            return nodeid
        if file.startswith("tests/e2e/"):
            return "the worlds"
        integration = _INTEGRATION.search(test) if file.endswith(_OF_INTEGRATIONS) else None
        return f"the table of {integration[1]}" if integration else file
