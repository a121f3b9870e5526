#!/usr/bin/env python3
"""Holds a plain CloudFormation template, from SAM or from CDK, against infra/system.json and
infra/gateway-responses.json: `infra/check_template.py [--complete] [--further FILE] TEMPLATE [PARAMETER=VALUE ...]`.

What a template has to look like to be understood:
- A function bears the tag `wrapup-function` with its name in system.json.
- Roles, policies and managed policies stand in the template; none of AWS's own is used.
- The API is one AWS::ApiGateway::RestApi, with an OpenAPI Body, or with Resources, Methods and GatewayResponses.
- The rules of a web ACL that count requests are called requests-per-address and requests-per-credential.
- A route's methods, GET with HEAD, stand below /api/now/ and /api/now/v1/, behind the authorizer. What else callers may
  try is refused without it. Either ANY of a path goes to the path's function, which answers 405 with `Allow`, ANY of
  /api/now/{any name}/ and the same path too, 400 for the version, and ANY of /{any name+} to any of these functions,
  404. Or mock integrations answer so; then the one of the versions stands at /api/now/{any name}/wrapup/{any name+}.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from template_check.access import wrong_access
from template_check.api import wrong_api
from template_check.deployment import SYSTEM, Deployment, same
from template_check.event_sources import wrong_event_sources
from template_check.functions import wrong_function
from template_check.permissions import stray_roles, wrong_role
from template_check.plain_template import Template
from template_check.stage import wrong_stage
from template_check.tables import wrong_tables
from template_check.watching import wrong_alarms, wrong_audit, wrong_logs, wrong_queues


def check(template: Template, further: dict | None = None, complete: bool = False) -> list[str]:
    """What is wrong with a template. `further` has, by function, the actions on resources that options of the
    deployment add to what system.json says: `{"create-segment": [["lambda:InvokeFunction", "arn:.."]]}`. A template is
    complete where all options are made use of: then each variable has to be set and each alarm to tell somebody."""
    return list(problems(Deployment(template, further or {}, complete)))


def problems(deployment: Deployment):
    """What is wrong, in words that name the function or the thing."""
    wanted = {name for name, one in SYSTEM["functions"].items() if "stream" not in one or name in deployment.functions}
    yield from same("functions", set(deployment.functions), wanted)
    known = {name for name, _ in deployment.functions.values()}
    for other in set(deployment.template.of_type("AWS::Lambda::Function")) - known:
        yield f"function {other} bears no tag wrapup-function"
    yield from wrong_tables(deployment)
    for name in sorted(wanted & set(deployment.functions)):
        for problem in [*wrong_function(deployment, name), *wrong_role(deployment, name)]:
            yield f"{name}: {problem}"
    yield from stray_roles(deployment)
    yield from wrong_event_sources(deployment)
    yield from wrong_api(deployment)
    yield from wrong_access(deployment)
    yield from wrong_stage(deployment)
    yield from wrong_logs(deployment)
    yield from wrong_audit(deployment)
    yield from wrong_queues(deployment)
    yield from wrong_alarms(deployment)


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
    found = check(template, further, given.complete)
    print("\n".join(found) or f"{given.template} is what infra/system.json describes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
