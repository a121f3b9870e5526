"""The sections of template.yaml that infra/system.json and infra/gateway-responses.json say, as YAML text."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from template_check.system import (
    COMMON_HEADERS,
    GATEWAY_RESPONSES,
    SYSTEM,
    dead_letters,
    in_background,
    kind,
    timeout,
    title,
    wants_ai,
    writes,
    wrong_system,
)

TEMPLATE = pathlib.Path(__file__).with_name("template.yaml")

# Logical ids that came before the rule, which makes them of names: another id is another resource.
IDS = {
    "interaction_wrap_up_code": "Codes",
    "interaction_wrap_up_configuration": "Configurations",
    "interaction_wrap_up_segment": "Segments",
    "sn_openframe_phone_log": "PhoneLog",
    "interaction": "Interactions",
    "sys_user": "Users",
}

# What the sources of a function are, beside its name: cargo-lambda builds the binary of that name.
CODE = "../../functions/{name}"

# The values of variables; of others it is the parameter that is called like the variable.
VALUES = {
    "WRAPUP_LOG": "!Ref LogLevel",
    "WRAPUP_AI_KEY": "!If [KeyInSecret, !Sub 'secretsmanager:${AiKeySecretArn}',\n"
    "            !If [KeyInParameter, !Sub 'ssm:${AiKeyParameter}', '']]",
}

# The table that is built in as a segment table: who may do what on it, may do so on those of a deployment's own.
BUILT_IN = "sn_openframe_phone_log"

# An alarm takes no more metrics than this.
METRICS_OF_AN_ALARM = 10


class Unmade(Exception):
    """The template cannot be made: what is wrong with the list, or with the template's own marks."""


def renewed(text: str, system: dict = SYSTEM) -> str:
    """The template with its sections as the list says. A section stands between the marks
    `# made by infra/sam/make: NAME` and `# made until here`; all else is written by hand, and stays."""
    if found := list(wrong_system(system)):
        raise Unmade("infra/system.json: " + "; ".join(found))
    sections = {
        "variables": variables(system["environment"], 8),
        "tables": "".join(table(system, name) for name in system["tables"]),
        "functions": "\n".join(function(*one) for one in system["functions"].items()),
        "paths": paths(system),
        "gateway responses": "".join(gateway_response(*one) for one in GATEWAY_RESPONSES.items()),
        "alarms": alarms(system),
        "dashboard": dashboard(system),
        "outputs": "".join(output(*one) for one in system["functions"].items() if in_background(one[1])),
    }
    mark = re.compile(r"^( *# made by infra/sam/make: (.*)\n)(?:.*\n)*?( *# made until here\n)", re.MULTILINE)
    if (names := [found[2] for found in mark.finditer(text)]) != list(sections):
        raise Unmade(f"the template has the sections {names}; {list(sections)} are made")
    return mark.sub(lambda found: found[1] + sections[found[2]] + found[3], text)


def logical(table: str) -> str:
    return IDS.get(table, title(table))


def variables(names: list, indent: int) -> str:
    value = lambda name: VALUES.get(name, f"!Ref {title(name.removeprefix('WRAPUP_').lower())}")
    return "".join(f"{' ' * indent}{name}: {value(name)}\n" for name in names)


def line(text: str, wanted) -> str:
    """A line that is there or not."""
    return f"{text}\n" if wanted else ""


def condition(function: dict) -> str:
    return line("    Condition: Ai", wants_ai(function))


def table(system: dict, name: str) -> str:
    readers = [one for one in system["functions"].values() if one.get("stream", {}).get("table") == name]
    stream = f"{{StreamViewType: {system['tables'][name].get('stream')}}}"
    # A stream that nothing reads is left out.
    if readers and all(map(wants_ai, readers)):
        stream = f"!If [Ai, {stream}, !Ref AWS::NoValue]"
    return f"""\
  {logical(name)}:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub '${{TablePrefix}}{name}'
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{AttributeName: sys_id, AttributeType: S}}]
      KeySchema: [{{AttributeName: sys_id, KeyType: HASH}}]
{line(f"      StreamSpecification: {stream}", readers)}\
      PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true}}
      DeletionProtectionEnabled: true
      SSESpecification:
        !If [OwnKey, {{SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !Ref KmsKeyArn}}, !Ref AWS::NoValue]
      Tags: [{{Key: application, Value: wrapup}}]
"""


