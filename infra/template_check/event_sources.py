"""What invokes functions beside the API."""

import json

from .deployment import SYSTEM, Deployment, same


def wrong_event_sources(deployment: Deployment):
    wanted = {name for name in deployment.functions if "stream" in SYSTEM["functions"].get(name, {})}
    yield from same("event sources", {name for name, _ in deployment.sources()}, wanted)
    for name, source in deployment.sources():
        stream = SYSTEM["functions"].get(name, {}).get("stream")
        if not stream:
            continue
        filters = source.get("FilterCriteria", {}).get("Filters", [])
        found = {
            "EventSourceArn": source["EventSourceArn"]
            == f"${{{deployment.tables.get(stream['table'], ['?'])[0]}.StreamArn}}",
            "FilterCriteria": [json.loads(one["Pattern"]) for one in filters] == [stream["filter"]],
            "StartingPosition": source.get("StartingPosition") == "TRIM_HORIZON",
            "FunctionResponseTypes": source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": source.get("BisectBatchOnFunctionError") is True,
            "BatchSize": 1 <= int(source.get("BatchSize", 100)) <= 10,
            "MaximumRetryAttempts": 0 <= int(source.get("MaximumRetryAttempts", -1)) <= 100,
            "MaximumRecordAgeInSeconds": 60 <= int(source.get("MaximumRecordAgeInSeconds", -1)) <= 86400,
            "DestinationConfig": deployment.dead_letters() in deployment.template.of_type("AWS::SQS::Queue"),
        }
        for field in (field for field, good in found.items() if not good):
            yield f"{name}: {field} of the event source is {source.get(field)}"
