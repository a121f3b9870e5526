"""Alarms, the dashboard, and the outputs that name dead letters."""

import json

from template_check.system import dead_letters, in_background, option, title
from template_check.watching import FIRST_GRAPHS

from .text import condition, line, logical


# An alarm takes no more metrics than this.
METRICS_OF_AN_ALARM = 10

# What all alarms have.
ALARM = """\
      AlarmActions: [!If [AlarmTopic, !Ref AlarmTopicArn, !Ref AWS::NoValue]]
      OKActions: [!If [AlarmTopic, !Ref AlarmTopicArn, !Ref AWS::NoValue]]
      ComparisonOperator: GreaterThanOrEqualToThreshold
      EvaluationPeriods: 1
"""


def alarms(system: dict) -> str:
    # A page that not every deployment has is not worth alarms that need a condition for each of their metrics.
    waited_for = [name for name, one in system["functions"].items() if not in_background(one) and not option(one)]
    # An authorizer refuses a caller by an error: that is how API Gateway wants it.
    endpoints = [title(name) for name in waited_for if name != "authorizer"]
    functions, tables = [title(name) for name in waited_for], [logical(name) for name in system["tables"]]
    behind = (one for name, all_ in system["functions"].items() if in_background(all_) for one in alarms_of(name, all_))
    return "".join(
        [
            *sums("FunctionErrors", "A function crashed or ran out of time", "Lambda Errors FunctionName", endpoints),
            *sums("FunctionThrottles", "Lambda refused to run a function for want of concurrency",
                  "Lambda Throttles FunctionName", functions),
            *sums("ReadThrottles", "DynamoDB refused reads for want of throughput",
                  "DynamoDB ReadThrottleEvents TableName", tables),
            *sums("WriteThrottles", "DynamoDB refused writes for want of throughput",
                  "DynamoDB WriteThrottleEvents TableName", tables),
            *behind,
        ]
    )  # fmt: skip


def sums(id: str, description: str, watched: str, of: list):
    """The alarms on all of these together, as many as it takes."""
    namespace, metric, dimension = watched.split(" ")
    for start in range(0, len(of), METRICS_OF_AN_ALARM):
        metrics = "".join(
            f"""\
        - Id: m{index}
          ReturnData: false
          MetricStat:
            Metric:
              Namespace: AWS/{namespace}
              MetricName: {metric}
              Dimensions: [{{Name: {dimension}, Value: !Ref {one}}}]
            Stat: Sum
            Period: 300
"""
            for index, one in enumerate(of[start : start + METRICS_OF_AN_ALARM])
        )
        yield f"""\
  {id}{start // METRICS_OF_AN_ALARM + 1 if start else ""}:
    Type: AWS::CloudWatch::Alarm
    Properties:
{ALARM}\
      TreatMissingData: notBreaching
      Threshold: 1
      AlarmDescription: {description}
      Metrics:
        - {{Id: sum, Label: {metric}, Expression: SUM(METRICS())}}
{metrics}"""


def alarms_of(name: str, one: dict):
    """The alarms of a function that nobody waits for."""
    id, letters = title(name), dead_letters(name)
    function = f"{{Name: FunctionName, Value: !Ref {id}}}"
    late = [(f"{id}Late", f"Records wait five minutes for {name}", "AWS/Lambda IteratorAge Maximum", function, 300000)]
    if "late" in one:
        metric, seconds = one["late"]["metric"], one["late"]["seconds"]
        endpoint = f"{{Name: endpoint, Value: {name}}}"
        what = f"What {name} does waits for {seconds} s, or it does not run"
        late = [(f"{id}Late", what, f"Wrapup {metric} Maximum", endpoint, seconds)]
    for alarm, description, watched, dimension, threshold in [
        (f"{id}Errors", f"{name} crashed or ran out of time", "AWS/Lambda Errors Sum", function, 1),
        (f"{id}Throttles", f"Lambda refused to run {name} for want of concurrency", "AWS/Lambda Throttles Sum",
         function, 1),
        *(late if "stream" in one or "late" in one else []),
        (f"{letters}Visible", f"{name} gave up", "AWS/SQS ApproximateNumberOfMessagesVisible Maximum",
         f"{{Name: QueueName, Value: !GetAtt {letters}.QueueName}}", 1),
    ]:  # fmt: skip
        namespace, metric, statistic = watched.split(" ")
        yield f"""\
  {alarm}:
    Type: AWS::CloudWatch::Alarm
{condition(one)}\
    Properties:
{ALARM}\
      AlarmDescription: {description}
      Namespace: {namespace}
      MetricName: {metric}
      Dimensions: [{dimension}]
      Statistic: {statistic}
      Period: 300
      Threshold: {threshold}
{line("      # What does not run measures nothing.", late_by_itself(alarm, one))}\
      TreatMissingData: {"breaching" if late_by_itself(alarm, one) else "notBreaching"}
"""


