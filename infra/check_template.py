#!/usr/bin/env python3
"""Holds a plain CloudFormation template, from SAM or from CDK, against infra/system.json and
infra/gateway-responses.json: `infra/check_template.py [--complete] [--further FILE] TEMPLATE [PARAMETER=VALUE ...]`.

What a template has to look like to be understood:
- A function bears the tag `wrapup-function` with its name in system.json.
- Roles, policies and managed policies stand in the template; none of AWS's own is used.
- The API is one AWS::ApiGateway::RestApi, with an OpenAPI Body, or with Resources, Methods and GatewayResponses.
- A route's methods, GET with HEAD, stand below /api/now/ and /api/now/v1/, behind the authorizer. What else callers may
  try is refused without it. Either ANY of a path goes to the path's function, which answers 405 with `Allow`, ANY of
  /api/now/{any name}/ and the same path too, 400 for the version, and ANY of /{any name+} to any of these functions,
  404. Or mock integrations answer so; then the one of the versions stands at /api/now/{any name}/wrapup/{any name+}.
"""

import argparse
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from plain_template import Template
from rest_api import GATEWAY_HEADERS, FixedAnswer, Operation, RestApi

HERE = pathlib.Path(__file__).parent
SYSTEM = json.loads((HERE / "system.json").read_text())
GATEWAY_RESPONSES = json.loads((HERE / "gateway-responses.json").read_text())

STREAM_ACTIONS = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Of a request, all that an access log may tell: paths and queries name segments, agents and interactions.
LOGGED = {
    "requestId", "extendedRequestId", "httpMethod", "resourcePath", "status", "responseLatency", "responseLength",
    "requestTime", "requestTimeEpoch", "protocol", "stage", "apiId", "xrayTraceId", "error.responseType",
    "integration.latency", "integration.integrationStatus", "integration.status", "integration.requestId",
    "integrationLatency", "integrationStatus", "authorizer.latency", "authorizer.status", "authorizer.integrationLatency",
    "authorizer.integrationStatus", "wafResponseCode",
}  # fmt: skip


def check(template: Template, further: dict | None = None, complete: bool = False) -> list[str]:
    """What is wrong with a template. `further` has, by function, the actions on resources that options of the
    deployment add to what system.json says: `{"create-segment": [["lambda:InvokeFunction", "arn:.."]]}`. A template is
    complete where all options are made use of: then each variable has to be set and each alarm to tell somebody."""
    return list(Checker(template, further or {}, complete).problems())


