"""The paths of the API, and what API Gateway says by itself."""

import json

from template_check.system import COMMON_HEADERS, EXPOSED_HEADERS, title

from .text import line


def paths(system: dict) -> str:
    """A path in both its forms, and in other versions, which its function refuses. Each takes POST, which may name another
    method in X-HTTP-Method-Override, behind the authorizer: a function signs nobody in."""
    endpoints = {name: one["routes"] for name, one in system["functions"].items() if "routes" in one}
    # A path that several functions serve is the first one's, which refuses what none of them has.
    shared = {}
    for name, routes in endpoints.items():
        for route in routes:
            shared.setdefault(route.split(" ")[1], []).append((route.split(" ")[0], name))
    made = ""
    for name, routes in endpoints.items():
        for number, route in enumerate(routes, 1):
            (_, first), *others = shared[route.split(" ")[1]]
            if first == name:
                made += path(name, number, route, others)
    public = {name: one["public_route"] for name, one in system["functions"].items() if "public_route" in one}
    made += "".join(public_path(*one) for one in public.items())
    return made + f"          /{{unknown+}}: {{x-amazon-apigateway-any-method: *not-{next(iter(endpoints))}}}\n"


def integration_with(name: str) -> str:
    arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return f"""\
&to-{name}
                type: aws_proxy
                httpMethod: POST
                uri: !Sub >-
                  {arn}/${{{title(name)}.Arn}}/invocations"""


def public_path(name: str, route: str) -> str:
    """A path of its own, without an authorizer. Its function refuses other methods."""
    method, path = route.split(" ")
    return f"""\
          {path}:
            {method.lower()}:
              responses: {{}}
              x-amazon-apigateway-integration: {integration_with(name)}
            x-amazon-apigateway-any-method: {{responses: {{}}, x-amazon-apigateway-integration: *to-{name}}}
"""


def path(name: str, number: int, route: str, others: list) -> str:
    """A path, and the methods of it that others serve."""
    method, path = route.split(" ")
    first, item = number == 1, f"{name}-{number}"
    integration = integration_with(name)
    refused = f"&not-{name}\n              {{responses: {{}}, x-amazon-apigateway-integration: *to-{name}}}"
    return f"""\
          /api/now/{path}: &{item}
            {method.lower()}: &{item}-{method.lower()}
              security: [{{caller: []}}]
              responses: {{}}
              x-amazon-apigateway-integration: {integration if first else f"*to-{name}"}
{line(f"            head: *{item}-get", method == "GET")}\
{line(f"            post: *{item}-{method.lower()}", method != "POST" and "POST" not in dict(others))}\
{"".join(beside(*other) for other in others)}\
            x-amazon-apigateway-any-method: {refused if first else f"*not-{name}"}
          /api/now/v1/{path}: *{item}
          /api/now/{{api_version}}/{path}: {{x-amazon-apigateway-any-method: *not-{name}}}
"""


def beside(method: str, name: str) -> str:
    """A method of a path that another function serves."""
    item = f"{name}-{method.lower()}"
    return f"""\
            {method.lower()}: &{item}
              security: [{{caller: []}}]
              responses: {{}}
              x-amazon-apigateway-integration: {integration_with(name)}
{line(f"            head: *{item}", method == "GET")}\
"""


# What lets a page read an answer, where a deployment has pages that may call. API Gateway cannot tell them apart, and its
# own answers hold no data: they are for the first one.
FIRST_ORIGIN = "!Sub [\"'${Origin}'\", {Origin: !Select [0, !Split [',', !Ref AllowedOrigins]]}]"
TO_PAGES = {
    "Access-Control-Allow-Origin": ("first-origin", FIRST_ORIGIN),
    "Access-Control-Expose-Headers": ("exposed-headers", f'"\'{EXPOSED_HEADERS}\'"'),
}


def gateway_responses(all_: dict) -> str:
    made = "".join(gateway_response(*one) for one in all_.items())
    for name, value in TO_PAGES.values():
        made = made.replace(f"*{name}", f"&{name}\n                !If [Pages, {value}, !Ref AWS::NoValue]", 1)
    return made


def gateway_response(kind: str, one: dict) -> str:
    """The key of a body is what the answer's Content-Type says, and what is looked for in Accept: where that finds nothing,
    the first body is taken. XML stands there without an encoding too, so that whoever accepts XML never gets JSON."""
    message, detail = one["message"], one["detail"]
    as_json = json.dumps({"error": {"message": message, "detail": detail}, "status": "failure"}, separators=(",", ":"))
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    as_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    headers = (COMMON_HEADERS | one.get("headers", {})).items()
    quoted = "".join(f"              gatewayresponse.header.{name}: '''{value}'''\n" for name, value in headers)
    quoted += "".join(f"              gatewayresponse.header.{name}: *{value}\n" for name, (value, _) in TO_PAGES.items())
    anchor = kind.lower().replace("_", "-")
    return f"""\
          {kind}:
{line(f"            statusCode: {one.get('status')}", "status" in one)}\
            responseParameters:
{quoted}\
            responseTemplates:
              application/json; charset=UTF-8: >-
                {as_json}
              application/xml; charset=UTF-8: &{anchor}-xml >-
                {as_xml}
              text/xml; charset=UTF-8: *{anchor}-xml
              application/xml: *{anchor}-xml
              text/xml: *{anchor}-xml
"""