def late_by_itself(alarm: str, one: dict) -> bool:
    """Whether it is the alarm of a function that measures by itself how late it is."""
    return "late" in one and alarm.endswith("Late")


def dashboard(system: dict) -> str:
    functions = system["functions"]
    behind = [name for name, one in functions.items() if in_background(one)]
    ids = [title(name) for name in functions]
    tables = [logical(name) for name in system["tables"]]
    api = lambda metric, **how: ["AWS/ApiGateway", metric, "ApiName", "${AWS::StackName}", "Stage", "live", how]
    of = lambda metric, id, label: ["AWS/Lambda", metric, "FunctionName", f"${{{id}}}", {"label": label}]
    units = lambda kind, id: [
        "AWS/DynamoDB", f"Consumed{kind}CapacityUnits", "TableName", f"${{{id}}}",
        {"label": f"{id} {'read' if kind == 'Read' else 'written'}"},
    ]  # fmt: skip
    letters = lambda name: [
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", f"${{{dead_letters(name)}Name}}",
        {"label": f"{name} dead letters", "yAxis": "right"},
    ]  # fmt: skip
    # Each line with an id, which expressions have to have.
    summed = lambda lines: [
        [{"expression": one, "label": label, "id": label.replace(" ", "_")}] for label, one in lines.items()
    ]
    widgets = [
        *((title, "Sum", summed(lines)) for title, lines in FIRST_GRAPHS.items()),
        ("Requests", "Sum", [api("Count", label="all"), api("4XXError", label="4xx"), api("5XXError", label="5xx")]),
        ("Latency in ms", "p99", [api("Latency", stat=one, label=one) for one in ("p50", "p99")]),
        ("Calls of functions", "Sum", [of("Invocations", id, id) for id in ids]),
        ("Errors and throttles of functions", "Sum",
         [of(metric, id, f"{id} {metric}") for metric in ("Errors", "Throttles") for id in ids]),
        ("Capacity units of tables", "Sum", [units(kind, id) for kind in ("Read", "Write") for id in tables]),
        ("In the background: lag in ms, dead letters", "Maximum",
         [of("IteratorAge", title(name), f"{name} lag") for name in behind if "stream" in functions[name]]
         + [letters(name) for name in behind]),
        ("Seconds that jobs are late", "Maximum",
         [["Wrapup", one["late"]["metric"], "endpoint", name, {"label": name}]
          for name, one in functions.items() if "late" in one]),
        ("Failed sign-ins", "Sum",
         [["Wrapup", "failed_sign_ins", "endpoint", one, {"label": f"failed sign-ins, {one}"}]
          for one in ("authorizer", "oauth_token.do")]),
    ]  # fmt: skip
    made = ",\n".join(widget(index, *one) for index, one in enumerate(widgets))
    named = ""
    for name, one in functions.items():
        if_there = option(one)
        when = lambda value: f"!If [{if_there}, {value}, none]" if if_there else value
        id, letters = title(name), dead_letters(name)
        if if_there or in_background(one):
            named += f"          {id}: {when(f'!Ref {id}')}\n"
        if in_background(one):
            named += f"          {letters}Name: {when(f'!GetAtt {letters}.QueueName')}\n"
    return f"""\
      DashboardBody: !Sub
        - |
          {{"widgets": [
{made}]}}
        - # What is not deployed is shown as none.
{named}"""


def widget(index: int, title: str, statistic: str, metrics: list) -> str:
    place = f'"x": {index % 2 * 12}, "y": {index // 2 * 6}, "width": 12, "height": 6'
    how = f'"title": "{title}", "region": "${{AWS::Region}}", "stat": "{statistic}", "period": 300'
    lines = ",\n".join(f"              {json.dumps(metric)}" for metric in metrics)
    return f'            {{"type": "metric", {place}, "properties": {{{how}, "metrics": [\n{lines}]}}}}'


def output(name: str, one: dict) -> str:
    id = dead_letters(name)
    return f"""\
  {id}:
{condition(one)}\
    Description: The queue of what {name} gave up
    Value: !Ref {id}
"""
