"""The paths of the API, and what API Gateway says by itself."""

import json

from template_check.system import COMMON_HEADERS, title

from .text import line


def paths(system: dict) -> str:
    """A path in both its forms, and in other versions, which its function refuses."""
    endpoints = {name: one["routes"] for name, one in system["functions"].items() if "routes" in one}
    made = "".join(path(name, *one) for name, routes in endpoints.items() for one in enumerate(routes, 1))
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


def path(name: str, number: int, route: str) -> str:
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
            x-amazon-apigateway-any-method: {refused if first else f"*not-{name}"}
          /api/now/v1/{path}: *{item}
          /api/now/{{api_version}}/{path}: {{x-amazon-apigateway-any-method: *not-{name}}}
"""


def gateway_response(kind: str, one: dict) -> str:
    message, detail = one["message"], one["detail"]
    as_json = json.dumps({"error": {"message": message, "detail": detail}, "status": "failure"}, separators=(",", ":"))
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    as_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    headers = (COMMON_HEADERS | one.get("headers", {})).items()
    quoted = "".join(f"              gatewayresponse.header.{name}: '''{value}'''\n" for name, value in headers)
    anchor = kind.lower().replace("_", "-")
    return f"""\
          {kind}:
{line(f"            statusCode: {one.get('status')}", "status" in one)}\
            responseParameters:
{quoted}\
            responseTemplates:
              application/json: >-
                {as_json}
              application/xml: &{anchor}-xml >-
                {as_xml}
              text/xml: *{anchor}-xml
"""
