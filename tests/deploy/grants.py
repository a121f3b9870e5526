"""What the roles of a stack are granted, against what calls have used."""

import copy
import dataclasses
import fnmatch
import json
import re
import urllib.parse

from emulator import Decision
from stack import Stack

# What AWS does in a role's name, where the emulator asks nobody: logs and traces, keys of KMS, what Lambda reads of a
# stream and puts aside, what Scheduler and EventBridge invoke.
BY_THE_PLATFORM = {
    "logs:*", "xray:*", "kms:*", "sqs:SendMessage", "dynamodb:DescribeStream", "dynamodb:GetRecords",
    "dynamodb:GetShardIterator", "dynamodb:ListStreams", "events:InvokeApiDestination",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Grant:
    """An action that a role may take on what a pattern names."""

    function: str
    action: str
    resource: str

    def __str__(self):
        return f"{self.function} {self.action} {self.resource}"


def roles(stack: Stack) -> dict[str, str]:
    """The roles of the stack's functions, with the functions' names in infra/system.json."""
    functions = stack.emulator.client("lambda")
    found = {}
    for name in stack.resources("AWS::Lambda::Function").values():
        function = functions.get_function(FunctionName=name)
        if named := function.get("Tags", {}).get("wrapup-function"):
            found[function["Configuration"]["Role"].rpartition("/")[2]] = named
    return found


def granted(stack: Stack) -> set[Grant]:
    iam = stack.emulator.client("iam")
    found = set()
    for role, function in roles(stack).items():
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            if isinstance(document, str):
                document = json.loads(urllib.parse.unquote(document))
            for statement in listed(document["Statement"]):
                for action in listed(statement["Action"]):
                    for resource in listed(statement["Resource"]):
                        if not any(fnmatch.fnmatchcase(action, one) for one in BY_THE_PLATFORM):
                            found.add(Grant(function, action, resource))
    return found


def unused(stack: Stack) -> set[Grant]:
    """The grants of the stack's functions that no call of theirs has used so far."""
    functions, calls = roles(stack), stack.emulator.decisions()
    return {grant for grant in granted(stack) if not any(uses(grant, functions, call) for call in calls)}


def uses(grant: Grant, functions: dict[str, str], call: Decision) -> bool:
    own = call.allowed and functions.get(call.role) == grant.function and call.action == grant.action
    return own and fnmatch.fnmatchcase(call.resource, grant.resource)


def denied(stack: Stack) -> set[Decision]:
    """The calls of the stack's functions that IAM has refused so far."""
    functions = roles(stack)
    return {call for call in stack.emulator.decisions() if call.role in functions and not call.allowed}


def with_a_wrong_one(template: dict) -> dict:
    """The template, where `get-code` may delete codes and not read them."""
    wrong = copy.deepcopy(template)
    own = lambda id: re.match(r"(ApiFunctions)?getcode", id, re.IGNORECASE)
    policies = [one for id, one in wrong["Resources"].items() if own(id) and "IAM" in one["Type"]]
    [statement] = (one for one in statements(policies) if listed(one["Action"]) == ["dynamodb:GetItem"])
    statement["Action"] = "dynamodb:DeleteItem"
    return wrong


def statements(resources: list):
    """The statements of roles and policies in a template."""
    for properties in (one["Properties"] for one in resources):
        for policy in [*properties.get("Policies", []), properties]:
            yield from policy.get("PolicyDocument", {}).get("Statement", [])


def listed(one_or_more) -> list:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
