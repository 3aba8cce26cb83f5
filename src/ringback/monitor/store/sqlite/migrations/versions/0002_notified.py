# ruff: noqa: INP001 - Alembic loads this file by its path; what its functions do is fixed
"""What a notice is about, for whom, in columns: an incident's page shows who was notified."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INDEXES = {"due": "due", "end": "ended", "incident": "incident"}


def upgrade() -> None:
    # The table is made anew: a column that is added stands elsewhere than in a new database.
    for name in ("due", "end"):
        op.drop_index(f"notice_by_{name}")
    op.rename_table("notice", "notice_before")
    op.create_table(
        "notice",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("due", sa.Integer),
        sa.Column("ended", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("error", "body")),
        *(
            sa.Column(name, sa.Text, server_default="", nullable=False)
            for name in ("incident", "channel", "what")
        ),
    )
    op.execute(
        "INSERT INTO notice SELECT id, at, due, ended, attempts, error, body,"
        " json_extract(body, '$.change.incident.id'), json_extract(body, '$.channel'),"
        " json_extract(body, '$.change.what') FROM notice_before"
    )
    op.drop_table("notice_before")
    for name, column in INDEXES.items():
        op.create_index(f"notice_by_{name}", "notice", [column])
