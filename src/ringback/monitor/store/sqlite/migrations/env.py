# ruff: noqa: INP001 - Alembic loads this file by its path; it is no package
"""Runs the migrations on the connection that it is given, in that connection's transaction."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], version_table=given["version_table"])
context.run_migrations()
