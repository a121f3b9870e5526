"""Least privilege: a function may do what the list says, write its log and traces, and nothing else."""

import re

from .deployment import Deployment, as_list, referred, same
from .system import in_background, streams

STREAM_ACTIONS = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
# A bus that was there before the deployment.
BUS = re.compile(r"arn:[a-z-]+:events:[a-z0-9-]+:\d{12}:event-bus/[A-Za-z0-9_.-]+")
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def wrong_permissions(deployment: Deployment):
    roles = [referred(function.get("Role", "")) for _, function in deployment.functions.values()]
    for name, (_, function) in sorted(deployment.functions.items()):
        role = referred(function.get("Role", ""))
        if roles.count(role) > 1:
            yield f"{name}: shares its role {role}"
        if deployment.log_group(function) not in deployment.template.of_type("AWS::Logs::LogGroup"):
            yield f"{name}: no log group of its own"
        if name in deployment.system["functions"]:
            for problem in wrong_role(deployment, role, "lambda", wanted(deployment, name, function)):
                yield f"{name}: {problem}"
    for name, schedule in deployment.template.of_type("AWS::Scheduler::Schedule").items():
        roles.append(referred(schedule["Target"]["RoleArn"]))
        for problem in wrong_role(deployment, roles[-1], "scheduler", wanted_by(deployment, schedule["Target"])):
            yield f"{name}: {problem}"
    for name, rule in deployment.template.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            roles.append(referred(target["RoleArn"]))
            post = {("events:InvokeApiDestination", target["Arn"])}
            for problem in wrong_role(deployment, roles[-1], "events", post):
                yield f"{name}: {problem}"
    yield from stray_roles(deployment, roles)


def wrong_role(deployment: Deployment, role: str, service: str, wanted: set):
    """What is wrong with a role of a service's."""
    found = deployment.template.of_type("AWS::IAM::Role").get(role)
    if not found:
        yield f"the role {role} is not in the template"
        return
    for statement in as_list(found["AssumeRolePolicyDocument"]["Statement"]):
        if statement["Principal"] != {"Service": f"{service}.amazonaws.com"}:
            yield f"the role can be assumed by {statement['Principal']}"
        own = {"StringEquals": {"aws:SourceAccount": deployment.template.pseudo["AWS::AccountId"]}}
        if statement.get("Condition") != own:
            yield "the role can be assumed for another account"
    if found.get("PermissionsBoundary"):
        yield "the role has a boundary that is not looked at here"
    allowed = set()
    for problem, grants in granted(deployment, role):
        if problem:
            yield problem
        allowed |= grants
    yield from same("permissions", {readable(deployment, one) for one in allowed}, wanted)


def stray_roles(deployment: Deployment, used: list):
    """Roles that nothing here has. API Gateway has one to write logs by, and takes no lesser one."""
    for name, role in deployment.template.of_type("AWS::IAM::Role").items():
        principals = [one["Principal"] for one in as_list(role["AssumeRolePolicyDocument"]["Statement"])]
        managed = [arn.split("/", 1)[-1] for arn in role.get("ManagedPolicyArns", [])]
        writes_logs = managed == ["service-role/AmazonAPIGatewayPushToCloudWatchLogs"] and not role.get("Policies")
        if name not in used and not (principals == [{"Service": "apigateway.amazonaws.com"}] and writes_logs):
            yield f"role {name} is nothing's here"


def granted(deployment: Deployment, role: str):
    """What a role allows, statement by statement, as pairs of an action and a resource. An action that is allowed
    only where a service of AWS's asks for it reads `kms:Decrypt via dynamodb`."""
    for document in documents(deployment, role):
        for statement in as_list(document["Statement"]):
            actions, resources = as_list(statement.get("Action", [])), as_list(statement.get("Resource", []))
            problem = None
            way = via(deployment, statement)
            plain = {"Effect", "Action", "Resource", "Sid"} | ({"Condition"} if way else set())
            if statement["Effect"] != "Allow" or not set(statement) <= plain:
                problem = f"a statement that is not plain: {statement}"
            elif any("*" in action for action in actions):
                problem = f"actions with a wildcard: {actions}"
            yield problem, {(f"{action}{way}", resource) for action in actions for resource in resources}


def via(deployment: Deployment, statement: dict) -> str:
    """The service that has to ask, by the name that it has in any partition; none where the statement has no
    condition, or another."""
    match statement.get("Condition"):
        case {"StringEquals": {"kms:ViaService": services, **more}, **others} if not more and not others:
            region, domain = (deployment.template.pseudo[f"AWS::{one}"] for one in ("Region", "URLSuffix"))
            names = {one.partition(f".{region}.")[0] for one in as_list(services)}
            hosts = {f"{name}.{region}.{end}" for name in names for end in ("amazonaws.com", domain)}
            if len(names) == 1 and set(as_list(services)) == hosts:
                return f" via {names.pop()}"
    return ""


