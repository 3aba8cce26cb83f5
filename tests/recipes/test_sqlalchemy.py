"""SQLAlchemy and psycopg against a real PostgreSQL, through a way to it that breaks."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy
from monitor.store.server import running_server
from psycopg.errors import QueryCanceled
from recipes.backend import Front, free_port, reset, silent
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

import ringback

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def server():
    port = free_port()
    with running_server(listen_addresses="127.0.0.1", port=port) as running:
        running.admin("CREATE DATABASE shop")
        running.admin("CREATE TABLE stock (item text PRIMARY KEY, number int)", "shop")
        running.admin("CREATE TABLE orders (key text PRIMARY KEY, item text)", "shop")
        running.tcp = port
        yield running


@pytest.fixture
def front(lab, server):
    return Front(lab, server.tcp)


@pytest.fixture
def program(load, server, front):
    server.admin("TRUNCATE stock, orders", "shop")
    server.admin("INSERT INTO stock VALUES ('bolt', 7)", "shop")
    url = f"postgresql+psycopg://ringback:secret@127.0.0.1:{front.port}/shop"
    program = load("sqlalchemy", DATABASE_URL=url)
    yield program
    program.engine.dispose()


@pytest.fixture
def cut(program, front):
    """Lets the connection break when the next statement of this sort is sent; counts them."""
    sent = []

    def cut(word):
        @event.listens_for(program.engine, "before_cursor_execute")
        def before(connection, cursor, statement, *_):
            if statement.startswith(word):
                sent.append(statement)
                if len(sent) == 1:
                    front.cut()

        return sent

    return cut


def test_connecting_is_tried_again_and_attempts_do_not_multiply(program, front):
    front.acts[:] = [reset, reset]
    assert program.in_stock("bolt") == 7

    program.engine.dispose()
    front.acts[:] = [reset] * 99
    with pytest.raises(sqlalchemy.exc.OperationalError) as lost:
        program.in_stock("bolt")
    assert 99 - len(front.acts) == 3
    assert lost.value.failure.kind.startswith("tcp.")


def test_a_connection_that_broke_in_the_pool_is_replaced(program, front):
    assert program.in_stock("bolt") == 7
    front.cut()
    assert program.in_stock("bolt") == 7
    assert front.connections == 2


def test_what_may_be_done_twice_is(program, cut, server):
    sent = cut("INSERT")
    program.order("key of one order", "bolt")
    assert len(sent) == 2
    program.order("key of one order", "bolt")
    assert server.admin("SELECT count(*) FROM orders", "shop") == [(1,)]


def test_what_may_not_is_done_once(program, cut, server):
    sent = cut("UPDATE")
    with pytest.raises(sqlalchemy.exc.OperationalError) as lost:
        program.withdraw("bolt")
    assert len(sent) == 1
    assert ringback.classify(lost.value).kind.startswith("tcp.")
    assert server.admin("SELECT number FROM stock", "shop") in ([(6,)], [(7,)])


def test_no_statement_takes_longer_than_the_request_that_is_served(program):
    with program.engine.begin() as other:
        other.execute(text("LOCK TABLE stock"))
        with (
            ringback.deadline(2),
            pytest.raises(sqlalchemy.exc.OperationalError) as late,
        ):
            program.in_stock("bolt")
    assert isinstance(late.value.orig, QueryCanceled)


def test_a_coroutine_is_cancelled_at_the_deadline(server, front):
    async def main():
        url = f"postgresql+psycopg://ringback@127.0.0.1:{front.port}/shop"
        engine = create_async_engine(url, connect_args={"connect_timeout": 300})

        @ringback.retry(ringback.Policy(deadline=0.5, patience=0), idempotent=True)
        async def ask():
            async with engine.connect() as connection:
                return await connection.scalar(text("SELECT 1"))

        front.acts[:] = [silent]
        with pytest.raises(ringback.errors.DeadlineExceeded):
            await ask()
        assert front.acts == []
        await engine.dispose()

    asyncio.run(main())
