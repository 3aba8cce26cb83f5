import logging

import httpx

import ringback
from ringback.client.httpx import Transport
from ringback.client.retrying import retry
from ringback.event import Listeners
from ringback.sink import LogSink, listening
from ringback.sink.listening import listeners_for, report_to_monitor
from ringback.sink.report import Reporter


def monitors_of(listeners):
    return [sink for sink in listeners.sinks if isinstance(sink, Reporter)]


def test_the_default_is_the_log():
    (only,) = listeners_for(None).sinks
    assert isinstance(only, LogSink)


def test_those_that_are_given_replace_it():
    heard = []
    assert listeners_for([heard.append]).sinks == (heard.append,)
    assert listeners_for([]).sinks == ()


def test_listeners_are_taken_as_they_are():
    report_to_monitor(print)
    given = Listeners([])
    assert listeners_for(given) is given


def test_every_integration_reports_to_the_monitor_of_the_environment(monkeypatch):
    monkeypatch.setenv(listening.URL_VARIABLE, "http://127.0.0.1:9")
    session = ringback.Session(sinks=[])
    (monitor,) = monitors_of(session.get_adapter("http://h").listeners)
    assert session.get_adapter("https://h").listeners.sinks == (monitor,)
    assert monitors_of(listeners_for(None)) == [monitor]
    assert monitors_of(retry()._listeners) == [monitor]
    assert monitors_of(Transport(httpx.HTTPTransport()).listeners) == [monitor]


def test_the_one_that_a_program_names_goes_before_it(monkeypatch):
    monkeypatch.setenv(listening.URL_VARIABLE, "http://127.0.0.1:9")
    monitor = ringback.report("http://127.0.0.1:8480")
    assert monitors_of(listeners_for(None)) == [monitor]
    report_to_monitor(None)
    assert monitors_of(listeners_for(None)) == []


def test_nobody_is_notified_twice():
    monitor = ringback.report("http://127.0.0.1:9")
    assert listeners_for([monitor]).sinks == (monitor,)
    inner = listeners_for([])
    assert listeners_for([inner]).sinks == (inner,)


def test_an_environment_that_names_no_monitor_is_said_and_harms_nobody(monkeypatch, caplog):
    monkeypatch.setenv(listening.URL_VARIABLE, "nonsense")
    assert monitors_of(listeners_for(None)) == []
    assert monitors_of(listeners_for(None)) == []
    said = [record for record in caplog.records if listening.URL_VARIABLE in record.getMessage()]
    assert [record.levelno for record in said] == [logging.WARNING]