def documents(deployment: Deployment, role: str):
    """The policies of a role."""
    properties = deployment.template.of_type("AWS::IAM::Role")[role]
    managed = deployment.template.of_type("AWS::IAM::ManagedPolicy")
    yield from (policy["PolicyDocument"] for policy in properties.get("Policies", []))
    for arn in properties.get("ManagedPolicyArns", []):
        # One that is not in the template allows nobody knows what.
        unknown = {"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": f"policy {arn}", "Resource": "?"}}}
        yield managed.get(referred(arn), unknown)["PolicyDocument"]
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for policy in deployment.template.of_type(kind).values():
            if role in map(referred, policy.get("Roles", [])):
                yield policy["PolicyDocument"]
    for policy in deployment.template.of_type("AWS::IAM::RolePolicy").values():
        if referred(policy["RoleName"]) == role:
            yield policy["PolicyDocument"]


def wanted(deployment: Deployment, name: str, function: dict) -> set:
    """What a function may do: what system.json says, logs, traces, and what the parameters add."""
    one = deployment.system["functions"][name]
    wanted = {(f"dynamodb:{action}", f"table {table}") for table, all_ in one["dynamodb"].items() for action in all_}
    wanted |= {(action, f"logs {deployment.log_group(function)}") for action in LOG_ACTIONS}
    wanted |= {(action, "*") for action in TRACE_ACTIONS}
    for secret, actions in one.get("secrets", {}).items():
        wanted |= {(f"secretsmanager:{action}", f"secret {secret}") for action in actions}
        if deployment.key:
            by_key = ["Decrypt", *(["GenerateDataKey"] if "PutSecretValue" in actions else [])]
            wanted |= {(f"kms:{action} via secretsmanager", deployment.key) for action in by_key}
    for stream in streams(one):
        wanted |= {(action, f"stream {stream['table']}") for action in STREAM_ACTIONS}
    wanted |= {(f"events:{action}", "the bus") for action in one.get("bus", [])}
    if in_background(one):
        wanted |= {("sqs:SendMessage", f"queue {deployment.dead_letters(name)}")}
    return wanted | deployment.further.get(name, set())


def wanted_by(deployment: Deployment, target: dict) -> set:
    """What a schedule may do: run the one job, and send what Lambda does not take to the job's own dead letters."""
    names = {logical: name for name, (logical, _) in deployment.functions.items()}
    job = referred(target["Arn"])
    letters = deployment.dead_letters(names.get(job, ""))
    by_key = {(f"kms:{one} via sqs", deployment.key) for one in ("Decrypt", "GenerateDataKey") if deployment.key}
    return {("lambda:InvokeFunction", f"${{{job}.Arn}}"), ("sqs:SendMessage", f"queue {letters}")} | by_key


def readable(deployment: Deployment, grant: tuple) -> tuple:
    """A permission, with the things of this template by name."""
    action, resource = grant
    for table, (logical, properties) in deployment.tables.items():
        if resource == f"${{{logical}.Arn}}" or resource.endswith(f":table/{properties['TableName']}"):
            return action, f"table {table}"
        if resource.startswith(f"${{{logical}.Arn}}/index/"):
            return action, f"table {table}/index/{resource.rsplit('/', 1)[1]}"
        # A table's streams are listed without naming one.
        listed = action == "dynamodb:ListStreams"
        if resource == (f"${{{logical}.Arn}}/stream/*" if listed else f"${{{logical}.StreamArn}}"):
            return action, f"stream {table}"
    for secret, (logical, _) in deployment.secrets.items():
        if resource == f"${{{logical}}}":
            return action, f"secret {secret}"
    logical = referred(resource)
    of_ours = logical in deployment.template.of_type("AWS::Events::EventBus") and resource == f"${{{logical}.Arn}}"
    if action.startswith("events:") and (of_ours or BUS.fullmatch(resource)):
        return action, "the bus"
    # :* is for a log group's streams, which Lambda names.
    if logical in deployment.template.of_type("AWS::Logs::LogGroup"):
        return action, f"logs {logical}" if resource in (f"${{{logical}.Arn}}", f"${{{logical}.Arn}}:*") else resource
    if logical in deployment.template.of_type("AWS::SQS::Queue"):
        return action, f"queue {logical}" if resource == f"${{{logical}.Arn}}" else resource
    return action, resource
