"""Tables and functions, each function with its log and its role, and what runs it."""

import functools
import json
import textwrap

from template_check.system import (
    BUILT_IN,
    dead_letters,
    in_background,
    index_conditions,
    index_of,
    kind,
    option,
    streams,
    timeout,
    title,
    wants_ai,
    writes,
)

from .text import condition, line, logical, variables


# The package that has a binary for each function.
CODE = "../../functions"


def table(system: dict, name: str) -> str:
    readers = [one for one in system["functions"].values() if name in (stream["table"] for stream in streams(one))]
    stream = f"{{StreamViewType: {system['tables'][name].get('stream')}}}"
    # A stream that nothing reads is left out.
    if all(map(option, readers)):
        one_of = sorted({option(reader) for reader in readers})
        stream = functools.reduce(lambda rest, when: f"!If [{when}, {stream}, {rest}]", one_of, "!Ref AWS::NoValue")
    indexes, expiry = system["tables"][name].get("indexes", {}), system["tables"][name].get("ttl")
    return f"""\
  {logical(name)}:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub '${{TablePrefix}}{name}'
      BillingMode: PAY_PER_REQUEST
{attributes(indexes)}\
      KeySchema: [{{AttributeName: sys_id, KeyType: HASH}}]
{global_indexes(indexes)}\
{line(f"      StreamSpecification: {stream}", readers)}\
{line(f"      TimeToLiveSpecification: {{AttributeName: {expiry}, Enabled: true}}", expiry)}\
      PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true}}
      DeletionProtectionEnabled: true
      SSESpecification:
        !If [OwnKey, {{SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !Ref KmsKeyArn}}, !Ref AWS::NoValue]
      Tags: [{{Key: application, Value: wrapup}}]
"""


def attributes(indexes: dict) -> str:
    """The columns that are keys. Those of an index are there where that is: CloudFormation takes no others."""
    text = lambda column: f"{{AttributeName: {column}, AttributeType: S}}"
    if not indexes:
        return f"      AttributeDefinitions: [{text('sys_id')}]\n"
    made = f"      AttributeDefinitions:\n        - {text('sys_id')}\n"
    conditions = {}
    for name, condition in index_conditions(indexes).items():
        for key in ("partition", "sort"):
            conditions.setdefault(indexes[name][key], condition)
    return made + "".join(
        f"        - !If [{condition}, {text(column)}, !Ref AWS::NoValue]\n" for column, condition in conditions.items()
    )


def global_indexes(indexes: dict) -> str:
    if not indexes:
        return ""
    conditions = index_conditions(indexes)
    made = "".join(global_index(name, one, conditions[name]) for name, one in indexes.items())
    return f"""\
      GlobalSecondaryIndexes:
        !If
          - Indexes
          -
{made}\
          - !Ref AWS::NoValue
"""


def global_index(name: str, one: dict, condition: str) -> str:
    """An index. The first one of a table stands under the condition of all of them."""
    shown = "".join(f"                    - {column}\n" for column in one.get("shown", []))
    projection = f"INCLUDE\n                  NonKeyAttributes:\n{shown}" if shown else "KEYS_ONLY\n"
    made = f"""\
              - IndexName: {name}
                KeySchema:
                  - {{AttributeName: {one["partition"]}, KeyType: HASH}}
                  - {{AttributeName: {one["sort"]}, KeyType: RANGE}}
                Projection:
                  ProjectionType: {projection}"""
    if condition == "Indexes":
        return made
    return f"""\
              - !If
                - {condition}
{textwrap.indent(made, "  ")}\
                - !Ref AWS::NoValue
"""


