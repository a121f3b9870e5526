"""Alarms: by the same names, of the same things and from the same thresholds on in both templates. And what their dashboards
have first."""

from __future__ import annotations

import dataclasses
import json
import re

from .deployment import Deployment, referred, same
from .system import dead_letters, in_background, title

# An alarm takes no more metrics than this; the rest is another's, called like the first, with a number behind.
METRICS_OF_AN_ALARM = 10




def _sum_of(metric: str, dimension: str = "outcome", values: tuple = ()) -> str:
    """What CloudWatch finds of a metric of the functions' own, whichever of them counts it, and sums up."""
    among = f" {dimension}=({' OR '.join(json.dumps(value) for value in values)})" if values else ""
    return f"SUM(SEARCH('{{Wrapup,endpoint,{dimension}}} MetricName=\"{metric}\"{among}', 'Sum', 300))"


# What supervisors ask, by the titles of the dashboard's first graphs and the labels in them.
FIRST_GRAPHS = {
    "Wrap-ups": {
        "opened": _sum_of("opened"),
        "closed": _sum_of("closed"),
        "timed out": _sum_of("timed_out"),
        "confirmed": _sum_of("confirmed"),
    },
    "AI suggestions of closed wrap-ups": {
        "offered": _sum_of("ai_outcomes", "ai_outcome"),
        "taken": _sum_of("ai_outcomes", "ai_outcome", ("ai_code", "ai_code_as_default")),
    },
}


@dataclasses.dataclass
class Alarm:
    """What an alarm goes off by: `statistic` of `metric` in AWS's namespace over five minutes, summed over all that it
    is `of`, which are logical ids, at `threshold` or above for `periods`. A deployment may set another threshold by
    `parameter`. Where nothing is measured it is quiet, unless that is `missed`."""

    metric: str
    statistic: str
    of: set
    threshold: int
    periods: int = 1
    parameter: str = ""
    missed: bool = False


def alarms(deployment: Deployment) -> dict:
    """All alarms, by the names that docs/operations.md has for them."""
    api = set(deployment.template.of_type("AWS::ApiGateway::Stage"))
    listed = deployment.system["functions"]
    behind = {name for name in deployment.functions if in_background(listed.get(name, {}))}
    ids = {name: logical for name, (logical, _) in deployment.functions.items()}
    waited_for = {logical for name, logical in ids.items() if name not in behind}
    # The authorizer refuses a caller by an error: that is how API Gateway wants it.
    endpoints = waited_for - {ids.get("authorizer")}
    tables = {logical for logical, _ in deployment.tables.values()}
    # Behind API Gateway nobody but the authorizer signs callers in, and whoever gives them tokens.
    sign_ins = {"endpoint authorizer", "endpoint oauth_token.do"}
    found = {
        # A call that fails is tried again: one says little, five that something is broken.
        "ServerErrors": Alarm("ApiGateway 5XXError", "Sum", api, 5),
        # What lasts for a quarter of an hour is no cold start.
        "SlowRequests": Alarm("ApiGateway Latency", "p99", api, 2000, periods=3, parameter="SlowMilliseconds"),
        "FunctionErrors": Alarm("Lambda Errors", "Sum", endpoints, 1),
        "FunctionThrottles": Alarm("Lambda Throttles", "Sum", waited_for, 1),
        "FailedSignIns": Alarm("Wrapup failed_sign_ins", "Sum", sign_ins, 100, parameter="ManyFailedSignIns"),
        "ReadThrottles": Alarm("DynamoDB ReadThrottleEvents", "Sum", tables, 1),
        "WriteThrottles": Alarm("DynamoDB WriteThrottleEvents", "Sum", tables, 1),
    }
    if "relay" in deployment.functions:
        # What a relay cannot tell of, it leaves out, and the log says of which segments.
        found["RelayPutAside"] = Alarm("Wrapup put_aside", "Sum", {"endpoint relay"}, 1)
    for rule in deployment.template.of_type("AWS::Events::Rule").values():
        letters = {referred(target["DeadLetterConfig"]["Arn"]) for target in rule["Targets"]}
        visible = Alarm("SQS ApproximateNumberOfMessagesVisible", "Maximum", letters, 1)
        found["WebhookDeadLettersVisible"] = visible
    for name in sorted(behind):
        id, own, letters = title(name), {ids[name]}, {deployment.dead_letters(name)}
        found[f"{id}Errors"] = Alarm("Lambda Errors", "Sum", own, 1)
        found[f"{id}Throttles"] = Alarm("Lambda Throttles", "Sum", own, 1)
        if "stream" in listed[name]:
            found[f"{id}Late"] = Alarm("Lambda IteratorAge", "Maximum", own, 300_000)
        if "late" in listed[name]:
            metric, seconds = listed[name]["late"]["metric"], listed[name]["late"]["seconds"]
            # What does not run measures nothing.
            found[f"{id}Late"] = Alarm(f"Wrapup {metric}", "Maximum", {f"endpoint {name}"}, seconds, missed=True)
        visible = Alarm("SQS ApproximateNumberOfMessagesVisible", "Maximum", letters, 1)
        found[f"{dead_letters(name)}Visible"] = visible
    return found


