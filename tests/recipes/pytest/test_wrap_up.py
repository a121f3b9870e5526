import pytest
import requests

WRAP_UP = {
    "agent_sys_id": "agent-7",
    "interaction_sys_id": "interaction-1",
    "external": True,
    "external_segment_id": "CALL-1",
    "configuration": {},
}


def test_a_wrap_up_is_stored_as_it_was_submitted(api, tables):
    assert api("POST", "segment/create", WRAP_UP).ok
    assert api("PUT", "segment/update?external_segment_id=CALL-1", {"notes": "Refund sent."}).ok

    segment = api("GET", "segment/CALL-1").json()["segment"]
    assert (segment["state"], segment["notes"]) == ("closed", "Refund sent.")

    record = tables.Table("interaction_wrap_up_segment").get_item(Key={"sys_id": segment["sys_id"]})["Item"]
    assert record["sys_created_by"] == "username"


def test_nothing_is_left_of_other_tests(api):
    assert api("GET", "segment/CALL-1").status_code == 404


def test_a_lost_answer_is_asked_for_again(api):
    with pytest.raises(requests.ConnectionError):
        api("POST", "segment/create", WRAP_UP, headers={"X-Wrapup-Fault": "drop-after"})
    created = api("GET", "segment/CALL-1").json()["segment"]["sys_id"]

    assert api("POST", "segment/create", WRAP_UP).json()["segment"]["sys_id"] == created


def test_a_wrap_up_ends_by_itself_after_its_duration(api, wrapup):
    clock = wrapup["base_url"] + "/local/clock"
    now = requests.post(clock, json={"set": "2026-01-05 08:00:00"}, timeout=10).json()["now"]
    timed = WRAP_UP | {"opened_on": now, "configuration": {"duration": 120, "show_timer": True}}
    assert api("POST", "segment/create", timed).json()["segment"]["state"] == "open"

    requests.post(clock, json={"forward": "3m"}, timeout=10).raise_for_status()

    segment = api("GET", "segment/CALL-1").json()["segment"]
    assert (segment["state"], segment["timed_out"]) == ("closed", True)
