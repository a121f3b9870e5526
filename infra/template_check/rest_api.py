"""The REST API of a template, whether it is one OpenAPI document or many resources."""

from __future__ import annotations

import dataclasses
import re

from .plain_template import Template

# What every answer of the functions has, whatever it says.
GATEWAY_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Authorization",
    "X-Content-Type-Options": "nosniff",
}

_METHODS = {"get", "head", "post", "put", "patch", "delete", "options"}


@dataclasses.dataclass
class Authorizer:
    """Who is asked whether a caller may call; `function` is a logical id."""

    kind: str
    function: str
    identity_source: str
    cache_seconds: int


@dataclasses.dataclass
class FixedAnswer:
    """What API Gateway answers by itself; bodies by media type."""

    status: str | None
    headers: dict
    bodies: dict


@dataclasses.dataclass
class Operation:
    """What a method of a path leads to: a function, by its logical id, or answers that invoke none."""

    function: str
    authorizer: Authorizer | None
    answers: list[FixedAnswer]


class RestApi:
    """The one REST API of a template. Operations stand by method and path; `policy` says who may call; what cannot be
    read is a problem."""

    def __init__(self, template: Template):
        self.template, self.problems, self.operations, self.gateway_responses = template, [], {}, {}
        apis = template.of_type("AWS::ApiGateway::RestApi")
        if len(apis) != 1:
            self.problems.append(f"there are {len(apis)} REST APIs")
        self.name = next(iter(apis), "")
        properties = apis.get(self.name, {})
        if properties.get("BinaryMediaTypes"):
            self.problems.append("bodies of some media types come as base64")
        self.policy = properties.get("Policy") or properties.get("Body", {}).get("x-amazon-apigateway-policy", {})
        if "Body" in properties:
            self._read_document(properties["Body"])
        self._read_resources()

    def _read_document(self, body: dict):
        schemes = body.get("components", {}).get("securitySchemes", body.get("securityDefinitions", {}))
        authorizers = {}
        for name, scheme in schemes.items():
            found = scheme["x-amazon-apigateway-authorizer"]
            authorizers[name] = Authorizer(
                found["type"],
                _invoked(found["authorizerUri"]),
                found["identitySource"],
                found["authorizerResultTtlInSeconds"],
            )
        for path, item in body["paths"].items():
            for method, operation in item.items():
                if method == "x-amazon-apigateway-any-method":
                    method = "any"
                elif method not in _METHODS:
                    self.problems.append(f"{path} has {method}")
                    continue
                names = [name for one in operation.get("security", []) for name in one]
                authorizer = authorizers[names[0]] if names else None
                self._add(method.upper(), path, operation["x-amazon-apigateway-integration"], authorizer)
        for kind, response in body.get("x-amazon-apigateway-gateway-responses", {}).items():
            self.gateway_responses[kind] = FixedAnswer(
                response.get("statusCode"), _headers(response["responseParameters"]), response["responseTemplates"]
            )

    def _read_resources(self):
        authorizers = {
            name: Authorizer(
                one["Type"], _invoked(one["AuthorizerUri"]), one["IdentitySource"], one["AuthorizerResultTtlInSeconds"]
            )
            for name, one in self.template.of_type("AWS::ApiGateway::Authorizer").items()
        }
        for method in self.template.of_type("AWS::ApiGateway::Method").values():
            custom = method.get("AuthorizationType") == "CUSTOM"
            if not custom and method.get("AuthorizationType", "NONE") != "NONE":
                self.problems.append(f"a method is authorized by {method['AuthorizationType']}")
            authorizer = authorizers[_name(method["AuthorizerId"])] if custom else None
            integration = {key[0].lower() + key[1:]: value for key, value in method["Integration"].items()}
            integration["httpMethod"] = integration.get("integrationHttpMethod")
            integration["answers"] = [
                FixedAnswer(
                    one["StatusCode"], _headers(one.get("ResponseParameters", {})), one.get("ResponseTemplates", {})
                )
                for one in integration.get("integrationResponses", [])
            ]
            self._add(method["HttpMethod"], self._path(method["ResourceId"]), integration, authorizer)
        for response in self.template.of_type("AWS::ApiGateway::GatewayResponse").values():
            self.gateway_responses[response["ResponseType"]] = FixedAnswer(
                response.get("StatusCode"), _headers(response["ResponseParameters"]), response["ResponseTemplates"]
            )

    def _path(self, resource: str) -> str:
        """The path of a resource, from the mark that refers to it."""
        found = self.template.of_type("AWS::ApiGateway::Resource").get(_name(resource))
        return f"{self._path(found['ParentId'])}/{found['PathPart']}" if found else ""

    def _add(self, method: str, path: str, integration: dict, authorizer: Authorizer | None):
        mock = integration["type"].lower() == "mock"
        if not mock and (integration["type"].lower(), integration.get("httpMethod")) != ("aws_proxy", "POST"):
            self.problems.append(f"{method} {path} leads to {integration['type']}")
        function, answers = _invoked(integration.get("uri", "")), integration.get("answers", []) if mock else []
        self.operations[method, path] = Operation(function, authorizer, answers)


def _headers(parameters: dict) -> dict:
    """Headers by name; their values are mapped from constants in quotes."""
    return {name.rsplit(".header.")[-1]: re.sub("^'|'$", "", value) for name, value in parameters.items()}


def _invoked(uri: str) -> str:
    """The logical id of the function that a URI invokes."""
    found = re.search(r"/functions/\$\{([A-Za-z0-9]+)\.Arn\}/invocations$", uri)
    return found[1] if found else uri


def _name(mark: str) -> str:
    return mark.removeprefix("${").removesuffix("}").split(".")[0]