def function(name: str, one: dict) -> str:
    """A function with its log group and its role, and what runs it."""
    id, what = title(name), kind(name, one)
    why = {
        "endpoint": lambda: ", ".join(one["routes"]),
        "consumer": lambda: f"Takes what happens to records of {one['stream']['table']}",
        "job": lambda: f"Runs by the clock: {one['schedule']}",
        "authorizer": lambda: "Says who calls",
    }[what]()
    own = variables(one.get("environment", []), 10)
    return (
        f"""\
  # {why}.
  {id}:
    Type: AWS::Serverless::Function
{condition(one)}\
    Metadata: {{BuildMethod: rust-cargolambda, BuildProperties: {{Binary: {name}}}}}
    Properties:
      CodeUri: {CODE.format(name=name)}
      Role: !GetAtt {id}Role.Arn
      LoggingConfig: {{LogGroup: !Ref {id}Logs}}
      Timeout: {timeout(name, one)}
{BULKHEAD if what == "authorizer" else ""}\
{line("      Environment:", own)}{line("        Variables:", own)}{own}\
      Tags: {{application: wrapup, wrapup-function: {name}}}
{event_source(name, one) if what == "consumer" else ""}{asynchronously(name) if what == "job" else ""}\
  {id}Logs:
    Type: AWS::Logs::LogGroup
{condition(one)}\
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      RetentionInDays: !Ref LogRetentionDays
      KmsKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
      Tags: [{{Key: application, Value: wrapup}}]
{role(f"{id}Role", "lambda", statements(name, one), one)}"""
        + (permission(id, what) if not in_background(one) else queue(name, one))
        + (schedule(name, one) if what == "job" else "")
        + (audit(id, one) if writes(one) else "")
    )


BULKHEAD = """\
      # Who floods the API with sign-ins takes no more of the account's concurrency than this; what goes beyond is
      # answered 500.
      ReservedConcurrentExecutions: !If [Bulkhead, !Ref AuthorizerConcurrency, !Ref AWS::NoValue]
"""


def event_source(name: str, one: dict) -> str:
    """The filler's had its name before there were others."""
    stream = one["stream"]
    return f"""\
      Events:
        {"Opened" if name == "ai-filler" else "Stream"}:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt {logical(stream["table"])}.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            FilterCriteria:
              Filters:
                - Pattern: '{json.dumps(stream["filter"])}'
            FunctionResponseTypes: [ReportBatchItemFailures]
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 5
            MaximumRecordAgeInSeconds: 21600
            DestinationConfig: {{OnFailure: {{Type: SQS, Destination: !GetAtt {dead_letters(name)}.Arn}}}}
"""


def asynchronously(name: str) -> str:
    """How often Lambda tries a job that fails: the schedule only knows that Lambda took it."""
    return f"""\
      EventInvokeConfig:
        MaximumRetryAttempts: 2
        MaximumEventAgeInSeconds: 3600
        DestinationConfig: {{OnFailure: {{Type: SQS, Destination: !GetAtt {dead_letters(name)}.Arn}}}}
"""


def role(id: str, service: str, allowed: str, one: dict) -> str:
    managed = "\n      ManagedPolicyArns: [!Ref Trace, !If [OwnKey, !Ref UseKey, !Ref AWS::NoValue]]"
    return f"""\
  {id}:
    Type: AWS::IAM::Role
{condition(one)}\
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {{Service: {service}.amazonaws.com}}
            Action: sts:AssumeRole
            # Not for another account.
            Condition: {{StringEquals: {{'aws:SourceAccount': !Ref AWS::AccountId}}}}{managed if service == "lambda" else ""}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
{allowed}"""


