"""The sections of template.yaml that infra/system.json and infra/gateway-responses.json say, as YAML text."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent))

from template_check.system import GATEWAY_RESPONSES, SYSTEM, in_background, wrong_system

from .api import gateway_responses, paths
from .functions import function, table
from .text import IDS, variables
from .watching import alarms, dashboard, output

TEMPLATE = pathlib.Path(__file__).parent.with_name("template.yaml")


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
        "gateway responses": gateway_responses(GATEWAY_RESPONSES),
        "alarms": alarms(system),
        "dashboard": dashboard(system),
        "outputs": "".join(output(*one) for one in system["functions"].items() if in_background(one[1])),
    }
    mark = re.compile(r"^( *# made by infra/sam/make: (.*)\n)(?:.*\n)*?( *# made until here\n)", re.MULTILINE)
    if (names := [found[2] for found in mark.finditer(text)]) != list(sections):
        raise Unmade(f"the template has the sections {names}; {list(sections)} are made")
    return mark.sub(lambda found: found[1] + sections[found[2]] + found[3], text)
