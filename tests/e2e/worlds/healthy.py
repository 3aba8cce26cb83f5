"""Healthy targets of every sort."""

from e2e.building import NAME, dual, listen, name, secure, world
from e2e.expectations import HTTP, HTTPS
from e2e.handlers import hostile, mysql, postgres, redis, smtp
from e2e.templates import well
from e2e.world import WELL

WORLDS = (
    well("http", HTTP, name(), listen()),
    well("https", HTTPS, name(), secure()),
    well("tcp", f"tcp://{NAME}:5000", name(), listen(5000, redis), curl=()),
    well("host-and-port", f"{NAME}:5000", name(), listen(5000, redis), curl=()),
    well("tls", f"tls://{NAME}:8883", name(), secure(8883), curl=()),
    well("dns", f"dns://{NAME}", dual(), curl=()),
    well("postgres", f"postgres://a:b@{NAME}/shop", name(), listen(5432, postgres), curl=()),
    well("mysql", f"mysql://app@{NAME}/shop", name(), listen(3306, mysql), curl=()),
    well("smtp", f"smtp://{NAME}", name(), listen(25, smtp), curl=()),
    world("odd-healthy-hostile-header", HTTP, WELL, name(), listen(80, hostile), curl=(0, 8)),
    world("way-rediss-healthy", f"rediss://{NAME}:6380", WELL, name(), secure(6380, handler=redis)),
)
