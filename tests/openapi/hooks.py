"""What a document cannot tell schemathesis: values that exist, and which refusals are about stored data."""

import datetime
import html
import itertools
import json
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# The configuration that a fresh `wrapup local` has, and the segment that `check` opens before the run.
CONFIGURATION = "459249ae34d559a4ad648aab5800ea0a"
OPEN_SEGMENT = {
    "segment_sys_id": "804e5549a9075b5b9abb846c34ec54db",
    "external_segment_id": "open-for-ai",
    "agent_sys_id": "agent",
    "interaction_sys_id": "open-for-ai",
}

# A wrap-up begins at most a day ahead, by a clock that the document does not know.
moments = st.datetimes(max_value=datetime.datetime(2024, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
schemathesis.openapi.format(
    "wrap-up-date-time",
    st.one_of(
        moments.map(lambda moment: moment.isoformat(sep=" ")),
        moments.map(lambda moment: moment.isoformat() + "Z"),
        moments.filter(lambda moment: 1 < moment.year < 9999).map(lambda moment: moment.isoformat() + "-11:30"),
    ),
)


@schemathesis.hook
def map_body(context, body):
    """Puts ids and labels that exist in place of valid ones that do not; what is invalid stays so."""
    if not isinstance(body, dict):
        return body
    operation = context.operation.definition.raw["operationId"]
    if operation.startswith("createSegment"):
        replace(body, "wrap_up_configuration_sys_id", CONFIGURATION)
    if operation.startswith(("createSegment", "updateSegment")):
        configuration = body.get("configuration")
        codes = configuration.get("allowed_codes") if isinstance(configuration, dict) else None
        if isinstance(codes, list) and codes and isinstance(codes[0], dict) and is_id(codes[0].get("code"), 255):
            replace(configuration, "default_code", codes[0]["code"], 255)
    if operation.startswith("updateSegmentAi"):
        for name, value in OPEN_SEGMENT.items():
            replace(body, name, value)
    return body


@schemathesis.hook
def map_query(context, query):
    """Sends drafts to the segment that has to stay open, and closes others."""
    operation = context.operation.definition.raw["operationId"]
    if isinstance(query, dict) and operation.startswith("saveDraft"):
        for name, value in OPEN_SEGMENT.items():
            replace(query, name, value)
    if not isinstance(query, dict) or not operation.startswith("updateSegment"):
        return query
    return {name: "another" if value in OPEN_SEGMENT.values() else value for name, value in query.items()}


def replace(fields, name, value, most=1024):
    if is_id(fields.get(name), most):
        fields[name] = value


def is_id(value, most):
    return isinstance(value, str) and bool(value.strip()) and len(value) <= most


calls = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Asks for XML every third time, except where links are followed, which lead through JSON."""
    if case.meta is None or case.meta.phase.name.value == "stateful":
        return
    if next(calls) % 3 == 2 and case.headers is not None:
        case.headers.setdefault("Accept", "application/xml")


# Rules between a request and what is stored, between the entries of one list, and between query parameters: JSON
# Schema and OpenAPI have no words for them. Every other refusal of data that the document allows is a failure.
BEYOND_SCHEMAS = re.compile(
    "|".join(
        [
            r"\S+ repeats '' of an earlier entry",
            r"\S+ '' is not among the allowed codes(: did you mean ''(, '')*( or '')?\?)?",
            r"\S+ wrap-up code '' is inactive",
            r"\S+ there is no wrap-up code ''",
            r"\S+ '' is not the sys_id of an active wrap-up configuration",
            r"external_segment_id '' already names wrap-up segment ''.*",
            r"Wrap-up segment '' is already open for this agent.*",
            r"Wrap-up segment '' was closed on .* and is final",
            r"segment_id names a record of another interaction",
            r"[\w, ]+ cannot change any more\.",
            r"configuration can only be used with an external segment",
            r"Wrap-up segment '' is closed, and its configuration cannot change any more",
            r"this is not the one that it was given last.*",
            r"\S+ is more than 24 hours ahead",
            r"Wrap-up segment '' is closed",
            r"(AI content|a draft) can only be stored while its state is open\.",
            r"cursor is not a next_cursor of this API",
            r"leave it out, to begin the list again",
            r"to has to be (later than from.*|at most \d+ days (later than|after) from)",
            r"minutes can only be used with state=overdue",
            r"\w+ (is missing|cannot be given with \w+): exactly one of agent, interaction, state, or from and to has to be given",
            r"(from|to) is required where neither agent, interaction nor state is",
            r"use_third_party_ai is false in the configuration of wrap-up segment ''\.",
        ]
    )
)
NO_ADDRESS = re.compile(
    r"\w+ is required where neither \w+ nor [\w ]+ is given|\w+ belongs in the query string"
)
# XML does not carry every character: what schemathesis leaves out of a text may be all of it.
EMPTY = re.compile(rb"<([\w.-]+)></\1>")
# A field that is null or an empty list has no element, and may be the only one of a body that is known.
NONE_KNOWN = re.compile(r"body has to have (one of .* and has only others|wrap_up_code or notes, be it empty)")
REQUIRED = re.compile(r" is required( when [\w ]+)?$")
# In XML an empty element is what its field wants: no value, an empty list, or an object without fields. And every other
# leaf is a text, what schemathesis means as null too.
FITS_ANY_TYPE = re.compile(rb"<([\w.-]+)>(\s*|null)</\1>|<[\w.-]+\s*/>")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure is one."""
    body = response.request.body or b""
    if isinstance(failure, RejectedPositiveData):
        xml = case.media_type == "application/xml"
        return not is_beyond_schemas(response.text, case.operation.definition.raw["operationId"], xml, body)
    if isinstance(failure, AcceptedNegativeData):
        return not (case.media_type == "application/xml" and FITS_ANY_TYPE.search(body))
    return True


def message_of(text):
    if text.startswith("<"):
        found = re.search("<message>(.*?)</message>", text, re.DOTALL)
        return html.unescape(found[1]) if found else ""
    answer = json.loads(text)
    return answer.get("result", answer).get("message", "")


def is_beyond_schemas(text, operation, xml, body):
    parts = [part.strip() for part in re.sub(r"'.*?'(?=[ .,;:?]|$)", "''", message_of(text), flags=re.DOTALL).split("; ")]
    by_query = operation.startswith(("updateSegment", "saveDraft")) and not operation.startswith("updateSegmentAi")
    emptied = xml and EMPTY.search(body)
    return all(
        BEYOND_SCHEMAS.fullmatch(part)
        or by_query and NO_ADDRESS.fullmatch(part)
        or emptied and REQUIRED.search(part)
        or xml and NONE_KNOWN.fullmatch(part)
        for part in parts
    )