class Checker:
    """One template under check."""

    def __init__(self, template: Template, further: dict, complete: bool):
        self.template, self.complete = template, complete
        self.further = {name: set(map(tuple, grants)) for name, grants in further.items()}
        self.functions = {}
        for name, function in template.of_type("AWS::Lambda::Function").items():
            if own := _tags(function).get("wrapup-function"):
                self.functions[own] = (name, function)
        self.tables = {}
        for name, table in template.of_type("AWS::DynamoDB::Table").items():
            for platform_name in sorted(SYSTEM["tables"], key=len, reverse=True):
                if str(table.get("TableName", "")).endswith(platform_name):
                    self.tables[platform_name] = (name, table)
                    break

    def problems(self):
        wanted = {name for name, one in SYSTEM["functions"].items() if "stream" not in one or name in self.functions}
        yield from _same("functions", set(self.functions), wanted)
        known = {name for name, _ in self.functions.values()}
        for other in set(self.template.of_type("AWS::Lambda::Function")) - known:
            yield f"function {other} bears no tag wrapup-function"
        yield from self.wrong_tables()
        for name in sorted(wanted & set(self.functions)):
            for problem in [*self.wrong_function(name), *self.wrong_role(name)]:
                yield f"{name}: {problem}"
        yield from self.wrong_event_sources()
        yield from self.wrong_api()
        yield from self.wrong_logs()
        yield from self.wrong_queues()
        yield from self.wrong_alarms()

    # Tables

    def wrong_tables(self):
        yield from _same("tables", set(self.tables), set(SYSTEM["tables"]))
        if len(self.template.of_type("AWS::DynamoDB::Table")) != len(self.tables):
            yield "there are tables that system.json does not have"
        key = {
            "KeySchema": [{"AttributeName": "sys_id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "sys_id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
        }
        prefixes = set()
        for name, (logical, table) in self.tables.items():
            prefixes.add(table["TableName"].removesuffix(name))
            for field, value in key.items():
                if table.get(field) != value:
                    yield f"table {name}: {field} is {table.get(field)}"
            recovery = table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
            if recovery is not True:
                yield f"table {name}: no point-in-time recovery"
            stream = table.get("StreamSpecification", {}).get("StreamViewType")
            if stream != SYSTEM["tables"][name].get("stream"):
                yield f"table {name}: the stream shows {stream}"
            for indexes in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
                if table.get(indexes):
                    yield f"table {name}: {indexes} that nothing reads"
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if self.template.resources[logical].get(policy) != "Retain":
                    yield f"table {name}: {policy} is not Retain"
        if len(prefixes) > 1:
            yield f"tables have different prefixes: {sorted(prefixes)}"
        self.prefix = next(iter(prefixes), "")

    # Functions

    def wrong_function(self, name: str):
        _, function = self.functions[name]
        timeout = {"authorizer": 10, "ai-filler": 120}.get(name, 29)
        for field, value in {"Runtime": "provided.al2023", "Timeout": timeout, "PackageType": "Zip"}.items():
            if function.get(field, "Zip") != value:
                yield f"{field} is {function.get(field)}"
        if function.get("Architectures") not in (["arm64"], ["x86_64"]):
            yield f"Architectures are {function.get('Architectures')}"
        if function.get("TracingConfig", {}).get("Mode") != "Active":
            yield "no active tracing"
        if self.log_group(function) not in self.template.of_type("AWS::Logs::LogGroup"):
            yield "no log group of its own"
        variables = function.get("Environment", {}).get("Variables", {})
        wanted = set(SYSTEM["environment"]) | set(SYSTEM["functions"][name].get("environment", []))
        # An empty variable counts as none.
        yield from _same("environment", set(variables), wanted if self.complete else wanted & set(variables))
        if variables.get("WRAPUP_TABLE_PREFIX", "") != self.prefix:
            yield f"WRAPUP_TABLE_PREFIX is {variables.get('WRAPUP_TABLE_PREFIX')!r}, the tables' is {self.prefix!r}"

    def log_group(self, function: dict) -> str:
        """The logical id of a function's log group."""
        return _referred(function.get("LoggingConfig", {}).get("LogGroup", ""))

    # Permissions

    def wrong_role(self, name: str):
        logical, function = self.functions[name]
        role = _referred(function.get("Role", ""))
        roles = self.template.of_type("AWS::IAM::Role")
        if role not in roles:
            yield f"the role {role} is not in the template"
            return
        for other, (_, another) in self.functions.items():
            if other != name and _referred(another.get("Role", "")) == role:
                yield f"shares its role with {other}"
        for statement in _list(roles[role]["AssumeRolePolicyDocument"]["Statement"]):
            if statement["Principal"] != {"Service": "lambda.amazonaws.com"}:
                yield f"the role can be assumed by {statement['Principal']}"
        if roles[role].get("PermissionsBoundary"):
            yield "the role has a boundary that is not looked at here"
        allowed = set()
        for problem, grants in self.granted(role):
            if problem:
                yield problem
            allowed |= grants
        yield from _same("permissions", {self.readable(one) for one in allowed}, self.wanted(name, function))

    def granted(self, role: str):
        """What a role allows, statement by statement, as pairs of an action and a resource."""
        for document in self.documents(role):
            for statement in _list(document["Statement"]):
                actions, resources = _list(statement.get("Action", [])), _list(statement.get("Resource", []))
                problem = None
                if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
                    problem = f"a statement that is not plain: {statement}"
                elif any("*" in action for action in actions):
                    problem = f"actions with a wildcard: {actions}"
                yield problem, {(action, resource) for action in actions for resource in resources}

    def documents(self, role: str):
        """The policies of a role."""
        properties = self.template.of_type("AWS::IAM::Role")[role]
        managed = self.template.of_type("AWS::IAM::ManagedPolicy")
        yield from (policy["PolicyDocument"] for policy in properties.get("Policies", []))
        for arn in properties.get("ManagedPolicyArns", []):
            # One that is not in the template allows nobody knows what.
            unknown = {"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": f"policy {arn}", "Resource": "?"}}}
            yield managed.get(_referred(arn), unknown)["PolicyDocument"]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for policy in self.template.of_type(kind).values():
                if role in map(_referred, policy.get("Roles", [])):
                    yield policy["PolicyDocument"]
        for policy in self.template.of_type("AWS::IAM::RolePolicy").values():
            if _referred(policy["RoleName"]) == role:
                yield policy["PolicyDocument"]

    def wanted(self, name: str, function: dict) -> set:
        """What a function may do: what system.json says, logs, traces, and what the parameters add."""
        one = SYSTEM["functions"][name]
        wanted = {(f"dynamodb:{action}", f"table {table}") for table, all_ in one["dynamodb"].items() for action in all_}
        wanted |= {(action, f"logs {self.log_group(function)}") for action in LOG_ACTIONS}
        wanted |= {(action, "*") for action in TRACE_ACTIONS}
        if "stream" in one:
            wanted |= {(action, f"stream {one['stream']['table']}") for action in STREAM_ACTIONS}
            wanted |= {("sqs:SendMessage", f"queue {self.dead_letters()}")}
        return wanted | self.further.get(name, set())

    def readable(self, grant: tuple) -> tuple:
        """A permission, with the things of this template by name."""
        action, resource = grant
        for table, (logical, properties) in self.tables.items():
            if resource == f"${{{logical}.Arn}}" or resource.endswith(f":table/{properties['TableName']}"):
                return action, f"table {table}"
            # A table's streams are listed without naming one.
            listed = action == "dynamodb:ListStreams" and resource == f"${{{logical}.Arn}}/stream/*"
            if listed or resource == f"${{{logical}.StreamArn}}":
                return action, f"stream {table}"
        logical = _referred(resource)
        # A log group's Arn ends in :* for its streams, which Lambda names.
        if logical in self.template.of_type("AWS::Logs::LogGroup") and resource.startswith("${"):
            return action, f"logs {logical}"
        if logical in self.template.of_type("AWS::SQS::Queue"):
            return action, f"queue {logical}"
        return action, resource

    # Event sources

    def sources(self):
        """The event source mappings, each with its function's name."""
        names = {logical: name for name, (logical, _) in self.functions.items()}
        for source in self.template.of_type("AWS::Lambda::EventSourceMapping").values():
            yield names.get(_referred(source["FunctionName"])), source

    def dead_letters(self) -> str | None:
        """The logical id of the queue that takes what could not be filled."""
        for _, source in self.sources():
            return _referred(source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""))
        return None

    def wrong_event_sources(self):
        wanted = {name for name in self.functions if "stream" in SYSTEM["functions"].get(name, {})}
        yield from _same("event sources", {name for name, _ in self.sources()}, wanted)
        for name, source in self.sources():
            stream = SYSTEM["functions"].get(name, {}).get("stream")
            if not stream:
                continue
            filters = source.get("FilterCriteria", {}).get("Filters", [])
            found = {
                "EventSourceArn": source["EventSourceArn"] == f"${{{self.tables.get(stream['table'], ['?'])[0]}.StreamArn}}",
                "FilterCriteria": [json.loads(one["Pattern"]) for one in filters] == [stream["filter"]],
                "StartingPosition": source.get("StartingPosition") == "TRIM_HORIZON",
                "FunctionResponseTypes": source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"],
                "BisectBatchOnFunctionError": source.get("BisectBatchOnFunctionError") is True,
                "BatchSize": 1 <= int(source.get("BatchSize", 100)) <= 10,
                "MaximumRetryAttempts": 0 <= int(source.get("MaximumRetryAttempts", -1)) <= 100,
                "MaximumRecordAgeInSeconds": 60 <= int(source.get("MaximumRecordAgeInSeconds", -1)) <= 86400,
                "DestinationConfig": self.dead_letters() in self.template.of_type("AWS::SQS::Queue"),
            }
            for field in (field for field, good in found.items() if not good):
                yield f"{name}: {field} of the event source is {source.get(field)}"

    # The API

    def wrong_api(self):
        api = RestApi(self.template)
        yield from api.problems
        yield from _same("operations of the API", self.operations(api), self.wanted_operations(api))
        yield from self.wrong_authorizer(api)
        yield from self.wrong_invocations(api)
        yield from self.wrong_gateway_responses(api)
        yield from self.wrong_stage()

    def operations(self, api: RestApi) -> set:
        """Method, path, who answers, and whether callers have to prove themselves."""
        names = {logical: name for name, (logical, _) in self.functions.items()}
        return {
            (method, _canonical(path), _mocked(one) or names.get(one.function, one.function), one.authorizer is not None)
            for (method, path), one in api.operations.items()
        }

    def wanted_operations(self, api: RestApi) -> set:
        refused = {(method, path): answered for method, path, answered, _ in self.operations(api) if method == "ANY"}
        versions, unknown = ("ANY", "/api/now/{}/wrapup/{+}"), ("ANY", "/{+}")
        wanted = {(*versions, "mock: 400, 404", False)} if versions in refused else set()
        for name, function in SYSTEM["functions"].items():
            for route in function.get("routes", []):
                method, path = route.split(" ")
                methods = ["GET", "HEAD"] if method == "GET" else [method]
                for form in ("/api/now/", "/api/now/v1/"):
                    full = f"{form}{_canonical(path)}"
                    wanted |= {(one, full, name, True) for one in methods}
                    mocked = refused.get(("ANY", full), "").startswith("mock")
                    wanted.add(("ANY", full, f"mock: 405, Allow: {', '.join(methods)}" if mocked else name, False))
                if versions not in refused:
                    wanted.add(("ANY", f"/api/now/{{}}/{_canonical(path)}", name, False))
        # Any function with a route knows what is no path.
        found = refused.get(unknown)
        known = found == "mock: 404" or "routes" in SYSTEM["functions"].get(found, {})
        return wanted | {(*unknown, found if known else "any function with a route", False)}

    def wrong_authorizer(self, api: RestApi):
        authorizer = self.functions.get("authorizer", (None,))[0]
        for one in {id(one): one for one in (o.authorizer for o in api.operations.values()) if one}.values():
            if one.kind.upper() != "REQUEST":
                yield f"the authorizer has the type {one.kind}"
            if one.identity_source != "method.request.header.Authorization":
                yield f"the authorizer's verdicts are cached by {one.identity_source}"
            if one.function != authorizer:
                yield f"the authorizer is {one.function}"
            if not 0 <= int(one.cache_seconds) <= 3600:
                yield f"the authorizer's verdicts are cached {one.cache_seconds} s"

    def wrong_invocations(self, api: RestApi):
        permitted = set()
        for permission in self.template.of_type("AWS::Lambda::Permission").values():
            if permission["Principal"] != "apigateway.amazonaws.com":
                yield f"{permission['Principal']} may invoke {permission['FunctionName']}"
            if f"${{{api.name}}}" not in permission.get("SourceArn", ""):
                yield f"any API may invoke {permission['FunctionName']}"
            permitted.add(_referred(permission["FunctionName"]))
        http = {self.functions[name][0] for name in self.functions if "stream" not in SYSTEM["functions"].get(name, {})}
        yield from _same("functions that the API may invoke", permitted, http)

    def wrong_gateway_responses(self, api: RestApi):
        yield from _same("gateway responses", set(api.gateway_responses), set(GATEWAY_RESPONSES))
        for kind, wanted in GATEWAY_RESPONSES.items():
            found = api.gateway_responses.get(kind)
            if not found:
                continue
            if str(found.status or "") != str(wanted.get("status", "")):
                yield f"{kind}: the status is {found.status}"
            headers = GATEWAY_HEADERS | wanted.get("headers", {})
            if found.headers != headers:
                yield f"{kind}: the headers are {found.headers}"
            bodies = _bodies(wanted["message"], wanted["detail"])
            for media_type in bodies.keys() | found.bodies.keys():
                if found.bodies.get(media_type) != bodies.get(media_type):
                    yield f"{kind}: as {media_type} it is {found.bodies.get(media_type)!r}"
        for (method, path), operation in api.operations.items():
            for answer in operation.answers:
                if not _is_platform_error(answer) or GATEWAY_HEADERS.items() - answer.headers.items():
                    yield f"{method} {path}: {answer.status} is no platform error: {answer}"

    def wrong_stage(self):
        stages = self.template.of_type("AWS::ApiGateway::Stage")
        if len(stages) != 1:
            yield f"there are {len(stages)} stages"
        for name, stage in stages.items():
            if stage.get("TracingEnabled") is not True:
                yield f"stage {name} is not traced"
            every = [one for one in stage.get("MethodSettings", []) if (one["ResourcePath"], one["HttpMethod"]) == ("/*", "*")]
            for field in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
                if not every or not int(every[0].get(field, 0)) > 0:
                    yield f"stage {name} has no {field}"
            if any(one.get("DataTraceEnabled") for one in stage.get("MethodSettings", [])):
                yield f"stage {name} logs requests and answers"
            log = stage.get("AccessLogSetting", {})
            if _referred(log.get("DestinationArn", "")) not in self.template.of_type("AWS::Logs::LogGroup"):
                yield f"stage {name} has no access log"
            for told in re.findall(r"\$(?:context\.)?([A-Za-z.]+)", log.get("Format", "")):
                if told not in LOGGED:
                    yield f"the access log tells {told}"

    # Watching

    def wrong_logs(self):
        for name, group in self.template.of_type("AWS::Logs::LogGroup").items():
            if not int(group.get("RetentionInDays", 0)) > 0:
                yield f"log group {name} is kept for ever"
        used = [self.log_group(function) for _, function in self.functions.values()]
        for name in {name for name in used if used.count(name) > 1}:
            yield f"log group {name} is shared by functions"

    def wrong_queues(self):
        for name, queue in self.template.of_type("AWS::SQS::Queue").items():
            if not (queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId")):
                yield f"queue {name} is not encrypted"

    def wrong_alarms(self):
        watched = set()
        for name, alarm in self.template.of_type("AWS::CloudWatch::Alarm").items():
            if self.complete and not alarm.get("AlarmActions"):
                yield f"alarm {name} tells nobody"
            watched |= set(_watched(alarm))
        yield from _missing("alarms", watched, self.wanted_alarms())
        if not self.template.of_type("AWS::CloudWatch::Dashboard"):
            yield "there is no dashboard"

    def wanted_alarms(self) -> set:
        wanted = {("5XXError", "", "Sum"), ("Latency", "", "p99")}
        for logical, _ in self.functions.values():
            wanted |= {("Errors", logical, "Sum"), ("Throttles", logical, "Sum")}
        for logical, _ in self.tables.values():
            wanted |= {("ReadThrottleEvents", logical, "Sum"), ("WriteThrottleEvents", logical, "Sum")}
        if "ai-filler" in self.functions:
            wanted |= {("IteratorAge", self.functions["ai-filler"][0], "Maximum")}
            wanted |= {("ApproximateNumberOfMessagesVisible", self.dead_letters(), "Maximum")}
        return wanted


def _watched(alarm: dict):
    """The metrics that an alarm looks at: each with the logical id of what it is of, and the statistic."""
    metrics = [(alarm, alarm)] if "MetricName" in alarm else []
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            metrics.append((one["MetricStat"]["Metric"], one["MetricStat"]))
    for metric, how in metrics:
        statistic = how.get("Stat") or how.get("Statistic") or how.get("ExtendedStatistic")
        values = {one["Name"]: _referred(one["Value"]) for one in metric.get("Dimensions", [])}
        of_api = metric.get("Namespace") == "AWS/ApiGateway"
        yield metric["MetricName"], "" if of_api else next(iter(values.values()), ""), statistic


def _bodies(message: str, detail: str) -> dict:
    """A platform error by media type, as the functions write it."""
    in_json = {"error": {"message": message, "detail": detail}, "status": "failure"}
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    in_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    return {"application/json": json.dumps(in_json, separators=(",", ":")), "application/xml": in_xml, "text/xml": in_xml}


def _is_platform_error(answer: FixedAnswer) -> bool:
    try:
        error = json.loads(answer.bodies["application/json"])["error"]
        return answer.bodies == _bodies(error["message"], error["detail"])
    except (KeyError, ValueError):
        return False


def _mocked(operation: Operation) -> str | None:
    """What a mock integration answers, in short; nothing of a function."""
    if not operation.answers:
        return None
    statuses = ", ".join(sorted(answer.status for answer in operation.answers))
    allow = [answer.headers["Allow"] for answer in operation.answers if "Allow" in answer.headers]
    return ", Allow: ".join([f"mock: {statuses}", *allow])


def _canonical(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}+]*(\+?)\}", r"{\1}", path)


