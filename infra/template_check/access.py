"""Who may call the API, how, and how often."""

from .deployment import Deployment, as_list, referred, same
from .rest_api import RestApi

# By the parameter that sets the bound, what a rule of the web ACL counts requests by.
BOUNDS = {
    "WafRequestsPerAddress": ("requests-per-address", {"AggregateKeyType": "IP"}),
    "WafRequestsPerCredential": (
        "requests-per-credential",
        {
            "AggregateKeyType": "CUSTOM_KEYS",
            "CustomKeys": [
                {"Header": {"Name": "authorization", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}
            ],
        },
    ),
}


def wrong_access(deployment: Deployment):
    yield from wrong_tls(deployment)
    yield from wrong_addresses(deployment)
    yield from wrong_web_acls(deployment)
    yield from wrong_concurrency(deployment)


def wrong_tls(deployment: Deployment):
    """TLS 1.2 or later. API Gateway's newer policies all want that; of the older ones an API can have TLS 1.0 alone."""
    for name, api in deployment.template.of_type("AWS::ApiGateway::RestApi").items():
        if not str(api.get("SecurityPolicy")).startswith("SecurityPolicy_TLS1"):
            yield f"API {name} takes TLS 1.0: its security policy is {api.get('SecurityPolicy')}"
        if api.get("EndpointAccessMode") not in ("BASIC", "STRICT"):
            yield f"API {name}: EndpointAccessMode is {api.get('EndpointAccessMode')}"
    for name, domain in deployment.template.of_type("AWS::ApiGateway::DomainName").items():
        if not str(domain.get("SecurityPolicy")).startswith(("TLS_1_2", "SecurityPolicy_TLS1")):
            yield f"domain {name} takes TLS 1.0"


def wrong_addresses(deployment: Deployment):
    """Anybody may call, but for addresses out of the allowed ranges. A refusal has to be a Deny: what is merely not
    allowed here, the authorizer may still allow."""
    policy = RestApi(deployment.template).policy
    anybody = {"Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    allowed, *refused = as_list(policy.get("Statement", [{}]))
    if not _is(allowed, anybody | {"Effect": "Allow"}):
        yield f"the resource policy begins with {allowed}"
    ranges = [one.get("Condition", {}).get("NotIpAddress", {}).get("aws:SourceIp", []) for one in refused]
    for one, addresses in zip(refused, ranges):
        condition = {"NotIpAddress": {"aws:SourceIp": addresses}}
        if not addresses or not _is(one, anybody | {"Effect": "Deny", "Condition": condition}):
            yield f"the resource policy has {one}"
    told = deployment.template.parameters.get("AllowedCidrs")
    if told is not None and [as_list(one) for one in ranges] != [one for one in [told] if one != [""]]:
        yield f"the resource policy allows {ranges}"


def _is(statement: dict, wanted: dict) -> bool:
    principal = statement.get("Principal") in ("*", {"AWS": "*"})
    return principal and {key: value for key, value in statement.items() if key != "Principal"} == wanted


def wrong_web_acls(deployment: Deployment):
    acls = deployment.template.of_type("AWS::WAFv2::WebACL")
    stages = deployment.template.of_type("AWS::ApiGateway::Stage")
    guarded = set()
    for association in deployment.template.of_type("AWS::WAFv2::WebACLAssociation").values():
        if not any(f"/stages/${{{stage}}}" in association["ResourceArn"] for stage in stages):
            yield f"a web ACL guards {association['ResourceArn']}"
        guarded.add(referred(association["WebACLArn"]))
    for name, acl in acls.items():
        if name not in guarded:
            yield f"web ACL {name} guards nothing"
        for one in [acl, *acl.get("Rules", [])]:
            # A sample is a request with its headers.
            if one["VisibilityConfig"].get("SampledRequestsEnabled") is not False:
                yield f"web ACL {name} keeps samples of requests"
    yield from wrong_bounds(deployment, [rule for acl in acls.values() for rule in acl.get("Rules", [])])


def wrong_bounds(deployment: Deployment, rules: list):
    known = {name: (parameter, how) for parameter, (name, how) in BOUNDS.items()}
    found = {rule["Name"]: rule for rule in rules if "RateBasedStatement" in rule["Statement"]}
    told = {name: deployment.template.parameters.get(parameter) for name, (parameter, _) in known.items()}
    # Without such parameters any of the two may be there.
    wanted = {name for name in known if (name in found if told[name] is None else told[name] != "0")}
    yield from same("bounds on requests", set(found), wanted)
    for name in set(found) & wanted:
        statement = dict(found[name]["Statement"]["RateBasedStatement"])
        limit = statement.pop("Limit")
        if not int(limit) >= 10 or told[name] not in (None, str(limit)):
            yield f"{name}: the bound is {limit}"
        if statement != known[name][1] | {"EvaluationWindowSec": 300}:
            yield f"{name}: requests are counted by {statement}"
        if found[name]["Action"].get("Block", {}).get("CustomResponse", {}).get("ResponseCode") != 429:
            yield f"{name}: what is too much is not answered 429"


def wrong_concurrency(deployment: Deployment):
    """Only sign-ins are bounded: a bound on anything else would refuse callers who have signed in."""
    told = deployment.template.parameters.get("AuthorizerConcurrency")
    for name, (_, function) in deployment.functions.items():
        found = function.get("ReservedConcurrentExecutions")
        if name != "authorizer" and found is not None:
            yield f"{name}: its concurrency is reserved"
        elif name == "authorizer" and told is not None and (str(found) if found is not None else "0") != told:
            yield f"authorizer: the concurrency reserved is {found}"
