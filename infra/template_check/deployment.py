"""A template's functions and tables, by their names in infra/system.json."""

import re

from .plain_template import Template


class Deployment:
    """What a template deploys. Functions and tables stand by name, each with its logical id and properties."""

    def __init__(self, template: Template, further: dict, complete: bool, system: dict):
        self.template, self.complete, self.system = template, complete, system
        self.further = {name: set(map(tuple, grants)) for name, grants in further.items()}
        self.functions = {}
        for name, function in template.of_type("AWS::Lambda::Function").items():
            if own := tags(function).get("wrapup-function"):
                self.functions[own] = (name, function)
        secrets = template.of_type("AWS::SecretsManager::Secret").items()
        self.secrets = {tags(one).get("wrapup-secret", name): (name, one) for name, one in secrets}
        self.tables = {}
        for name, table in template.of_type("AWS::DynamoDB::Table").items():
            for platform_name in sorted(system["tables"], key=len, reverse=True):
                if str(table.get("TableName", "")).endswith(platform_name):
                    self.tables[platform_name] = (name, table)
                    break
        keys = {table.get("SSESpecification", {}).get("KMSMasterKeyId") for _, table in self.tables.values()}
        # The key that the deployment has of its own, if any.
        self.key = keys.pop() if len(keys) == 1 else None

    def log_group(self, function: dict) -> str:
        """The logical id of a function's log group."""
        return referred(function.get("LoggingConfig", {}).get("LogGroup", ""))

    def dead_letters(self, name: str) -> str:
        """The logical id of the queue that takes what a function gives up."""
        logical = self.functions.get(name, [""])[0]
        for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
            for source in self.template.of_type(kind).values():
                if referred(source["FunctionName"]) == logical:
                    return referred(source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""))
        return ""


def referred(mark) -> str:
    """The logical id in `${Id}` or `${Id.Attribute}`, whatever stands around it."""
    found = re.search(r"\$\{([A-Za-z0-9]+)", str(mark))
    return found[1] if found else ""


def tags(resource: dict) -> dict:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def same(what: str, found: set, wanted: set):
    for one in sorted(map(str, wanted - found)):
        yield f"{what}: {one} is missing"
    for one in sorted(map(str, found - wanted)):
        yield f"{what}: {one} is too much"
