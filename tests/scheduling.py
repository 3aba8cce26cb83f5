"""Which tests run in one process where several run them."""

import re

from xdist.scheduler import LoadScopeScheduling

_OF_DOORS = ("test_gets_through.py", "test_no_harm.py")
_DOOR = re.compile(r"\[(?:POST-|GET-)?(.+)\]$")


class Shared(LoadScopeScheduling):
    """Tests that share servers: those of a file, and those that read the table of a door."""

    def _split_scope(self, nodeid):
        file, _, test = nodeid.partition("::")
        door = _DOOR.search(test) if file.endswith(_OF_DOORS) else None
        return f"the table of {door[1]}" if door else file
