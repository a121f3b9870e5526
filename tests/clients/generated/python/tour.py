"""The tour by a client of openapi-python-client: `tour.py URL`, as the user of the environment."""

import base64
import os
import sys

from wrapup_client import AuthenticatedClient
from wrapup_client.api.wrap_up_codes import create_codes, get_code
from wrapup_client.api.wrap_up_segments import (
    create_segment,
    find_segment,
    get_segment,
    update_segment,
    update_segment_ai,
    update_segment_ai_details,
)
from wrapup_client.models import (
    AiContent,
    AiOutcome,
    AllowedCode,
    AllowedCodeTranslation,
    BusinessError,
    CodeTranslation,
    FindSegmentInclude,
    NewConfiguration,
    NewSegment,
    NewWrapUpCode,
    NewWrapUpCodes,
    SegmentState,
    SegmentUpdate,
)

credentials = f"{os.environ['WRAPUP_USER']}:{os.environ['WRAPUP_PASSWORD']}"
client = AuthenticatedClient(
    base_url=sys.argv[1], prefix="Basic", token=base64.b64encode(credentials.encode()).decode()
)

# Codes, in two languages.
refund = NewWrapUpCode(code="Python Refund", translations=[CodeTranslation(language="de", code="Erstattung")])
codes = create_codes.sync(client=client, body=NewWrapUpCodes(codes=[refund, NewWrapUpCode(code="Python Enquiry")]))
stored = codes.result.result_map.created_wrap_up_codes
assert [code.code for code in stored] == ["Python Refund", "Python Enquiry"], codes
code = get_code.sync(stored[0].sys_id, client=client, accept_language="de")
assert code.result.result_map.wrap_up_code.translated_code == "Erstattung", code

# A CCaaS system's segment, from its opening to its confirmation.
configuration = NewConfiguration(
    enable_codes=True,
    default_code="Python Enquiry",
    allowed_codes=[
        AllowedCode(code="Python Enquiry", translation=AllowedCodeTranslation(language="de", code="Anfrage")),
        AllowedCode(code="Python Refund"),
    ],
    duration=120,
    show_timer=True,
    enable_ai_code=True,
    enable_ai_notes=True,
    use_third_party_ai=True,
)
opened = create_segment.sync(
    client=client,
    body=NewSegment(
        agent_sys_id="python-agent",
        interaction_sys_id="python-interaction",
        external=True,
        external_segment_id="PYTHON-1",
        opened_on="2026-01-05 10:15:00",
        configuration=configuration,
    ),
)
assert opened.segment.state == SegmentState.OPEN, opened
assert opened.segment.wrap_up_configuration.duration == "120", opened

content = AiContent(external_segment_id="PYTHON-1", ai_wrap_up_code="Python Refund", ai_notes="Charged twice.")
assert update_segment_ai.sync(client=client, body=content).segment.ai_notes == "Charged twice."
content = AiContent(external_segment_id="PYTHON-1", ai_notes="One goes back.")
assert update_segment_ai_details.sync(client=client, body=content).segment.ai_notes == "One goes back."


def update(body):
    return update_segment.sync(client=client, external_segment_id="PYTHON-1", body=body)


closed = update(SegmentUpdate(wrap_up_code="Python Refund", notes="Refund sent."))
assert closed.segment.state == SegmentState.CLOSED and closed.segment.awaiting_confirmation, closed
assert closed.segment.ai_outcome == AiOutcome.AI_CODE, closed
confirmed = update(SegmentUpdate(confirmed_on="2026-01-05 10:30:00"))
assert confirmed.segment.confirmed_on == "2026-01-05 10:30:00", confirmed

assert get_segment.sync("PYTHON-1", client=client).segment.code.code == "Python Refund"
include = FindSegmentInclude.INTERACTION_SEGMENT
latest = find_segment.sync("python-agent", "python-interaction", client=client, include=include)
assert latest.segment.sys_id == opened.segment.sys_id, latest

# Errors are typed, too.
late = update(SegmentUpdate(notes="Too late."))
assert isinstance(late, BusinessError) and "is final" in late.message, late
assert get_segment.sync_detailed("PYTHON-0", client=client).status_code == 404

# A workspace's own, by the demo's configuration.
internal = create_segment.sync(
    client=client,
    body=NewSegment(
        agent_sys_id="python-agent",
        interaction_sys_id="python-workspace",
        wrap_up_configuration_sys_id="459249ae34d559a4ad648aab5800ea0a",
    ),
)
assert internal.segment.external is False, internal
print("the tour by openapi-python-client: fine")