def allow(actions: list, resource: str, when: str = "", via: str = "") -> str:
    """A statement, there only where a condition of the template holds; by way of one service alone."""
    lines = [
        "Effect: Allow",
        f"Action: {actions[0] if len(actions) == 1 else '[' + ', '.join(actions) + ']'}",
        f"Resource: {resource}",
        *([f"Condition: {{StringEquals: {{kms:ViaService: {hosts(via)}}}}}"] if via else []),
    ]
    if not when:
        return "              - " + "\n                ".join(lines) + "\n"
    text = "\n                  ".join(lines)
    return f"              - !If\n                - {when}\n                - {text}\n                - !Ref AWS::NoValue\n"


def hosts(service: str) -> str:
    """KMS names a service by its domain, and the domain of a partition is not always the one of its endpoints."""
    names = (f"!Sub '{service}.${{AWS::Region}}.{domain}'" for domain in ("amazonaws.com", "${AWS::URLSuffix}"))
    return f"[{', '.join(names)}]"


def statements(name: str, one: dict) -> str:
    """What a function may do, beside what all may."""
    id = title(name)
    made = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"!GetAtt {id}Logs.Arn")
    for table, actions in one["dynamodb"].items():
        made += allow([f"dynamodb:{action}" for action in actions], f"!GetAtt {logical(table)}.Arn")
    if "stream" in one:
        source = logical(one["stream"]["table"])
        made += allow([f"dynamodb:{action}" for action in READ_STREAM], f"!GetAtt {source}.StreamArn")
        # Streams are listed without naming one.
        made += allow(["dynamodb:ListStreams"], f"!Sub '${{{source}.Arn}}/stream/*'")
    if in_background(one):
        made += send(name)
    if "WRAPUP_SEGMENT_TABLES" in one.get("environment", []):
        actions = [f"dynamodb:{action}" for action in one["dynamodb"][BUILT_IN]]
        made += allow(["lambda:InvokeFunction"], "!Ref SegmentFunctionArns", "SegmentFunctions")
        made += allow(actions, "!Ref SegmentTableArns", "OtherSegmentTables")
        # DynamoDB decrypts a table's key for reads and writes alike.
        made += allow(["kms:Decrypt"], "!Ref SegmentTableKmsKeyArns", "SegmentTableKeys", "dynamodb")
    return made + (AI if wants_ai(one) else "")


READ_STREAM = ["DescribeStream", "GetRecords", "GetShardIterator"]

# What the providers take.
AI = (
    allow(
        ["bedrock:InvokeModel"],
        "!If [ModelArns, !Ref AiModelArns,\n"
        "                    !Sub 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/${AiModel}']",
        "Bedrock",
    )
    + allow(["secretsmanager:GetSecretValue"], "!Ref AiKeySecretArn", "KeyInSecret")
    + allow(
        ["ssm:GetParameter"],
        "!Sub 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${AiKeyParameter}'",
        "KeyInParameter",
    )
    + allow(["kms:Decrypt"], "!Ref AiKeyKmsKeyArn", "AiKeyOfSecret", "secretsmanager")
    + allow(["kms:Decrypt"], "!Ref AiKeyKmsKeyArn", "AiKeyOfParameter", "ssm")
)


def send(name: str) -> str:
    """Dead letters are sent in the name of the role, and encrypted."""
    return allow(["sqs:SendMessage"], f"!GetAtt {dead_letters(name)}.Arn") + allow(
        ["kms:Decrypt", "kms:GenerateDataKey"], "!Ref KmsKeyArn", "OwnKey", "sqs"
    )


def permission(id: str, what: str) -> str:
    part = "authorizers" if what == "authorizer" else "live"
    return f"""\
  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub 'arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{part}/*'
      FunctionName: !Ref {id}
"""


