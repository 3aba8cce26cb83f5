# ruff: noqa: INP001 - Alembic loads this file by its path; what its functions do is fixed
"""The first schema. Tables of an hour, a day or a month are made when they are needed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LOOK = (
    "endpoint", "at", "up", "kind", "seconds",
    "dns", "connect", "tls", "first_byte", "transfer",
    "status", "address", "certificate", "origin", "vantage", "detail", "more",
)  # fmt: skip


def upgrade() -> None:
    for make in (_words, _checks, _incidents, _outbox, _states):
        make()


def _words() -> None:
    op.create_table(
        "word",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("text"),
    )
    op.create_table(
        "certificate",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("not_after", sa.Integer, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.UniqueConstraint("key", "not_after", "issuer"),
    )


def _checks() -> None:
    numbers = ("earliest", "sealed", "upto_endpoint", "upto_at")
    op.create_table(
        "hour",
        sa.Column("at", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in numbers),
    )
    op.create_table(
        "latest",
        *(
            sa.Column(
                name,
                sa.Text if name in ("detail", "more") else sa.Integer,
                nullable=name not in ("endpoint", "at", "origin"),
            )
            for name in LOOK
        ),
        sa.PrimaryKeyConstraint("endpoint"),
    )


def _incidents() -> None:
    op.create_table(
        "transition",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
    )
    op.create_index("transition_by_endpoint", "transition", ["endpoint", "at"])
    op.create_table(
        "incident",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("opened_at", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("incident_by_time", "incident", ["opened_at"])
    op.create_index("incident_by_state", "incident", ["state", "opened_at"])
    op.create_table(
        "member",
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("endpoint", "incident"),
        sqlite_with_rowid=False,
    )


def _outbox() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("due", sa.Integer),
        sa.Column("ended", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("notice_by_due", "notice", ["due"])
    op.create_index("notice_by_end", "notice", ["ended"])


def _states() -> None:
    op.create_table(
        "state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("endpoint", sa.Integer, nullable=False),
    )
