"""What must hold between the tables of a configuration; each check notes what does not."""

from ringback.monitor.config.merged import Merged
from ringback.monitor.config.relation.access import check_access
from ringback.monitor.config.relation.endpoint import check_endpoints
from ringback.monitor.config.relation.naming import check_names
from ringback.monitor.config.relation.parentage import check_parents

CHECKS = (check_endpoints, check_names, check_parents, check_access)


def check(whole: Merged) -> None:
    """Note everything that does not hold.

    Args:
        whole: The configuration.
    """
    for one in CHECKS:
        one(whole)
