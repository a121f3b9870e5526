"""Logs, dead letters and alarms."""

from .deployment import Deployment, missing, referred


def wrong_logs(deployment: Deployment):
    for name, group in deployment.template.of_type("AWS::Logs::LogGroup").items():
        if not int(group.get("RetentionInDays", 0)) > 0:
            yield f"log group {name} is kept for ever"
    used = [deployment.log_group(function) for _, function in deployment.functions.values()]
    for name in {name for name in used if used.count(name) > 1}:
        yield f"log group {name} is shared by functions"


def wrong_queues(deployment: Deployment):
    for name, queue in deployment.template.of_type("AWS::SQS::Queue").items():
        if not (queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId")):
            yield f"queue {name} is not encrypted"


def wrong_alarms(deployment: Deployment):
    watched = set()
    for name, alarm in deployment.template.of_type("AWS::CloudWatch::Alarm").items():
        if deployment.complete and not alarm.get("AlarmActions"):
            yield f"alarm {name} tells nobody"
        watched |= set(_watched(alarm))
    yield from missing("alarms", watched, wanted_alarms(deployment))
    if not deployment.template.of_type("AWS::CloudWatch::Dashboard"):
        yield "there is no dashboard"


def wanted_alarms(deployment: Deployment) -> set:
    wanted = {("5XXError", "", "Sum"), ("Latency", "", "p99")}
    for name, (logical, _) in deployment.functions.items():
        wanted |= {("Throttles", logical, "Sum")}
        # The authorizer refuses a caller by an error: that is how API Gateway wants it.
        if name != "authorizer":
            wanted |= {("Errors", logical, "Sum")}
    for logical, _ in deployment.tables.values():
        wanted |= {("ReadThrottleEvents", logical, "Sum"), ("WriteThrottleEvents", logical, "Sum")}
    if "ai-filler" in deployment.functions:
        wanted |= {("IteratorAge", deployment.functions["ai-filler"][0], "Maximum")}
        wanted |= {("ApproximateNumberOfMessagesVisible", deployment.dead_letters(), "Maximum")}
    return wanted


def _watched(alarm: dict):
    """The metrics that an alarm looks at: each with the logical id of what it is of, and the statistic."""
    metrics = [(alarm, alarm)] if "MetricName" in alarm else []
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            metrics.append((one["MetricStat"]["Metric"], one["MetricStat"]))
    for metric, how in metrics:
        statistic = how.get("Stat") or how.get("Statistic") or how.get("ExtendedStatistic")
        values = {one["Name"]: referred(one["Value"]) for one in metric.get("Dimensions", [])}
        of_api = metric.get("Namespace") == "AWS/ApiGateway"
        yield metric["MetricName"], "" if of_api else next(iter(values.values()), ""), statistic
