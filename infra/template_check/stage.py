"""The stage: limits and logs."""

import re

from .deployment import Deployment, referred

# Of a request, all that an access log may tell: paths and queries name segments, agents and interactions.
LOGGED = {
    "requestId", "extendedRequestId", "httpMethod", "resourcePath", "status", "responseLatency", "responseLength",
    "requestTime", "requestTimeEpoch", "protocol", "stage", "apiId", "error.responseType",
    "integration.latency", "integration.integrationStatus", "integration.status", "integration.requestId",
    "integrationLatency", "integrationStatus", "authorizer.latency", "authorizer.status",
    "authorizer.integrationLatency", "authorizer.integrationStatus", "wafResponseCode",
}  # fmt: skip


def wrong_stage(deployment: Deployment):
    stages = deployment.template.of_type("AWS::ApiGateway::Stage")
    if len(stages) != 1:
        yield f"there are {len(stages)} stages"
    for name, stage in stages.items():
        # A trace of the stage holds the URL; those of the functions do not.
        if stage.get("TracingEnabled", False) is not False:
            yield f"stage {name} is traced, with URLs"
        every = [
            one for one in stage.get("MethodSettings", []) if (one["ResourcePath"], one["HttpMethod"]) == ("/*", "*")
        ]
        for field in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
            if not every or not int(every[0].get(field, 0)) > 0:
                yield f"stage {name} has no {field}"
        if any(one.get("DataTraceEnabled") for one in stage.get("MethodSettings", [])):
            yield f"stage {name} logs requests and answers"
        log = stage.get("AccessLogSetting", {})
        if referred(log.get("DestinationArn", "")) not in deployment.template.of_type("AWS::Logs::LogGroup"):
            yield f"stage {name} has no access log"
        for told in re.findall(r"\$(?:context\.)?([A-Za-z.]+)", log.get("Format", "")):
            if told not in LOGGED:
                yield f"the access log tells {told}"
