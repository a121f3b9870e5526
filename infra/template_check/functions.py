"""Functions: how they run, and what their environment tells them."""

from .deployment import SYSTEM, Deployment, same


def wrong_function(deployment: Deployment, name: str):
    _, function = deployment.functions[name]
    timeout = {"authorizer": 10, "ai-filler": 120}.get(name, 29)
    for field, value in {"Runtime": "provided.al2023", "Timeout": timeout, "PackageType": "Zip"}.items():
        if function.get(field, "Zip") != value:
            yield f"{field} is {function.get(field)}"
    if function.get("Architectures") not in (["arm64"], ["x86_64"]):
        yield f"Architectures are {function.get('Architectures')}"
    if function.get("TracingConfig", {}).get("Mode") != "Active":
        yield "no active tracing"
    if deployment.log_group(function) not in deployment.template.of_type("AWS::Logs::LogGroup"):
        yield "no log group of its own"
    variables = function.get("Environment", {}).get("Variables", {})
    wanted = set(SYSTEM["environment"]) | set(SYSTEM["functions"][name].get("environment", []))
    # An empty variable counts as none.
    yield from same("environment", set(variables), wanted if deployment.complete else wanted & set(variables))
    if variables.get("WRAPUP_TABLE_PREFIX", "") != deployment.prefix:
        yield f"WRAPUP_TABLE_PREFIX is {variables.get('WRAPUP_TABLE_PREFIX')!r}, the tables' is {deployment.prefix!r}"
