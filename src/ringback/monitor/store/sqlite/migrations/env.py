# ruff: noqa: INP001 - Alembic loads this file by its path; it is no package
"""Runs the migrations on the connection that it is given, in that connection's transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
