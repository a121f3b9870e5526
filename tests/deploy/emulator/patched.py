"""MiniStack, by what it lacks to deploy our templates as they are, each made up for by wrapping one function of it; and
with a record of what its IAM decides, in the file that DECISIONS names. Takes the variables that `ministack` takes."""

import dataclasses
import json
import os
import socketserver
import sys
import threading

import ministack.core.iam_evaluator as iam
import ministack.services.apigateway_v1 as api
import ministack.services.cloudformation.provisioners as cloudformation
from ministack.app import main
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import secretsmanager

# An OpenAPI document's methods that stand for all others.
import_path_item = api._import_path_item
api._OPENAPI_HTTP_METHODS.add("any")


def with_any_method(api_id, path, item, *others):
    named = {"x-amazon-apigateway-any-method": "any"}
    return import_path_item(api_id, path, {named.get(name, name): one for name, one in item.items()}, *others)


# And what else it says to API Gateway.
import_rest_api = api._import_rest_api


def with_all_of_the_document(document, base=None):
    if types := document.get("x-amazon-apigateway-binary-media-types"):
        base = {**(base or {}), "binaryMediaTypes": types}
    api_id = import_rest_api(document, base)
    for kind, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        status, _, body = api._put_gateway_response(api_id, kind, response)
        if status >= 400:
            raise ValueError(f"gateway response {kind}: {body!r}")
    return api_id


# An alarm over several metrics would fail the stack: it is made of the first one.
alarm_record = cloudformation._cw_metric_alarm_record


def of_first_metric(name, properties):
    if properties.get("Metrics"):
        first = next(one["MetricStat"] for one in properties["Metrics"] if "MetricStat" in one)
        others = {key: value for key, value in properties.items() if key != "Metrics"}
        properties = {**others, **first["Metric"], "Statistic": first["Stat"], "Period": first["Period"]}
    return alarm_record(name, properties)


# A secret's Ref is its ARN. Here it would be its name, which no policy allows. It counts as made 101 days ago, so that
# the job that renews keys has something to do.
secrets = cloudformation._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
created, updated, deleted = secrets["create"], secrets["update"], secrets["delete"]


def name_of(arn):
    return arn.rpartition(":")[2].rpartition("-")[0]


def created_by_arn(*secret):
    name, attributes = created(*secret)
    for version in secretsmanager._secrets[name]["Versions"].values():
        version["CreatedDate"] -= 101 * 86_400
    return attributes["Arn"], attributes


def updated_by_arn(arn, *others):
    _, attributes = updated(name_of(arn), *others)
    return attributes["Arn"], attributes


secrets["create"], secrets["update"] = created_by_arn, updated_by_arn
secrets["delete"] = lambda arn, *others: deleted(name_of(arn), *others)


# What it has no resources of is made as nothing but a name and an ARN.
def nothing(id, _, stack):
    return f"{stack}-{id}", {"Arn": f"arn:aws:emulator:eu-central-1:000000000000:{stack}-{id}"}


for kind in ("Events::ApiDestination", "Events::Archive", "Events::Connection", "WAFv2::WebACLAssociation"):
    cloudformation._RESOURCE_HANDLERS[f"AWS::{kind}"] = {"create": nothing, "delete": lambda *_: None}


# Its Runtime API writes an answer in two packets, and waits 40 ms for the first one to be acknowledged.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# It waits 50 ms after each call for a line of the log, which most calls of ours do not write: the next call finds it.
drained = ProvidedWorker._drain_stderr_bounded


def drained_soon(self, *_, **__):
    return drained(self, first_line_wait=0.002)


# What is recorded is the outcome, which policies of several kinds come to: of the caller first, then of the resource.
evaluate, enforce = iam.evaluate, iam.enforce
asked, seen = threading.local(), set()


def evaluated(context, *policies):
    # A bus is described by its Name, which is taken for a rule's.
    if context.action == "events:DescribeEventBus":
        resource = context.resource_arn.replace(":rule/default/", ":event-bus/")
        context = dataclasses.replace(context, resource_arn=resource)
    asked.first = getattr(asked, "first", None) or context
    return evaluate(context, *policies)


def recorded(*call, **named):
    asked.first = None
    refused = enforce(*call, **named)
    if context := asked.first:
        line = json.dumps([context.principal_arn, context.action, context.resource_arn, refused is None])
        if line not in seen:
            seen.add(line)
            with open(os.environ["DECISIONS"], "a") as file:
                file.write(line + "\n")
    return refused


api._import_path_item, api._import_rest_api = with_any_method, with_all_of_the_document
cloudformation._cw_metric_alarm_record = of_first_metric
ProvidedWorker._drain_stderr_bounded = drained_soon
iam.evaluate, iam.enforce = evaluated, recorded

if __name__ == "__main__":
    sys.exit(main())
