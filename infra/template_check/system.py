"""infra/system.json and infra/gateway-responses.json, by which the templates are made and judged."""

import json
import pathlib

INFRA = pathlib.Path(__file__).parent.parent
SYSTEM = json.loads((INFRA / "system.json").read_text())
GATEWAY_RESPONSES = json.loads((INFRA / "gateway-responses.json").read_text())

# What every answer has, whatever it says, be it a function's or API Gateway's own.
COMMON_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Authorization, Origin",
    "X-Content-Type-Options": "nosniff",
}

# What a page may read of an answer, beside what every page may (`shared/src/api/origins.rs`).
EXPOSED_HEADERS = "Accept-Encoding, Allow, Retry-After, WWW-Authenticate"

# The table that is built in as a segment table: who may do what on it, may do so on those of a deployment's own.
BUILT_IN = "sn_openframe_phone_log"

# How many may read a stream of DynamoDB at once before its readers are throttled.
READERS = 2

_KINDS = {"routes": "endpoint", "public_routes": "endpoint", "stream": "consumer", "schedule": "job"}


def kind(name: str, function: dict) -> str:
    """What has a function run: an `endpoint` callers (by `public_routes` those too who have not signed in), a `consumer` a table's stream, a `job` the clock, the
    `authorizer` API Gateway, before it lets a caller through."""
    return next((kind for field, kind in _KINDS.items() if field in function), name)


def in_background(function: dict) -> bool:
    """Whether nobody waits for it: then what it gives up is kept as dead letters, and it has alarms of its own."""
    return "stream" in function or "schedule" in function


def streams(function: dict) -> list:
    """The tables' streams that a consumer reads, each with what of it; the first one is what it is a consumer for."""
    return [function[field] for field in ("stream", "second_stream") if field in function]


def wants_ai(function: dict) -> bool:
    """Whether it calls an AI provider: then it is there only where a deployment has one."""
    return "WRAPUP_AI_PROVIDER" in function.get("environment", [])


def index_of(resource: str) -> tuple:
    """The table and the index that a function's permission is of, as the list names it: `TABLE/index/NAME`, or `TABLE`,
    which has none of that."""
    table, _, index = resource.partition("/index/")
    return table, index


def wants_index(function: dict) -> bool:
    """Whether the clock runs it and it reads by an index: then it is there only where a deployment has those. Who calls an
    endpoint is told that an index lacks, and what a consumer does by one is not all that it does."""
    return "schedule" in function and any(index_of(resource)[1] for resource in function["dynamodb"])


def index_conditions(indexes: dict) -> dict:
    """The condition of SAM's template under which a table has each of its indexes: they come one by one, since a table that
    is there takes one new index an update of its stack."""
    return {name: "Indexes" if stage == 1 else f"Indexes{stage}" for stage, name in enumerate(indexes, 1)}


def option(function: dict) -> str:
    """The condition of SAM's template under which a deployment has it; none of what every deployment has. One that is there
    where somebody wants it says so itself."""
    if "option" in function:
        return function["option"]
    if wants_ai(function):
        return "Ai"
    if "bus" in function:
        return "Events"
    return "Indexes" if wants_index(function) else ""


def writes(function: dict) -> bool:
    """Whether it changes records, of which it writes audit lines."""
    changes = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    return any(changes & set(actions) for actions in function["dynamodb"].values())


def timeout(name: str, function: dict) -> int:
    """Seconds. API Gateway waits 29 at most, and for an authorizer 10 are plenty; in the background a model or many
    records may take their time."""
    return 120 if in_background(function) else 10 if kind(name, function) == "authorizer" else 29


def title(name: str) -> str:
    """`create-codes` as names in templates are written: `CreateCodes`."""
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-"))


def dead_letters(name: str) -> str:
    """What the queue of a function is called. The AI filler's was there before there were others."""
    return "DeadLetters" if name == "ai-filler" else f"{title(name)}DeadLetters"


def wrong_system(system: dict):
    """What no deployment can be made of."""
    served, readers = {}, {}
    for name, function in system["functions"].items():
        fields = [field for field in _KINDS if field in function]
        if len(fields) != (name != "authorizer"):
            yield f"{name} is not of one kind: it has {' and '.join(fields) or 'neither ' + ', '.join(_KINDS)}"
        for secret in function.get("secrets", {}):
            if secret not in system["secrets"]:
                yield f"{name}: there is no secret {secret}"
        learned = function.get("learning", {}).get("dynamodb", {})
        for table, index in map(index_of, [*function["dynamodb"], *learned]):
            if table not in system["tables"]:
                yield f"{name}: there is no table {table}"
            elif index and index not in system["tables"][table].get("indexes", {}):
                yield f"{name}: the table {table} has no index {index}"
        if "WRAPUP_SEGMENT_TABLES" in function.get("environment", []) and not function["dynamodb"].get(BUILT_IN):
            yield f"{name}: it uses segment tables, and may do nothing on {BUILT_IN}"
        for route in function.get("routes", []):
            other = served.setdefault(route, name)
            if other != name:
                yield f"{name}: {route} is served by {other}, and a method of a path is one function's"
        for stream in streams(function):
            readers.setdefault(stream["table"], []).append(name)
    for table, names in readers.items():
        if "stream" not in system["tables"].get(table, {}):
            yield f"{names[0]}: there is no stream of {table}"
        if len(names) > READERS:
            yield f"the stream of {table} has the readers {', '.join(names)}: DynamoDB lets {READERS} read one"
