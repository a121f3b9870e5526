"""Least privilege: a function may do what the list says, write its log and traces, and nothing else."""

from .deployment import SYSTEM, Deployment, as_list, referred, same

STREAM_ACTIONS = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def wrong_role(deployment: Deployment, name: str):
    logical, function = deployment.functions[name]
    role = referred(function.get("Role", ""))
    roles = deployment.template.of_type("AWS::IAM::Role")
    if role not in roles:
        yield f"the role {role} is not in the template"
        return
    for other, (_, another) in deployment.functions.items():
        if other != name and referred(another.get("Role", "")) == role:
            yield f"shares its role with {other}"
    for statement in as_list(roles[role]["AssumeRolePolicyDocument"]["Statement"]):
        if statement["Principal"] != {"Service": "lambda.amazonaws.com"}:
            yield f"the role can be assumed by {statement['Principal']}"
        own = {"StringEquals": {"aws:SourceAccount": deployment.template.pseudo["AWS::AccountId"]}}
        if statement.get("Condition") != own:
            yield "the role can be assumed for another account's function"
    if roles[role].get("PermissionsBoundary"):
        yield "the role has a boundary that is not looked at here"
    allowed = set()
    for problem, grants in granted(deployment, role):
        if problem:
            yield problem
        allowed |= grants
    yield from same("permissions", {readable(deployment, one) for one in allowed}, wanted(deployment, name, function))


def stray_roles(deployment: Deployment):
    """Roles that are no function's. API Gateway has one to write logs by, and takes no lesser one."""
    used = {referred(function.get("Role", "")) for _, function in deployment.functions.values()}
    for name, role in deployment.template.of_type("AWS::IAM::Role").items():
        principals = [one["Principal"] for one in as_list(role["AssumeRolePolicyDocument"]["Statement"])]
        managed = [arn.split("/", 1)[-1] for arn in role.get("ManagedPolicyArns", [])]
        writes_logs = managed == ["service-role/AmazonAPIGatewayPushToCloudWatchLogs"] and not role.get("Policies")
        if name not in used and not (principals == [{"Service": "apigateway.amazonaws.com"}] and writes_logs):
            yield f"role {name} is no function's"


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
    one = SYSTEM["functions"][name]
    wanted = {(f"dynamodb:{action}", f"table {table}") for table, all_ in one["dynamodb"].items() for action in all_}
    wanted |= {(action, f"logs {deployment.log_group(function)}") for action in LOG_ACTIONS}
    wanted |= {(action, "*") for action in TRACE_ACTIONS}
    if "stream" in one:
        wanted |= {(action, f"stream {one['stream']['table']}") for action in STREAM_ACTIONS}
        wanted |= {("sqs:SendMessage", f"queue {deployment.dead_letters()}")}
    return wanted | deployment.further.get(name, set())


def readable(deployment: Deployment, grant: tuple) -> tuple:
    """A permission, with the things of this template by name."""
    action, resource = grant
    for table, (logical, properties) in deployment.tables.items():
        if resource == f"${{{logical}.Arn}}" or resource.endswith(f":table/{properties['TableName']}"):
            return action, f"table {table}"
        # A table's streams are listed without naming one.
        listed = action == "dynamodb:ListStreams"
        if resource == (f"${{{logical}.Arn}}/stream/*" if listed else f"${{{logical}.StreamArn}}"):
            return action, f"stream {table}"
    logical = referred(resource)
    # :* is for a log group's streams, which Lambda names.
    if logical in deployment.template.of_type("AWS::Logs::LogGroup"):
        return action, f"logs {logical}" if resource in (f"${{{logical}.Arn}}", f"${{{logical}.Arn}}:*") else resource
    if logical in deployment.template.of_type("AWS::SQS::Queue"):
        return action, f"queue {logical}" if resource == f"${{{logical}.Arn}}" else resource
    return action, resource
