import asyncio
import json

import httpx
from monitor.web.asking import Asking
from monitor.web.service import NOW, MemoryService, check, refused, view
from monitor.web.serving import in_a_loop

from ringback.monitor.model import UiEvent
from ringback.monitor.web.live import MAX_PAGES, MAX_PAGES_OF_ONE, LiveUpdates
from ringback.monitor.web.render import Renderer


def ok(id_):
    return view(id_, since=NOW - 99, last=check(id_))


def down(id_):
    return view(id_, "down", since=NOW, kind="tcp.refused", last=refused(id_))


def live_of(service, **more):
    return LiveUpdates(service, Renderer(lambda: NOW), **{"every": 0.0, "alive": 60.0, **more})


async def followed(live, service, *about):
    """A page's stream, once the monitor is listened to."""
    stream = live.follow(*about)
    assert (await anext(stream)).startswith(b"retry: 3000\nevent: now\ndata: ")
    while not service.listeners:
        await asyncio.sleep(0)
    return stream


async def change(stream):
    message = await anext(stream)
    assert message.startswith(b"event: change\n")
    return json.loads(message.split(b"data: ", 1)[1])


@in_a_loop
async def test_change_of_state_is_told_with_what_to_show_and_a_check_is_not_spoken():
    service = MemoryService(ok("a"), ok("b"))
    stream = await followed(live_of(service), service)
    service.put(down("a"))
    told = await change(stream)
    assert told["states"] == {"a": "down"}
    assert "connection refused" in told["cards"]["a"]
    assert told["said"] == "a is down, tcp.refused."
    assert "<strong>1</strong> down" in told["parts"]["counts"]

    service.tell(UiEvent(what="check", endpoint="b"))
    told = await change(stream)
    assert (list(told["cards"]), told["said"], told["parts"]) == (["b"], "", {})


@in_a_loop
async def test_page_of_an_endpoint_is_told_of_that_one_only():
    service = MemoryService(ok("a"), ok("b"))
    live = live_of(service)
    stream, none = await followed(live, service, "a"), await followed(live, service, "")
    service.tell(UiEvent(what="check", endpoint="b"))
    service.tell(UiEvent(what="check", endpoint="a"))
    told = await change(stream)
    assert (told["endpoints"], told["cards"], told["states"]) == (["a"], {}, {"a": "ok"})

    service.put(down("b"))
    for told in (await change(stream), await change(none)):
        assert told["endpoints"] == []
        assert list(told["parts"]) == ["open-count"]


@in_a_loop
async def test_many_changes_at_once_are_one_bounded_message():
    service = MemoryService(*(ok(f"e{n}") for n in range(1000)))
    stream = await followed(live_of(service), service)
    for n in range(1000):
        service.tell(UiEvent(what="check", endpoint=f"e{n}"))
    for n in range(500, 1000):
        service.put(down(f"e{n}"))
    told = await change(stream)

    assert len(told["cards"]) == len(told["endpoints"]) == 200
    assert told["said"].endswith("197 more changed.")


@in_a_loop
async def test_of_very_many_only_those_are_sent_that_moved_or_are_not_well():
    service = MemoryService(*(ok(f"e{n}") for n in range(300)), down("x"))
    stream = await followed(live_of(service), service)
    for id_ in ("e1", "e2", "x"):
        service.tell(UiEvent(what="check", endpoint=id_))
    service.tell(UiEvent(what="state", endpoint="e3"))

    assert list((await change(stream))["cards"]) == ["e3", "x"]


@in_a_loop
async def test_page_that_does_not_read_is_made_to_load_anew_and_costs_no_more():
    service = MemoryService(ok("a"))
    live = live_of(service)
    slow, quick = await followed(live, service), await followed(live, service)
    for _ in range(100):
        service.tell(UiEvent(what="check", endpoint="a"))
        await anext(quick)

    assert b"event: reload\ndata: {}\n\n" in [await anext(slow) for _ in range(2)]


@in_a_loop
async def test_page_that_hears_nothing_is_kept_alive_until_it_leaves():
    service = MemoryService(ok("a"))
    stream = await followed(live_of(service, alive=0.01), service)
    assert await anext(stream) == b": alive\n\n"
    await stream.aclose()
    while service.listeners:
        await asyncio.sleep(0)


@in_a_loop
async def test_no_more_pages_than_agreed_are_updated():
    live = live_of(MemoryService(ok("a")))
    streams = [live.follow() for _ in range(MAX_PAGES)]
    for stream in streams:
        await anext(stream)
    assert live.full
    await streams[0].aclose()
    assert not live.full


@in_a_loop
async def test_no_address_and_no_token_takes_the_places_of_all_others():
    asking = Asking()
    live = asking.app.state.site.live
    here, there = ("address 127.0.0.1", "token wall"), ("address 192.0.2.2", "token wall")
    streams = [live.follow(who=here) for _ in range(MAX_PAGES_OF_ONE)]
    for stream in streams:
        await anext(stream)
    assert not live.full
    full = [live.is_full_for(who) for who in (here, there, there[:1])]
    assert full == [True, True, False]
    transport = httpx.ASGITransport(asking.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        refused = await client.get("/live")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert [message async for message in live.follow(who=here)] == []
    assert await anext(live.follow(who=there[:1]))
    await streams[0].aclose()
    assert not live.is_full_for(here)


@in_a_loop
async def test_failure_is_logged_and_the_next_page_begins_anew(caplog):
    service = MemoryService(ok("a"))
    views_of = service.views_of
    live = live_of(service)
    first = await followed(live, service)
    service.views_of = lambda ids: 1 / 0
    service.tell(UiEvent(what="check", endpoint="a"))
    while service.listeners:
        await asyncio.sleep(0)
    service.views_of = views_of
    second = await followed(live, service)

    assert (await change(second))["states"] == {"a": "ok"}  # what was not told then
    assert "live updates have stopped" in caplog.text
    await first.aclose()
