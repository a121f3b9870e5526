"""A serialiser of XML from classes, as JAXB and .NET's are: what is absent is written as xsi:nil."""

import sys
from dataclasses import dataclass, field
from typing import List, Optional

import requests
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

BASE = sys.argv[1] + "/api/now/wrapup"


def nillable():
    return field(default=None, metadata={"type": "Element", "nillable": True})


@dataclass
class AllowedCode:
    code: str = field(metadata={"type": "Element"})
    translation: Optional[str] = nillable()


@dataclass
class Configuration:
    enable_codes: bool = field(metadata={"type": "Element"})
    default_code: Optional[str] = nillable()
    duration: Optional[int] = nillable()
    show_timer: Optional[bool] = nillable()
    enable_ai_code: bool = field(default=True, metadata={"type": "Element"})
    enable_ai_notes: bool = field(default=True, metadata={"type": "Element"})
    use_ai_as_default: bool = field(default=True, metadata={"type": "Element"})
    use_third_party_ai: bool = field(default=True, metadata={"type": "Element"})
    allowed_codes: List[AllowedCode] = field(default_factory=list, metadata={"type": "Element"})


@dataclass
class Create:
    class Meta:
        name = "request"

    agent_sys_id: str = field(metadata={"type": "Element"})
    interaction_sys_id: str = field(metadata={"type": "Element"})
    external: bool = field(metadata={"type": "Element"})
    external_segment_id: str = field(metadata={"type": "Element"})
    opened_on: Optional[str] = nillable()
    segmented: Optional[bool] = nillable()
    segment_id: Optional[str] = nillable()
    segment_table: Optional[str] = nillable()
    ai_notes: Optional[str] = nillable()
    configuration: Optional[Configuration] = nillable()


@dataclass
class UpdateAi:
    class Meta:
        name = "request"

    external_segment_id: str = field(metadata={"type": "Element"})
    segment_sys_id: Optional[str] = nillable()
    ai_wrap_up_code: Optional[str] = nillable()
    ai_notes: Optional[str] = nillable()


@dataclass
class Update:
    class Meta:
        name = "request"

    wrap_up_code: Optional[str] = nillable()
    notes: Optional[str] = nillable()
    confirmed_on: Optional[str] = nillable()


@dataclass
class Code:
    code: str = field(metadata={"type": "Element"})


@dataclass
class Segment:
    state: str = field(metadata={"type": "Element"})
    awaiting_confirmation: bool = field(metadata={"type": "Element"})
    notes: Optional[str] = field(default=None, metadata={"type": "Element"})
    code: Optional[Code] = field(default=None, metadata={"type": "Element"})


@dataclass
class Answer:
    class Meta:
        name = "response"

    success: bool = field(metadata={"type": "Element"})
    message: str = field(metadata={"type": "Element"})
    segment: Optional[Segment] = field(default=None, metadata={"type": "Element"})


serializer = XmlSerializer()
parser = XmlParser(config=ParserConfig(fail_on_unknown_properties=False))
session = requests.Session()
session.trust_env = False
session.auth = ("username", "password")
session.headers.update({"Content-Type": "application/xml", "Accept": "application/xml"})


def call(method, path, request=None):
    body = None if request is None else serializer.render(request)
    if body is not None:
        assert 'nil="true"' in body, body
    response = session.request(method, f"{BASE}/{path}", data=body)
    assert response.status_code == 200, (body, response.status_code, response.text)
    return parser.from_bytes(response.content, Answer).segment


configuration = Configuration(
    enable_codes=True,
    default_code="General Enquiry",
    allowed_codes=[AllowedCode("General Enquiry"), AllowedCode("Rückruf")],
)
create = Create("agent-7", "interaction-of-xsdata", True, "xsdata-1", configuration=configuration)
assert call("POST", "segment/create", create).state == "open"
call("PUT", "segment/update/ai", UpdateAi("xsdata-1", ai_wrap_up_code="Rückruf", ai_notes="Wants to be called back."))

# The agent's notes, then the other system's confirmation, whose class has notes too.
submitted = call("PUT", "segment/update?external_segment_id=xsdata-1", Update(notes="Called back."))
assert submitted.awaiting_confirmation and submitted.code.code == "Rückruf", submitted
confirmed = call("PUT", "segment/update?external_segment_id=xsdata-1", Update(confirmed_on="2026-01-05 10:30:00"))
assert not confirmed.awaiting_confirmation and confirmed.notes == "Called back.", confirmed
found = call("GET", "segment/xsdata-1")
assert (found.state, found.notes, found.code.code) == ("closed", "Called back.", "Rückruf"), found