def queue(name: str, one: dict) -> str:
    id = dead_letters(name)
    return f"""\
  # What {name} gave up, without its content: it goes with the stack.
  {id}:
    Type: AWS::SQS::Queue
{condition(one)}\
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      SqsManagedSseEnabled: !If [OwnKey, !Ref AWS::NoValue, true]
      KmsMasterKeyId: !If [OwnKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
      MessageRetentionPeriod: 1209600
      Tags: [{{Key: application, Value: wrapup}}]
  {id}ByTls:
    Type: AWS::SQS::QueuePolicy
{condition(one)}\
    Properties:
      Queues: [!Ref {id}]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Deny
            Principal: '*'
            Action: sqs:*
            Resource: !GetAtt {id}.Arn
            Condition: {{Bool: {{'aws:SecureTransport': 'false'}}}}
"""


def schedule(name: str, one: dict) -> str:
    id = title(name)
    return f"""\
  {id}Schedule:
    Type: AWS::Scheduler::Schedule
{condition(one)}\
    Properties:
      Description: !Sub 'Runs ${{{id}}}'
      ScheduleExpression: {one["schedule"]}
      FlexibleTimeWindow: {{Mode: 'OFF'}}
      Target:
        Arn: !GetAtt {id}.Arn
        RoleArn: !GetAtt {id}ScheduleRole.Arn
        RetryPolicy: {{MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3600}}
        DeadLetterConfig: {{Arn: !GetAtt {dead_letters(name)}.Arn}}
{role(f"{id}ScheduleRole", "scheduler", allow(["lambda:InvokeFunction"], f"!GetAtt {id}.Arn") + send(name), one)}"""


def audit(id: str, one: dict) -> str:
    return f"""\
  {id}Audit:
    Type: AWS::Logs::SubscriptionFilter
    Condition: {"AiAudit" if wants_ai(one) else "Audit"}
    Properties:
      LogGroupName: !Ref {id}Logs
      FilterPattern: '{{ $.audit.action = "*" }}'
      DestinationArn: !Ref AuditDestinationArn
      RoleArn: !If [AuditByRole, !Ref AuditRoleArn, !Ref AWS::NoValue]
"""


def paths(system: dict) -> str:
    """A path in both its forms, and in other versions, which its function refuses."""
    endpoints = {name: one["routes"] for name, one in system["functions"].items() if "routes" in one}
    made = "".join(path(name, *one) for name, routes in endpoints.items() for one in enumerate(routes, 1))
    return made + f"          /{{unknown+}}: {{x-amazon-apigateway-any-method: *not-{next(iter(endpoints))}}}\n"


def path(name: str, number: int, route: str) -> str:
    method, path = route.split(" ")
    first, item = number == 1, f"{name}-{number}"
    integration = f"""\
&to-{name}
                type: aws_proxy
                httpMethod: POST
                uri: !Sub >-
                  arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{title(name)}.Arn}}/invocations"""
    refused = f"&not-{name}\n              {{responses: {{}}, x-amazon-apigateway-integration: *to-{name}}}"
    return f"""\
          /api/now/{path}: &{item}
            {method.lower()}: &{item}-{method.lower()}
              security: [{{caller: []}}]
              responses: {{}}
              x-amazon-apigateway-integration: {integration if first else f"*to-{name}"}
{line(f"            head: *{item}-get", method == "GET")}\
            x-amazon-apigateway-any-method: {refused if first else f"*not-{name}"}
          /api/now/v1/{path}: *{item}
          /api/now/{{api_version}}/{path}: {{x-amazon-apigateway-any-method: *not-{name}}}
"""


def gateway_response(kind: str, one: dict) -> str:
    message, detail = one["message"], one["detail"]
    as_json = json.dumps({"error": {"message": message, "detail": detail}, "status": "failure"}, separators=(",", ":"))
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    as_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    headers = (COMMON_HEADERS | one.get("headers", {})).items()
    quoted = "".join(f"              gatewayresponse.header.{name}: '''{value}'''\n" for name, value in headers)
    anchor = kind.lower().replace("_", "-")
    return f"""\
          {kind}:
{line(f"            statusCode: {one.get('status')}", "status" in one)}\
            responseParameters:
{quoted}\
            responseTemplates:
              application/json: >-
                {as_json}
              application/xml: &{anchor}-xml >-
                {as_xml}
              text/xml: *{anchor}-xml
"""


