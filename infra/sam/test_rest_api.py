"""An API passes as one document and as many resources alike, and whether functions refuse what is no route or fixed
answers do."""

import copy
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from check_template import check
from template_check.plain_template import Template
from template_check.rest_api import GATEWAY_HEADERS
from transform import plain

PLAIN = plain()
VERSIONS = "/api/now/{api_version}/"


def as_resources(template: dict) -> dict:
    """The template with its API as CDK writes one."""
    resources = copy.deepcopy(template["Resources"])
    api = resources["Api"]["Properties"]
    body = api.pop("Body")
    api["Policy"] = body["x-amazon-apigateway-policy"]
    scheme = body["components"]["securitySchemes"]["caller"]["x-amazon-apigateway-authorizer"]
    authorizer = add(
        resources, "Authorizer", Type=scheme["type"].upper(), AuthorizerUri=scheme["authorizerUri"],
        IdentitySource=scheme["identitySource"], AuthorizerResultTtlInSeconds=scheme["authorizerResultTtlInSeconds"],
    )  # fmt: skip
    for path, item in body["paths"].items():
        for method, operation in item.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
            authorized = {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": authorizer}}
            add_method(
                resources, "ANY" if method.startswith("x-") else method.upper(), path, integration,
                authorized if "security" in operation else {"AuthorizationType": "NONE"},
            )  # fmt: skip
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        status = {"StatusCode": str(response["statusCode"])} if "statusCode" in response else {}
        parameters, templates = response["responseParameters"], response["responseTemplates"]
        add(
            resources,
            "GatewayResponse",
            ResponseType=kind,
            ResponseParameters=parameters,
            ResponseTemplates=templates,
            **status,
        )
    return template | {"Resources": resources}


def add(resources: dict, kind: str, **properties) -> str:
    name = f"Made{kind}{len(resources)}"
    resources[name] = {"Type": f"AWS::ApiGateway::{kind}", "Properties": properties}
    return name


def add_method(resources: dict, method: str, path: str, integration: dict, authorization: dict):
    parent = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    for part in path.strip("/").split("/"):
        parent = {"Ref": add(resources, "Resource", ParentId=parent, PathPart=part)}
    add(resources, "Method", HttpMethod=method, ResourceId=parent, Integration=integration, **authorization)


def fixed(status: int, **headers) -> dict:
    """A fixed answer."""
    in_xml = "<error><message>M</message><detail>D</detail></error><status>failure</status>"
    in_xml = f'<?xml version="1.0" encoding="UTF-8"?><response>{in_xml}</response>'
    in_json = '{"error":{"message":"M","detail":"D"},"status":"failure"}'
    headers |= GATEWAY_HEADERS
    return {
        "StatusCode": str(status),
        "ResponseParameters": {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()},
        "ResponseTemplates": {"application/json": in_json, "application/xml": in_xml, "text/xml": in_xml},
    }


def mocked(template: dict) -> dict:
    """The template with its API as many resources, and fixed answers for what is no route."""
    template = as_resources(template)
    resources = template["Resources"]
    versions = {"Type": "MOCK", "IntegrationResponses": [fixed(404), fixed(400)]}
    add_method(resources, "ANY", f"{VERSIONS}wrapup/{{path+}}", versions, {"AuthorizationType": "NONE"})
    paths, allowed = {}, {}
    for name, method in list(resources.items()):
        if method["Type"] != "AWS::ApiGateway::Method":
            continue
        path = path_of(resources, method)
        if method["Properties"]["HttpMethod"] != "ANY":
            allowed.setdefault(path, []).append(method["Properties"]["HttpMethod"])
        elif not path.startswith(VERSIONS):
            paths[path] = method["Properties"]
        elif method["Properties"]["Integration"] != versions:
            del resources[name]
    for path, method in paths.items():
        answer = fixed(405, Allow=", ".join(sorted(allowed[path]))) if path in allowed else fixed(404)
        method["Integration"] = {"Type": "MOCK", "IntegrationResponses": [answer]}
    return template


def path_of(resources: dict, method: dict) -> str:
    path, parent = "", method["Properties"]["ResourceId"]
    while "Ref" in parent:
        resource = resources[parent["Ref"]]["Properties"]
        path, parent = f"/{resource['PathPart']}{path}", resource["ParentId"]
    return path


class Forms(unittest.TestCase):
    def test_many_resources(self):
        self.assertEqual(check(Template(as_resources(PLAIN))), [])

    def test_fixed_answers(self):
        self.assertEqual(check(Template(mocked(PLAIN))), [])

    def found(self, words, path, answer):
        template = mocked(PLAIN)
        for method in [one for one in template["Resources"].values() if one["Type"] == "AWS::ApiGateway::Method"]:
            if (method["Properties"]["HttpMethod"], path_of(template["Resources"], method)) == ("ANY", path):
                method["Properties"]["Integration"]["IntegrationResponses"] = [answer]
        problems = check(Template(template))
        self.assertTrue(any(words in problem for problem in problems), problems)

    def test_a_fixed_answer_that_allows_other_methods(self):
        path = "/api/now/wrapup/code/{code_id}"
        self.found("'mock: 405, Allow: GET, HEAD', False) is missing", path, fixed(405, Allow="GET"))

    def test_a_fixed_answer_with_another_status(self):
        self.found("'mock: 403', False) is too much", "/api/now/wrapup/code", fixed(403))
        self.found("'any function with a route', False) is missing", "/{unknown+}", fixed(403))

    def test_a_fixed_answer_in_json_alone(self):
        answer = fixed(404)
        del answer["ResponseTemplates"]["application/xml"]
        self.found("ANY /{unknown+}: 404 is no platform error", "/{unknown+}", answer)


if __name__ == "__main__":
    unittest.main()