def wrong_alarms(deployment: Deployment):
    wanted, found = alarms(deployment), {}
    for logical, alarm in deployment.template.of_type("AWS::CloudWatch::Alarm").items():
        name, number = _name(logical, wanted)
        if number in found.setdefault(name, {}):
            yield f"alarm {logical} is there twice"
        found[name][number] = alarm
        told = alarm.get("AlarmActions") and alarm.get("AlarmActions") == alarm.get("OKActions")
        if deployment.complete and (not told or alarm.get("ActionsEnabled", True) is not True):
            yield f"alarm {logical} tells nobody"
    yield from same("alarms", set(found), set(wanted))
    for name in sorted(set(found) & set(wanted)):
        for problem in wrong_alarm(deployment, list(found[name].values()), wanted[name]):
            yield f"alarm {name}: {problem}"
    yield from wrong_dashboard(deployment)


def wrong_dashboard(deployment: Deployment):
    dashboards = list(deployment.template.of_type("AWS::CloudWatch::Dashboard").values())
    if len(dashboards) != 1:
        yield f"there are {len(dashboards)} dashboards"
        return
    widgets = json.loads(dashboards[0]["DashboardBody"])["widgets"]
    # Read as they are seen: from the top left.
    widgets.sort(key=lambda one: (one["y"], one["x"]))
    for widget, (title, lines) in zip(widgets, FIRST_GRAPHS.items()):
        shown = widget["properties"]
        found = {one[0].get("label"): one[0].get("expression") for one in shown["metrics"] if isinstance(one[0], dict)}
        if (shown.get("title"), found) != (title, lines):
            yield f"dashboard: {title} is not among the first, or does not show {', '.join(lines)}"


def wrong_alarm(deployment: Deployment, parts: list, wanted: Alarm):
    metrics = {(wanted.metric, one, wanted.statistic, 300) for one in wanted.of}
    watched = [list(_watched(deployment, part)) for part in parts]
    yield from same("metrics", {one for of in watched for one in of}, metrics)
    for part, of in zip(parts, watched):
        if len(of) > METRICS_OF_AN_ALARM:
            yield f"it has {len(of)} metrics"
        expressions = [one["Expression"] for one in part.get("Metrics", []) if "Expression" in one]
        if set(expressions) - {"SUM(METRICS())"} or (len(of) > 1 and not expressions):
            yield f"Expression is {expressions}"
        for field, value in {
            "Threshold": deployment.template.parameters.get(wanted.parameter, wanted.threshold),
            "EvaluationPeriods": wanted.periods,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "breaching" if wanted.missed else "notBreaching",
        }.items():
            if str(part.get(field)) != str(value):
                yield f"{field} is {part.get(field)}"


def _name(logical: str, wanted: dict) -> tuple:
    """The name of an alarm, before and behind which CDK puts something in the logical id, and its number."""
    for name in sorted(wanted, key=len, reverse=True):
        if found := re.search(rf"{name}(\d?)([0-9A-F]{{8}})?$", logical):
            return name, found[1]
    return logical, ""


def _watched(deployment: Deployment, alarm: dict):
    """The metrics that an alarm looks at: each with the logical id of what it is of, the statistic, and the period."""
    metrics = [(alarm, alarm)] if "MetricName" in alarm else []
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            metrics.append((one["MetricStat"]["Metric"], one["MetricStat"]))
    for metric, how in metrics:
        statistic = how.get("Stat") or how.get("Statistic") or how.get("ExtendedStatistic")
        name = f"{metric['Namespace'].removeprefix('AWS/')} {metric['MetricName']}"
        yield name, _of(deployment, metric), statistic, int(how.get("Period", 0))


def _of(deployment: Deployment, metric: dict) -> str:
    """The logical id of what a metric is of; its dimensions, where they are of nothing here."""
    values = {one["Name"]: referred(one["Value"]) or one["Value"] for one in metric.get("Dimensions", [])}
    if list(values) in (["FunctionName"], ["TableName"], ["QueueName"]):
        return next(iter(values.values()))
    if list(values) == ["endpoint"]:
        return f"endpoint {values['endpoint']}"
    apis = deployment.template.of_type("AWS::ApiGateway::RestApi")
    for logical, stage in deployment.template.of_type("AWS::ApiGateway::Stage").items():
        own = {"ApiName": apis[referred(stage["RestApiId"])].get("Name"), "Stage": stage["StageName"]}
        if values in (own, {**own, "Stage": logical}):
            return logical
    return str(values)
