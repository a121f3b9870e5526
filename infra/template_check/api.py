"""The API: who serves which method of which path, and what API Gateway says by itself."""

import json
import pathlib
import re

from .deployment import SYSTEM, Deployment, referred, same
from .rest_api import GATEWAY_HEADERS, FixedAnswer, Operation, RestApi

GATEWAY_RESPONSES = json.loads((pathlib.Path(__file__).parent.parent / "gateway-responses.json").read_text())


def wrong_api(deployment: Deployment):
    api = RestApi(deployment.template)
    yield from api.problems
    yield from same("operations of the API", operations(deployment, api), wanted_operations(deployment, api))
    yield from wrong_authorizer(deployment, api)
    yield from wrong_invocations(deployment, api)
    yield from wrong_gateway_responses(deployment, api)


def operations(deployment: Deployment, api: RestApi) -> set:
    """Method, path, who answers, and whether callers have to prove themselves."""
    names = {logical: name for name, (logical, _) in deployment.functions.items()}
    return {
        (method, _canonical(path), _mocked(one) or names.get(one.function, one.function), one.authorizer is not None)
        for (method, path), one in api.operations.items()
    }


def wanted_operations(deployment: Deployment, api: RestApi) -> set:
    refused = {(method, path): answered for method, path, answered, _ in operations(deployment, api) if method == "ANY"}
    versions, unknown = ("ANY", "/api/now/{}/wrapup/{+}"), ("ANY", "/{+}")
    wanted = {(*versions, "mock: 400, 404", False)} if versions in refused else set()
    for name, function in SYSTEM["functions"].items():
        for route in function.get("routes", []):
            method, path = route.split(" ")
            methods = ["GET", "HEAD"] if method == "GET" else [method]
            for form in ("/api/now/", "/api/now/v1/"):
                full = f"{form}{_canonical(path)}"
                wanted |= {(one, full, name, True) for one in methods}
                mocked = refused.get(("ANY", full), "").startswith("mock")
                wanted.add(("ANY", full, f"mock: 405, Allow: {', '.join(methods)}" if mocked else name, False))
            if versions not in refused:
                wanted.add(("ANY", f"/api/now/{{}}/{_canonical(path)}", name, False))
    # Any function with a route knows what is no path.
    found = refused.get(unknown)
    known = found == "mock: 404" or "routes" in SYSTEM["functions"].get(found, {})
    return wanted | {(*unknown, found if known else "any function with a route", False)}


def wrong_authorizer(deployment: Deployment, api: RestApi):
    authorizer = deployment.functions.get("authorizer", (None,))[0]
    for one in {id(one): one for one in (o.authorizer for o in api.operations.values()) if one}.values():
        if one.kind.upper() != "REQUEST":
            yield f"the authorizer has the type {one.kind}"
        if one.identity_source != "method.request.header.Authorization":
            yield f"the authorizer's verdicts are cached by {one.identity_source}"
        if one.function != authorizer:
            yield f"the authorizer is {one.function}"
        if not 0 <= int(one.cache_seconds) <= 3600:
            yield f"the authorizer's verdicts are cached {one.cache_seconds} s"


def wrong_invocations(deployment: Deployment, api: RestApi):
    permitted = set()
    authorizer = deployment.functions.get("authorizer", (None,))[0]
    stages = deployment.template.of_type("AWS::ApiGateway::Stage").items()
    names = [name for logical, stage in stages for name in (stage["StageName"], f"${{{logical}}}")]
    for permission in deployment.template.of_type("AWS::Lambda::Permission").values():
        function, source = permission["FunctionName"], permission.get("SourceArn", "")
        if permission["Principal"] != "apigateway.amazonaws.com":
            yield f"{permission['Principal']} may invoke {function}"
        if f":${{{api.name}}}/" not in source:
            yield f"any API may invoke {function}"
        elif not any(
            f":${{{api.name}}}/{part}/" in source
            for part in (["authorizers"] if referred(function) == authorizer else names)
        ):
            yield f"all of the API may invoke {function}"
        permitted.add(referred(function))
    http = {
        deployment.functions[name][0]
        for name in deployment.functions
        if "stream" not in SYSTEM["functions"].get(name, {})
    }
    yield from same("functions that the API may invoke", permitted, http)


def wrong_gateway_responses(deployment: Deployment, api: RestApi):
    yield from same("gateway responses", set(api.gateway_responses), set(GATEWAY_RESPONSES))
    for kind, wanted in GATEWAY_RESPONSES.items():
        found = api.gateway_responses.get(kind)
        if not found:
            continue
        if str(found.status or "") != str(wanted.get("status", "")):
            yield f"{kind}: the status is {found.status}"
        headers = GATEWAY_HEADERS | wanted.get("headers", {})
        if found.headers != headers:
            yield f"{kind}: the headers are {found.headers}"
        bodies = _bodies(wanted["message"], wanted["detail"])
        for media_type in bodies.keys() | found.bodies.keys():
            if found.bodies.get(media_type) != bodies.get(media_type):
                yield f"{kind}: as {media_type} it is {found.bodies.get(media_type)!r}"
    for (method, path), operation in api.operations.items():
        for answer in operation.answers:
            if not _is_platform_error(answer) or GATEWAY_HEADERS.items() - answer.headers.items():
                yield f"{method} {path}: {answer.status} is no platform error: {answer}"


def _bodies(message: str, detail: str) -> dict:
    """A platform error by media type, as the functions write it."""
    in_json = {"error": {"message": message, "detail": detail}, "status": "failure"}
    error = f"<error><message>{message}</message><detail>{detail}</detail></error>"
    in_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{error}<status>failure</status></response>'
    return {
        "application/json": json.dumps(in_json, separators=(",", ":")),
        "application/xml": in_xml,
        "text/xml": in_xml,
    }


def _is_platform_error(answer: FixedAnswer) -> bool:
    try:
        error = json.loads(answer.bodies["application/json"])["error"]
        return answer.bodies == _bodies(error["message"], error["detail"])
    except (KeyError, ValueError):
        return False


def _mocked(operation: Operation) -> str | None:
    """What a mock integration answers, in short; nothing of a function."""
    if not operation.answers:
        return None
    statuses = ", ".join(sorted(answer.status for answer in operation.answers))
    allow = [answer.headers["Allow"] for answer in operation.answers if "Allow" in answer.headers]
    return ", Allow: ".join([f"mock: {statuses}", *allow])


def _canonical(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}+]*(\+?)\}", r"{\1}", path)
