"""The dashboard and the alerts that are shipped: the monitor shows what they name."""

import json
import re
import subprocess
from types import SimpleNamespace

import pytest
import yaml
from monitor.web.asking import Asking
from requires import requires

from ringback.monitor.web.metrics import agent_metrics, monitor_metrics

NAME = re.compile(r"\b(?:ringback_\w+|up)\b(?=[{\[\s)]|$)")
OF_PROMETHEUS = {"up"}


def exported(ringback, what):
    done = ringback("export", what)
    assert done.returncode == 0
    return done.stdout


@pytest.fixture
def rules(ringback, tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text(exported(ringback, "prometheus-rules"))
    return path


@pytest.fixture
def dashboard(ringback):
    return json.loads(exported(ringback, "grafana"))


def queries(dashboard):
    """Each query of the dashboard with its variables filled in as Grafana does."""
    found = [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]
    filled = {"$endpoint": ".*", "$group": ".*", "$__range": "6h", "$__rate_interval": "5m"}
    for name, value in filled.items():
        found = [(title, expression.replace(name, value)) for title, expression in found]
    return found


def shown():
    """The names of all metrics of a monitor, also of those that it shows only at times."""
    status = {"version": "1", "doubted": {"lag": 1}, "lead": {"role": "lead", "epoch": 1}}
    fleet = SimpleNamespace(registry=SimpleNamespace(shown=list))
    at_times = {family.name for family in (*monitor_metrics(status), *agent_metrics(fleet, {}))}
    page = Asking().get("/metrics").text
    return at_times | set(re.findall(r"^(\w+)", page, re.MULTILINE))


def test_every_metric_that_they_name_is_one_that_the_monitor_shows(dashboard, rules):
    whole = yaml.safe_load(rules.read_text())
    expressions = [expression for _, expression in queries(dashboard)]
    expressions += [rule["expr"] for group in whole["groups"] for rule in group["rules"]]
    expressions += re.findall(r"printf `(.*?)`", rules.read_text())
    expressions += [variable["definition"] for variable in dashboard["templating"]["list"][1:]]

    named = {name for expression in expressions for name in NAME.findall(expression)}

    assert len(named) > 20
    assert named - shown() == OF_PROMETHEUS


def test_every_panel_has_its_queries_and_variables(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(dashboard))) == known
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            sources = {target["datasource"]["uid"] for target in panel["targets"]}
            assert sources == {"${datasource}"}


def promtool(*words):
    requires("promtool")
    done = subprocess.run(
        ["promtool", *map(str, words)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules_and_every_query(rules, dashboard, tmp_path):
    made = [
        {"record": f"panel:number{number}", "expr": expression}
        for number, (_, expression) in enumerate(queries(dashboard))
    ]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": made}]}))

    said = promtool("check", "rules", rules, path)
    assert [f"{n} rules found" in said for n in (14, len(made))] == [True, True]


ME = 'instance="here",job="ringback"'
SHOP = f'{ME},endpoint="shop"'


def alerting(alert, at, *fired, series):
    """One test of promtool: which series there are, and what fires then."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": list(fired)}],
    }


def fires(severity, summary, description="", **labels):
    told = {"summary": summary} | ({"description": description} if description else {})
    return {"exp_labels": {"severity": severity, **labels}, "exp_annotations": told}


HERE = {"instance": "here", "job": "ringback"}
DOWN = (f'ringback_endpoint_state{{{SHOP},state="down"}}', "0 0 1 1 1")
KIND = (f'ringback_failure_info{{{SHOP},kind="tcp.refused"}}', "_ _ 1 1 1")
IS_DOWN = fires(
    "page", "shop is down", "Cause: tcp.refused.", endpoint="shop", state="down", **HERE
)
CERTIFICATE = f"ringback_certificate_not_after_seconds{{{SHOP}}}"
HOUR = 3600
IDLE = [(f"ringback_checks_total{{{ME}}}", "7x120"), (f"ringback_endpoints{{{ME}}}", "2x120")]
SILENCED = (f"ringback_endpoint_silenced{{{SHOP}}}", "1 1 1 1 1")
CASES = [
    alerting("RingbackEndpointDown", "2m", IS_DOWN, series=[DOWN, KIND]),
    alerting("RingbackEndpointDown", "2m", series=[DOWN, KIND, SILENCED]),
    alerting(
        "RingbackCertificateEndsSoon",
        "2h",
        fires("warn", "The certificate of shop ends in 2d 0h 0m 0s", endpoint="shop", **HERE),
        series=[(CERTIFICATE, f"{50 * HOUR}x200")],
    ),
    alerting(
        "RingbackMonitorGone",
        "10m",
        fires(
            "page",
            "ringback's monitor does not answer here",
            "Nobody is notified of outages while it is gone.",
            **HERE,
        ),
        series=[(f"up{{{ME}}}", "0x20"), ('ringback_build_info{instance="there"}', "1x20")],
    ),
    alerting(
        "RingbackChecksStopped",
        "90m",
        fires("page", "ringback's monitor here has checked nothing for an hour", **HERE),
        series=IDLE,
    ),
    alerting("RingbackChecksStopped", "90m", series=[*IDLE, (f"ringback_lead{{{ME}}}", "0x120")]),
    alerting(
        "RingbackAgentSilent",
        "10m",
        fires("warn", "Nothing is heard of the agent tokyo", agent="tokyo", **HERE),
        series=[(f'ringback_agent_up{{{ME},agent="tokyo"}}', "1 1 0x20")],
    ),
]


def test_alerts_fire_when_they_should_and_not_else(rules, tmp_path):
    path = tmp_path / "tests.yml"
    whole = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": CASES}
    path.write_text(yaml.safe_dump(whole))

    promtool("test", "rules", path)


def test_a_file_that_cannot_be_written_is_told(ringback, tmp_path):
    done = ringback("export", "grafana", "-o", tmp_path / "none" / "ringback.json")

    assert done.returncode == 2
    assert "cannot be written" in done.stderr
