"""The paths of the API, and what API Gateway says by itself."""

import json
import textwrap

from template_check.system import COMMON_HEADERS, EXPOSED_HEADERS, option, title

from .text import line


def paths(system: dict) -> str:
    """A path in both its forms, and in other versions, which its function refuses. Each takes POST, which may name another
    method in X-HTTP-Method-Override, behind the authorizer: a function signs nobody in."""
    endpoints = {name: one["routes"] for name, one in system["functions"].items() if "routes" in one}
    shared = {}
    for name, routes in endpoints.items():
        for route in routes:
            method, path = route.split(" ")
            shared.setdefault(path, []).append((method, name))
    made = "".join(path_in_all_forms(*one) for one in shared.items())
    public = {}
    for name, one in system["functions"].items():
        for route in one.get("public_routes", []):
            method, path = route.split(" ")
            public[path] = None
            made += public_path(path, method, name, option(one))
    # What is no path is 404, by any function: what stands beside a path, and the folders on the way to it.
    first = next(iter(endpoints))
    named = [f"{root}/{path}" for path in shared for root in ROOTS] + list(public)
    for folder in ["/", *folders(named), "/{unknown+}"]:
        made += f"          {folder}:\n" + operation("x-amazon-apigateway-any-method", first)
    return made


# What stands in front of a path of the API: of the last, which is any version that is not served, its function says so.
ROOTS = ["/api/now", "/api/now/v1", "/api/now/{api_version}"]


def folders(paths: list) -> list:
    """The folders that the paths lie in, but for those that are paths themselves. API Gateway answers these by itself
    unless they have methods of their own."""
    parents = {path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/"))}
    return sorted(parents - set(paths))


def operation(method: str, function: str, secured: bool = False) -> str:
    arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return f"""\
            {method}:
{line("              security: [{caller: []}]", secured)}\
              responses: {{}}
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                uri: !Sub {arn}/${{{title(function)}.Arn}}/invocations
"""


def public_path(path: str, method: str, function: str, option: str) -> str:
    """A path of its own, without an authorizer. Its function refuses other methods."""
    methods = [method.lower(), *(["head"] if method == "GET" else []), "x-amazon-apigateway-any-method"]
    made = "".join(operation(one, function) for one in methods)
    if not option:
        return f"          {path}:\n{made}"
    return f"""\
          {path}:
            !If
            - {option}
            -
{textwrap.indent(made, "  ")}\
            - !Ref AWS::NoValue
"""


def path_in_all_forms(path: str, served: list) -> str:
    """A path, whose methods may be several functions'. What none of them has is the first one's, which refuses it."""
    methods, (_, first) = dict(served), served[0]
    made = ""
    for method, function in served:
        made += operation(method.lower(), function, secured=True)
        if method == "GET":
            made += operation("head", function, secured=True)
    if "POST" not in methods:
        made += operation("post", first, secured=True)
    other = operation("x-amazon-apigateway-any-method", first)
    own = "".join(f"          {root}/{path}:\n{made}{other}" for root in ROOTS[:-1])
    return own + f"          {ROOTS[-1]}/{path}:\n{other}"


# What lets a page read an answer, where a deployment has pages that may call. API Gateway cannot tell them apart, and its
# own answers hold no data: they are for the first one.
FIRST_ORIGIN = "!Sub [\"'${Origin}'\", {Origin: !Select [0, !Split [',', !Ref AllowedOrigins]]}]"
TO_PAGES = {
    "Access-Control-Allow-Origin": FIRST_ORIGIN,
    "Access-Control-Expose-Headers": f'"\'{EXPOSED_HEADERS}\'"',
}

# The key of a body is what the answer's Content-Type says, and what is looked for in Accept: where that finds nothing, the
# first body is taken. XML stands there without an encoding too, so that whoever accepts XML never gets JSON.
IN_XML = ["application/xml; charset=UTF-8", "text/xml; charset=UTF-8", "application/xml", "text/xml"]


def gateway_responses(all_: dict) -> str:
    return "".join(gateway_response(*one) for one in all_.items())


def gateway_response(kind: str, one: dict) -> str:
    message, detail = one["message"], one["detail"]
    as_json = json.dumps({"error": {"message": message, "detail": detail}, "status": "failure"}, separators=(",", ":"))
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    as_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    header = lambda name, value: f"              gatewayresponse.header.{name}: {value}\n"
    headers = [header(name, f"'''{value}'''") for name, value in (COMMON_HEADERS | one.get("headers", {})).items()]
    headers += [header(name, f"!If [Pages, {value}, !Ref AWS::NoValue]") for name, value in TO_PAGES.items()]
    bodies = {"application/json; charset=UTF-8": as_json} | dict.fromkeys(IN_XML, as_xml)
    return f"""\
          {kind}:
{line(f"            statusCode: {one.get('status')}", "status" in one)}\
            responseParameters:
{"".join(headers)}\
            responseTemplates:
{"".join(f"              {form}: >-{chr(10)}                {body}{chr(10)}" for form, body in bodies.items())}"""