def alarms(system: dict) -> str:
    waited_for = [name for name, one in system["functions"].items() if not in_background(one)]
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
            Metric: {{Namespace: AWS/{namespace}, MetricName: {metric}, Dimensions: [{{Name: {dimension}, Value: !Ref {one}}}]}}
            Stat: Sum
            Period: 300
"""
            for index, one in enumerate(of[start : start + METRICS_OF_AN_ALARM])
        )
        yield f"""\
  {id}{start // METRICS_OF_AN_ALARM + 1 if start else ""}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      <<: *alarm
      AlarmDescription: {description}
      Metrics:
        - {{Id: sum, Label: {metric}, Expression: SUM(METRICS())}}
{metrics}"""


def alarms_of(name: str, one: dict):
    """The alarms of a function that nobody waits for."""
    id, letters = title(name), dead_letters(name)
    function = f"{{Name: FunctionName, Value: !Ref {id}}}"
    late = [(f"{id}Late", f"Records wait five minutes for {name}", "AWS/Lambda IteratorAge Maximum", function, 300000)]
    for alarm, description, watched, dimension, threshold in [
        (f"{id}Errors", f"{name} crashed or ran out of time", "AWS/Lambda Errors Sum", function, 1),
        (f"{id}Throttles", f"Lambda refused to run {name} for want of concurrency", "AWS/Lambda Throttles Sum",
         function, 1),
        *(late if "stream" in one else []),
        (f"{letters}Visible", f"{name} gave up", "AWS/SQS ApproximateNumberOfMessagesVisible Maximum",
         f"{{Name: QueueName, Value: !GetAtt {letters}.QueueName}}", 1),
    ]:  # fmt: skip
        namespace, metric, statistic = watched.split(" ")
        yield f"""\
  {alarm}:
    Type: AWS::CloudWatch::Alarm
{condition(one)}\
    Properties:
      <<: *alarm
      AlarmDescription: {description}
      Namespace: {namespace}
      MetricName: {metric}
      Dimensions: [{dimension}]
      Statistic: {statistic}
      Period: 300
      Threshold: {threshold}
"""


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
    widgets = [
        ("Requests", "Sum", [api("Count", label="all"), api("4XXError", label="4xx"), api("5XXError", label="5xx")]),
        ("Latency in ms", "p99", [api("Latency", stat=one, label=one) for one in ("p50", "p99")]),
        ("Calls of functions", "Sum", [of("Invocations", id, id) for id in ids]),
        ("Errors and throttles of functions", "Sum",
         [of(metric, id, f"{id} {metric}") for metric in ("Errors", "Throttles") for id in ids]),
        ("Capacity units of tables", "Sum", [units(kind, id) for kind in ("Read", "Write") for id in tables]),
        ("In the background: lag in ms, dead letters", "Maximum",
         [of("IteratorAge", title(name), f"{name} lag") for name in behind if "stream" in functions[name]]
         + [letters(name) for name in behind]),
        ("Failed sign-ins", "Sum", [["Wrapup", "failed_sign_ins", "endpoint", "authorizer", {"label": "failed sign-ins"}]]),
    ]  # fmt: skip
    made = ",\n".join(widget(index, *one) for index, one in enumerate(widgets))
    named = ""
    for name in behind:
        when = lambda value: f"!If [Ai, {value}, none]" if wants_ai(functions[name]) else value
        id, letters = title(name), dead_letters(name)
        named += f"          {id}: {when(f'!Ref {id}')}\n          {letters}Name: {when(f'!GetAtt {letters}.QueueName')}\n"
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
