#!/usr/bin/env python3
"""Holds a plain CloudFormation template, from SAM or from CDK, against infra/system.json, in what either tool has to get
right by itself: `infra/check_template.py [--complete] [--further FILE] TEMPLATE [PARAMETER=VALUE ...]`.

- A function may do what the list says, and nothing else; nobody but the one service of the account takes its role.
- The stage tells neither logs nor traces whom a request is about, and has bounds.
- Tables, logs, dead letters and secrets are encrypted by one key, and stay or go with the stack alike.
- Alarms have the names, metrics and thresholds that docs/operations.md has for them.

That paths, gateway responses, streams and schedules are those of the list needs no check here: SAM's template is made
from it by infra/sam/make, CDK's by the construct, and either has tests of how.

What a template has to look like to be understood: a function bears the tag `wrapup-function` with its name in
system.json; roles, policies and managed policies stand in the template, and none of AWS's own is used.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from template_check.deployment import Deployment, same
from template_check.keeping import wrong_keeping
from template_check.permissions import wrong_permissions
from template_check.plain_template import Template
from template_check.stage import wrong_stage
from template_check.system import SYSTEM, option, wrong_system
from template_check.watching import wrong_alarms


def check(
    template: Template, further: dict | None = None, complete: bool = False, system: dict = SYSTEM
) -> list[str]:
    """What is wrong with a template. `further` has, by function, the actions on resources that options of the
    deployment add to what system.json says: `{"create-segment": [["lambda:InvokeFunction", "arn:.."]]}`. A template is
    complete where all options are made use of: then each alarm has to tell somebody."""
    return list(problems(Deployment(template, further or {}, complete, system)))


def problems(deployment: Deployment):
    """What is wrong, in words that name the function or the thing."""
    yield from wrong_system(deployment.system)
    for why in deployment.template.refused():
        yield f"CloudFormation refuses these parameters: {why}"
    listed = deployment.system["functions"]
    wanted = {name for name, one in listed.items() if not option(one) or name in deployment.functions}
    yield from same("functions", set(deployment.functions), wanted)
    known = {name for name, _ in deployment.functions.values()}
    for other in sorted(set(deployment.template.of_type("AWS::Lambda::Function")) - known):
        yield f"function {other} bears no tag wrapup-function"
    yield from wrong_permissions(deployment)
    yield from wrong_stage(deployment)
    yield from wrong_keeping(deployment)
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
