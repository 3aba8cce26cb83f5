import functools
import json
import re

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from monitor.web.asking import Asking
from monitor.web.service import NOW, incident
from referencing import Registry, Resource

from ringback.monitor.web.api.handlers import OPERATIONS as OF_PEOPLE
from ringback.monitor.web.api.routes import api_routes, openapi_document

ASKED = {
    "listEndpoints": ("/endpoints", None),
    "showEndpoint": ("/endpoints/web", None),
    "listChecks": ("/endpoints/api/checks?limit=20", None),
    "listBuckets": ("/endpoints/web/buckets", None),
    "listIncidents": ("/incidents", None),
    "listPhases": ("/endpoints/web/phases", None),
    "checkEndpoint": ("/endpoints/web/check", None),
    "pauseEndpoint": ("/endpoints/web/pause", {"by": "Ada"}),
    "resumeEndpoint": ("/endpoints/web/resume", None),
    "showIncident": ("/incidents/inc-1", None),
    "acknowledgeIncident": ("/incidents/inc-1/acknowledge", {"by": "Ada"}),
    "unacknowledgeIncident": ("/incidents/inc-2/unacknowledge", {"by": "Ada"}),
    "addNote": ("/incidents/inc-1/notes", {"text": "it is the deploy", "by": "Ada"}),
    "listNotified": ("/incidents/inc-1/notified", None),
    "listSilences": ("/silences", None),
    "addSilence": ("/silences", {"endpoints": ["api"], "seconds": 60}),
    "endSilence": ("/silences/s1", None),
    "listDiscovered": ("/discovered", None),
    "adoptDiscovered": ("/discovered/payments/adopt", None),
    "beat": ("/heartbeat/job", {"up": True}),
    "takeEvents": ("/events", {"version": 1, "sent_at": NOW, "events": []}),
    "showStatus": ("/status", None),
}


@functools.cache
def document():
    return openapi_document()


def described(operation):
    return document()["paths"][f"/api/v1{operation.path}"][operation.method.lower()]


def agree(operation, response):
    """Assert that a response is as it is described."""
    told = described(operation)["responses"]
    answer = told.get(str(response.status_code), told["default"])
    if not response.content:
        assert "content" not in answer
        return
    schema = answer["content"][response.headers["content-type"]]["schema"]
    dialect = "https://json-schema.org/draft/2020-12/schema"
    whole = Resource.from_contents({"$schema": dialect, **document()})
    registry = Registry().with_resource("urn:api", whole)
    absolute = json.loads(json.dumps(schema).replace("#/components", "urn:api#/components"))
    validator = Draft202012Validator(absolute, registry=registry, format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(response.json())] == []


def test_every_route_is_in_the_document():
    routed = {
        (f"/api/v1{route.path}", method.lower())
        for route in api_routes()
        for method in route.methods - {"HEAD"}
        if route.path != "/openapi.json"
    }

    assert {(path, method) for path, of in document()["paths"].items() for method in of} == routed


def test_the_document_is_served_and_refers_only_to_what_it_holds():
    text = Asking().get("/api/v1/openapi.json").text
    held = json.loads(text)["components"]["schemas"]

    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(held)
    assert json.loads(text)["openapi"] == "3.1.0"


@pytest.mark.parametrize("operation", OF_PEOPLE, ids=lambda one: one.name)
def test_what_is_answered_is_what_the_document_says(operation):
    asking = Asking()
    asking.service.silence(("api",), 60, "Ada", "")
    asking.service.open.append(incident("inc-2", state="acknowledged", acknowledged_by="Ada"))
    path, body = ASKED[operation.name]
    for headers, status in (({"x-forwarded-for": "192.0.2.1"}, 403), ({}, operation.status)):
        response = asking(operation.method, f"/api/v1{path}", json=body, headers=headers)
        assert response.status_code == status
        agree(operation, response)