def _referred(mark) -> str:
    """The logical id in `${Id}` or `${Id.Attribute}`, whatever stands around it."""
    found = re.search(r"\$\{([A-Za-z0-9]+)", str(mark))
    return found[1] if found else ""


def _tags(resource: dict) -> dict:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def _list(value) -> list:
    return value if isinstance(value, list) else [value]


def _missing(what: str, found: set, wanted: set):
    for one in sorted(map(str, wanted - found)):
        yield f"{what}: {one} is missing"


def _same(what: str, found: set, wanted: set):
    yield from _missing(what, found, wanted)
    for one in sorted(map(str, found - wanted)):
        yield f"{what}: {one} is too much"


def main() -> int:
    arguments = argparse.ArgumentParser(description="Holds a plain CloudFormation template against infra/system.json.")
    arguments.add_argument("--complete", action="store_true", help="the template makes use of all options")
    arguments.add_argument("--further", type=pathlib.Path, help="JSON of what options allow, by function")
    arguments.add_argument("template", type=pathlib.Path)
    arguments.add_argument("parameters", nargs="*", metavar="PARAMETER=VALUE")
    given = arguments.parse_args()
    parameters = dict(one.split("=", 1) for one in given.parameters)
    template = Template(json.loads(given.template.read_text()), parameters)
    further = json.loads(given.further.read_text()) if given.further else {}
    problems = check(template, further, given.complete)
    print("\n".join(problems) or f"{given.template} is what infra/system.json describes")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
