# ruff: noqa: INP001 - Alembic loads this file by its path; what its functions do is fixed
"""What a notice is about, for whom, in columns: an incident's page shows who was notified."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = """
ALTER TABLE notice ADD COLUMN incident TEXT DEFAULT '' NOT NULL;

ALTER TABLE notice ADD COLUMN channel TEXT DEFAULT '' NOT NULL;

ALTER TABLE notice ADD COLUMN what TEXT DEFAULT '' NOT NULL;

UPDATE notice SET incident = body::json #>> '{change,incident,id}',
    channel = body::json ->> 'channel', what = body::json #>> '{change,what}';

CREATE INDEX notice_by_incident ON notice (shard, incident)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        op.get_bind().exec_driver_sql(statement)
