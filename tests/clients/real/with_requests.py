"""Python's `requests`, as most who write Python have it."""

import gzip
import json
import sys

import requests

BASE = sys.argv[1] + "/api/now/v1/wrapup"
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml", "Accept": "application/xml"}


def session(user, password):
    made = requests.Session()
    # The environment's proxies and .netrc are nobody's business here.
    made.trust_env = False
    made.auth = (user, password)
    return made


api = session("username", "password")


def answer(response, status=200):
    assert response.status_code == status, (response.request.url, response.status_code, response.text)
    return response.json()


def opening(name, **fields):
    return {
        "agent_sys_id": "agent-7",
        "interaction_sys_id": f"interaction-of-{name}",
        "external": True,
        "external_segment_id": name,
        "configuration": {
            "enable_codes": True,
            "default_code": "General Enquiry",
            "allowed_codes": [{"code": "General Enquiry"}, {"code": "Rückruf"}],
            "enable_ai_code": True,
            "enable_ai_notes": True,
            "use_ai_as_default": True,
            "use_third_party_ai": True,
        },
        **fields,
    }


def opened(name, **fields):
    return answer(api.post(f"{BASE}/segment/create", json=opening(name, **fields)))["segment"]


# The tour.
assert opened("requests-1")["state"] == "open"
pushed = {"external_segment_id": "requests-1", "ai_wrap_up_code": "Rückruf", "ai_notes": "Wants to be called back."}
assert answer(api.put(f"{BASE}/segment/update/ai", json=pushed))["segment"]["ai_wrap_up_code"] == "Rückruf"
closed = answer(
    api.put(
        f"{BASE}/segment/update",
        params={"external_segment_id": "requests-1"},
        json={"notes": "Called back.", "confirmed_on": "2026-01-05 10:30:00"},
    )
)["segment"]
assert (closed["state"], closed["code"]["code"]) == ("closed", "Rückruf"), closed
assert answer(api.get(f"{BASE}/segment/requests-1"))["segment"] == closed

# The same request again, as a client sends it that got no answer.
assert opened("requests-1")["sys_id"] == closed["sys_id"]

# `text` is decoded by the charset of the answer; without one, text/xml would be ISO-8859-1.
for media_type in ("application/json", "application/xml", "text/xml"):
    response = api.get(f"{BASE}/segment/requests-1", headers={"Accept": media_type})
    assert response.encoding.lower() == "utf-8", response.headers
    assert "Rückruf" in response.text, response.text

# Basic credentials are written in ISO-8859-1.
jürgen = session("jürgen", "pässwörd für Jürgen")
assert answer(jürgen.get(f"{BASE}/segment/requests-1"))["success"]

# What an f-string makes of a flag, and ids that are numbers.
xml = (
    "<request><agent_sys_id>7</agent_sys_id><interaction_sys_id>42</interaction_sys_id>"
    f"<external>{True}</external><external_segment_id>requests-2</external_segment_id>"
    f"<configuration><enable_codes>{False}</enable_codes></configuration></request>"
)
response = api.post(f"{BASE}/segment/create", data=xml, headers=XML)
assert response.status_code == 200 and "<external>true</external>" in response.text, response.text
numbered = opened("requests-3", agent_sys_id=7, interaction_sys_id=42)
assert (numbered["agent"], numbered["interaction"]) == ("7", "42"), numbered

# A compressed body.
body = gzip.compress(json.dumps({"codes": [{"code": "Rückruf"}]}).encode())
response = api.post(f"{BASE}/code", data=body, headers={**JSON, "Content-Encoding": "gzip"})
assert answer(response)["result"]["success"]

# Where a proxy lets GET and POST alone through.
response = api.post(
    f"{BASE}/segment/update?external_segment_id=requests-3",
    json={"notes": "Done."},
    headers={"X-HTTP-Method-Override": "PUT"},
)
assert answer(response)["segment"]["state"] == "closed"

# A slash behind the path.
assert answer(api.get(f"{BASE}/segment/requests-3/"))["segment"]["state"] == "closed"
