# ruff: noqa: INP001 - Alembic loads this file by its path; what its functions do is fixed
"""Who leads, and the epoch that fences its transactions; nobody claims a notice but the lead."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = """
CREATE TABLE lead (
    shard SMALLINT DEFAULT 0 NOT NULL,
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires TIMESTAMP WITH TIME ZONE NOT NULL,
    locked BOOLEAN NOT NULL,
    PRIMARY KEY (shard)
);

ALTER TABLE writer ADD COLUMN epoch BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE notice DROP COLUMN claimed_by;

ALTER TABLE notice DROP COLUMN claimed_until
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        op.execute(statement)