def function(name: str, one: dict) -> str:
    """A function with its log group and its role, and what runs it."""
    id, what = title(name), kind(name, one)
    why = {
        "endpoint": lambda: ", ".join(one.get("routes") or one["public_routes"]),
        "consumer": lambda: f"Takes what happens to records of {' and '.join(stream['table'] for stream in streams(one))}",
        "job": lambda: f"Runs by the clock: {one['schedule']}",
        "authorizer": lambda: "Says who calls",
    }[what]()
    own = variables(one.get("environment", []), 10)
    return (
        f"""\
  # {why}
  {id}:
    Type: AWS::Serverless::Function
{condition(one)}\
    Metadata: {{BuildMethod: rust-cargolambda, BuildProperties: {{Binary: {name}}}}}
    Properties:
      CodeUri: {CODE}
      Role: !GetAtt {id}Role.Arn
      LoggingConfig: {{LogGroup: !Ref {id}Logs}}
      Timeout: {timeout(name, one)}
{BULKHEAD if what == "authorizer" else ""}\
{line("      Environment:", own)}{line("        Variables:", own)}{own}\
      Tags: {{application: wrapup, wrapup-function: {name}}}
{event_sources(name, one) if what == "consumer" else ""}{asynchronously(name) if what == "job" else ""}\
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
        + (permission(id, what, one) if not in_background(one) else queue(name, one))
        + (schedule(name, one) if what == "job" else "")
        + (audit(id, one) if writes(one) else "")
    )


BULKHEAD = """\
      # Who floods the API with sign-ins takes no more of the account's concurrency than this; what goes beyond is
      # answered 500.
      ReservedConcurrentExecutions: !If [Bulkhead, !Ref AuthorizerConcurrency, !Ref AWS::NoValue]
"""


def event_sources(name: str, one: dict) -> str:
    """What of the streams a consumer gets. The filler's had their names before there were others."""
    names = ("Opened", "Said") if name == "ai-filler" else ("Stream", "SecondStream")
    learned = one.get("learning", {}).get("filters", [])
    sources = zip(names, streams(one), (learned, []))
    return "      Events:\n" + "".join(event_source(name, *source) for source in sources)


def event_source(name: str, event: str, stream: dict, learned: list) -> str:
    """A stream, with the records that are wanted always, and those that are where the deployment learns."""
    pattern = lambda filter: f"Pattern: '{json.dumps(filter)}'"
    where = "".join(
        f"                - !If [Learning, {{{pattern(filter)}}}, !Ref AWS::NoValue]\n" for filter in learned
    )
    return f"""\
        {event}:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt {logical(stream["table"])}.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: {stream["batch"]}
            FilterCriteria:
              Filters:
                - {pattern(stream["filter"])}
{where}\
            FunctionResponseTypes: [ReportBatchItemFailures]
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: {stream["retries"]}
            MaximumRecordAgeInSeconds: {stream["hours"] * 3600}
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
    managed = "      ManagedPolicyArns: [!Ref Trace, !If [OwnKey, !Ref UseKey, !Ref AWS::NoValue]]"
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
            Condition: {{StringEquals: {{'aws:SourceAccount': !Ref AWS::AccountId}}}}
{line(managed, service == "lambda")}\
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
        *(["Condition:", "  StringEquals:", f"    kms:ViaService: {hosts(via)}"] if via else []),
    ]
    if not when:
        return "              - " + "\n                ".join(lines) + "\n"
    text = "\n                  ".join(lines)
    return f"""\
              - !If
                - {when}
                - {text}
                - !Ref AWS::NoValue
"""


def hosts(service: str) -> str:
    """KMS names a service by its domain, and the domain of a partition is not always the one of its endpoints."""
    names = (f"!Sub '{service}.${{AWS::Region}}.{domain}'" for domain in ("amazonaws.com", "${AWS::URLSuffix}"))
    return f"[{', '.join(names)}]"


def statements(name: str, one: dict) -> str:
    """What a function may do, beside what all may."""
    id = title(name)
    made = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"!GetAtt {id}Logs.Arn")
    for resource, actions in one["dynamodb"].items():
        table, index = index_of(resource)
        arn = f"!Sub '${{{logical(table)}.Arn}}/index/{index}'" if index else f"!GetAtt {logical(table)}.Arn"
        made += allow([f"dynamodb:{action}" for action in actions], arn)
    for secret, actions in one.get("secrets", {}).items():
        made += allow([f"secretsmanager:{action}" for action in actions], f"!Ref {title(secret)}")
        by_key = ["kms:Decrypt", *(["kms:GenerateDataKey"] if "PutSecretValue" in actions else [])]
        made += allow(by_key, "!Ref KmsKeyArn", "OwnKey", "secretsmanager")
    for table, actions in one.get("learning", {}).get("dynamodb", {}).items():
        made += allow([f"dynamodb:{action}" for action in actions], f"!GetAtt {logical(table)}.Arn", "Learning")
    for stream in streams(one):
        source = logical(stream["table"])
        made += allow([f"dynamodb:{action}" for action in READ_STREAM], f"!GetAtt {source}.StreamArn")
        # Streams are listed without naming one.
        made += allow(["dynamodb:ListStreams"], f"!Sub '${{{source}.Arn}}/stream/*'")
    if in_background(one):
        made += send(name)
    if "bus" in one:
        made += allow([f"events:{action}" for action in one["bus"]], BUS)
    if "WRAPUP_SEGMENT_TABLES" in one.get("environment", []):
        actions = [f"dynamodb:{action}" for action in one["dynamodb"][BUILT_IN]]
        made += allow(["lambda:InvokeFunction"], "!Ref SegmentFunctionArns", "SegmentFunctions")
        made += allow(actions, "!Ref SegmentTableArns", "OtherSegmentTables")
        # DynamoDB decrypts a table's key for reads and writes alike.
        made += allow(["kms:Decrypt"], "!Ref SegmentTableKmsKeyArns", "SegmentTableKeys", "dynamodb")
    return made + (AI if wants_ai(one) else "")


# The bus that events go to, ours or one that was there.
BUS = """!If
                  - OwnBus
                  - !GetAtt EventBus.Arn
                  - !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}'"""


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


def permission(id: str, what: str, one: dict) -> str:
    """API Gateway alone invokes it: the authorizer as one, an endpoint by the stage."""
    part = "authorizers" if what == "authorizer" else "live"
    return f"""\
  {id}Permission:
    Type: AWS::Lambda::Permission
{condition(one)}\
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
    Condition: {option(one)}Audit
    Properties:
      LogGroupName: !Ref {id}Logs
      FilterPattern: '{{ $.audit.action = "*" }}'
      DestinationArn: !Ref AuditDestinationArn
      RoleArn: !If [AuditByRole, !Ref AuditRoleArn, !Ref AWS::NoValue]
"""
