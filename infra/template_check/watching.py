"""Logs, what goes out of them for audits, dead letters and alarms."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from .deployment import Deployment, as_list, referred, same


@dataclasses.dataclass
class Alarm:
    """What an alarm goes off by: `statistic` of `metric` in AWS's namespace over five minutes, summed over all that it
    is `of`, at `threshold` or above for `periods`. `of` answers logical ids. A deployment may set another threshold by
    `parameter`."""

    metric: str
    statistic: str
    of: Callable[[Deployment], set]
    threshold: int
    periods: int = 1
    parameter: str = ""


def _api(deployment: Deployment) -> set:
    return set(deployment.template.of_type("AWS::ApiGateway::Stage"))


def _functions(deployment: Deployment) -> set:
    return {logical for name, (logical, _) in deployment.functions.items() if name != "ai-filler"}


def _endpoints(deployment: Deployment) -> set:
    # The authorizer refuses a caller by an error: that is how API Gateway wants it.
    return _functions(deployment) - {deployment.functions.get("authorizer", [None])[0]}


def _tables(deployment: Deployment) -> set:
    return {logical for logical, _ in deployment.tables.values()}


def _filler(deployment: Deployment) -> set:
    return {deployment.functions["ai-filler"][0]} if "ai-filler" in deployment.functions else set()


def _sign_ins(deployment: Deployment) -> set:
    # Behind API Gateway nobody else signs in.
    return {"endpoint authorizer"}


def _dead_letters(deployment: Deployment) -> set:
    return {deployment.dead_letters()} if _filler(deployment) else set()


# All alarms, by the names that docs/operations.md has for them. There is none where there is nothing that it is of.
ALARMS = {
    "ServerErrors": Alarm("ApiGateway 5XXError", "Sum", _api, 5),
    "SlowRequests": Alarm("ApiGateway Latency", "p99", _api, 2000, periods=3, parameter="SlowMilliseconds"),
    "FunctionErrors": Alarm("Lambda Errors", "Sum", _endpoints, 1),
    "FunctionThrottles": Alarm("Lambda Throttles", "Sum", _functions, 1),
    "FailedSignIns": Alarm("Wrapup failed_sign_ins", "Sum", _sign_ins, 100, parameter="ManyFailedSignIns"),
    "ReadThrottles": Alarm("DynamoDB ReadThrottleEvents", "Sum", _tables, 1),
    "WriteThrottles": Alarm("DynamoDB WriteThrottleEvents", "Sum", _tables, 1),
    "AiFillerErrors": Alarm("Lambda Errors", "Sum", _filler, 1),
    "AiFillerThrottles": Alarm("Lambda Throttles", "Sum", _filler, 1),
    "AiFillerLate": Alarm("Lambda IteratorAge", "Maximum", _filler, 300_000),
    "DeadLettersVisible": Alarm("SQS ApproximateNumberOfMessagesVisible", "Maximum", _dead_letters, 1),
}


def wrong_logs(deployment: Deployment):
    for name, group in deployment.template.of_type("AWS::Logs::LogGroup").items():
        if not int(group.get("RetentionInDays", 0)) > 0:
            yield f"log group {name} is kept for ever"
        if group.get("KmsKeyId") != deployment.key:
            yield f"log group {name}: the key is {group.get('KmsKeyId')}, the tables' is {deployment.key}"
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if deployment.template.resources[name].get(policy) != "Retain":
                yield f"log group {name}: {policy} is not Retain"
    used = [deployment.log_group(function) for _, function in deployment.functions.values()]
    for name in {name for name in used if used.count(name) > 1}:
        yield f"log group {name} is shared by functions"


def wrong_audit(deployment: Deployment):
    """Audit lines go out of the log groups of all functions that write, or stay where they are."""
    found = deployment.template.of_type("AWS::Logs::SubscriptionFilter").values()
    wanted = deployment.template.parameters.get("AuditDestinationArn")
    role = deployment.template.parameters.get("AuditRoleArn")
    if not found and not wanted:
        return
    groups = {deployment.log_group(deployment.functions[name][1]) for name in deployment.writers()}
    yield from same("log groups that audit lines go out of", {referred(one["LogGroupName"]) for one in found}, groups)
    for one in found:
        if one["FilterPattern"] != '{ $.audit.action = "*" }':
            yield f"what goes out of {one['LogGroupName']} is {one['FilterPattern']}"
        ways = {(other["DestinationArn"], other.get("RoleArn", "")) for other in found}
        if len(ways) > 1 or (wanted is not None and ways != {(wanted, role)}):
            yield f"audit lines go to {sorted(ways)}"
            return


def wrong_queues(deployment: Deployment):
    policies = deployment.template.of_type("AWS::SQS::QueuePolicy").values()
    for name, queue in deployment.template.of_type("AWS::SQS::Queue").items():
        if not (queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId")):
            yield f"queue {name} is not encrypted"
        if queue.get("KmsMasterKeyId") != deployment.key:
            yield f"queue {name}: the key is {queue.get('KmsMasterKeyId')}, the tables' is {deployment.key}"
        # It says where a record stands in the stream, which is of no use without the tables' stream.
        if deployment.template.resources[name].get("DeletionPolicy", "Delete") != "Delete":
            yield f"queue {name} outlives its stack"
        own = [one for one in policies if name in map(referred, one["Queues"])]
        if not any(_wants_tls(one) for policy in own for one in as_list(policy["PolicyDocument"]["Statement"])):
            yield f"queue {name} can be used without TLS"


def _wants_tls(statement: dict) -> bool:
    without = str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
    everything = (statement.get("Effect"), statement.get("Action")) == ("Deny", "sqs:*")
    return without and everything and statement.get("Principal") in ("*", {"AWS": "*"})


def wrong_alarms(deployment: Deployment):
    found = {}
    for logical, alarm in deployment.template.of_type("AWS::CloudWatch::Alarm").items():
        if _name(logical) in found:
            yield f"alarm {logical} is there twice"
        found[_name(logical)] = alarm
        told = alarm.get("AlarmActions") and alarm.get("AlarmActions") == alarm.get("OKActions")
        if deployment.complete and (not told or alarm.get("ActionsEnabled", True) is not True):
            yield f"alarm {logical} tells nobody"
    wanted = {name: one for name, one in ALARMS.items() if one.of(deployment)}
    yield from same("alarms", set(found), set(wanted))
    for name in sorted(set(found) & set(wanted)):
        for problem in wrong_alarm(deployment, found[name], wanted[name]):
            yield f"alarm {name}: {problem}"
    if not deployment.template.of_type("AWS::CloudWatch::Dashboard"):
        yield "there is no dashboard"


def wrong_alarm(deployment: Deployment, alarm: dict, wanted: Alarm):
    metrics = {(wanted.metric, one, wanted.statistic, 300) for one in wanted.of(deployment)}
    yield from same("metrics", set(_watched(deployment, alarm)), metrics)
    expressions = [one["Expression"] for one in alarm.get("Metrics", []) if "Expression" in one]
    if expressions != ["SUM(METRICS())"] * (len(metrics) > 1):
        yield f"Expression is {expressions}"
    for field, value in {
        "Threshold": deployment.template.parameters.get(wanted.parameter, wanted.threshold),
        "EvaluationPeriods": wanted.periods,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }.items():
        if str(alarm.get(field)) != str(value):
            yield f"{field} is {alarm.get(field)}"


def _name(logical: str) -> str:
    """The name of an alarm, before and behind which CDK puts something in the logical id."""
    return next((name for name in ALARMS if re.search(rf"{name}([0-9A-F]{{8}})?$", logical)), logical)


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
