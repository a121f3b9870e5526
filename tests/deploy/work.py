"""A day at work with a deployed system: each function of it called once at least, each for what it is there for."""

import json
import pathlib
import re
import subprocess
import time
import urllib.parse

from deployment import Deployment, expect, until
from emulator import Emulator
from stack import ROOT, Stack

CODES = {"enable_codes": True, "default_code": "General Enquiry", "allowed_codes": [{"code": "General Enquiry"}]}


# What agents write is nobody else's.
DRAFT = "The caller moved hou"


def opening(external_id: str, interaction: str = "interaction-7", **others) -> dict:
    named = {
        "agent_sys_id": "agent-9",
        "interaction_sys_id": interaction,
        "external": True,
        "external_segment_id": external_id,
    }
    return {**named, "configuration": CODES, **others}


def tour(deployment: Deployment):
    """The README's tour, word for word but for URL and user: each answer has what is printed below the call."""
    deployment.run("interaction", "demo")
    readme = (ROOT / "README.md").read_text()
    section = re.search(r"^## Five-minute tour$(.*?)^## ", readme, re.MULTILINE | re.DOTALL)[1]
    steps = re.findall(r"```sh\n(.*?)```\s+```(json|xml)\n(.*?)```", section, re.DOTALL)
    expect(len(steps) > 5, "the README has no tour")
    for command, form, printed in steps:
        here = command.replace("http://127.0.0.1:8080", deployment.url)
        here = here.replace("username:password", f"ccaas:{deployment.password}")
        here = here.replace("curl ", "curl -sS --noproxy '*' ")

        def answer():
            return subprocess.run(["bash", "-euc", here], capture_output=True, text=True, check=True, timeout=60).stdout

        def is_printed(answer):
            return printed.strip() in answer if form == "xml" else within(json.loads(printed), json.loads(answer))

        # What the AI filler suggests is there a moment later.
        until(answer, is_printed)


def within(printed, answered) -> bool:
    """Whether all that is printed is in the answer, which may have more fields."""
    if isinstance(printed, dict):
        there = isinstance(answered, dict) and printed.keys() <= answered.keys()
        return there and all(within(value, answered[name]) for name, value in printed.items())
    return printed == answered


# What differs on the emulator alone (see its room): the body of a gateway's own answer, and a path that is no UTF-8.
OF_THE_EMULATOR = {"a 401 is a platform error, and asks for Basic", "a path that is no UTF-8 is 400 for that alone"}


def configuration(deployment: Deployment, scratch: pathlib.Path, name: str = "Watched", **others) -> str:
    """The sys_id of a configuration for internal wrap-ups."""
    deployment.api("POST", "code", {"codes": [{"code": "General Enquiry"}]})
    file = scratch / "configuration.json"
    file.write_text(json.dumps({"name": name, "active": True, **CODES, "allowed_codes": ["General Enquiry"], **others}))
    return deployment.run("configuration", "put", str(file)).strip()


def conformance(deployment: Deployment, scratch: pathlib.Path) -> int:
    """The contract, all of it; answers how many of its checks are the same."""
    client, secret = deployment.run("oauth-client", "add", "--user", "ccaas").split()
    secret_file = scratch / "client-secret"
    secret_file.write_text(secret)
    command = [
        "conformance", "--url", deployment.url, "--user", "ccaas", "--password-file", str(deployment.password_file),
        "--client", client, "--client-secret-file", str(secret_file), "--output", "json",
        "--configuration", configuration(deployment, scratch),
    ]  # fmt: skip
    # The status is 1 for what the emulator does otherwise.
    checks = json.loads(deployment.run(*command, status=1))
    others = [one for one in checks if one["outcome"] != "same" and one["check"] not in OF_THE_EMULATOR]
    expect(not others, json.dumps(others, indent=1))
    return sum(one["outcome"] == "same" for one in checks)


def paths_that_are_none(deployment: Deployment):
    """What is no path is answered by a function, in our own words, also at the folders on the way to a path."""
    for path in [
        "/",
        "/api",
        "/api/now/v1",
        "/api/now/v1/wrapup",
        "/api/now/v1/wrapup/segment/agent/a",
        "/nowhere/at/all",
    ]:
        answer = deployment.call("GET", path, status=404)
        expect(answer["status"] == "failure" and path in answer["error"]["detail"], f"{path}: {answer}")
    xml = deployment.call("GET", "/api/now", status=404, headers={"Accept": "application/xml"})
    expect(xml.startswith("<?xml") and "<status>failure</status>" in xml, xml)


def translated_code(deployment: Deployment, language: str):
    """A code's label as whoever names no language reads it: in the deployment's, or else as it was translated first."""
    labels = {"French": ("fr", "Rappel promis"), "German": ("de", "Rückruf versprochen")}
    translations = [{"language": key, "code": label} for key, label in labels.values()]
    made = deployment.api("POST", "code", {"codes": [{"code": "Callback Promised", "translations": translations}]})
    sys_id = made["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"]
    code = deployment.api("GET", f"code/{sys_id}")["result"]["result_map"]["wrap_up_code"]
    expect(code["translated_code"] == labels[language][1], code)


def cursor(page: dict) -> str | None:
    """Where the next page of a list begins; codes stand below a result."""
    return page.get("result", {}).get("result_map", page).get("next_cursor")


def filled(deployment: Deployment, external_id: str, source: str):
    """A wrap-up of the README's conversation gets code and notes from the AI filler."""
    deployment.run("interaction", "demo")
    codes = {"allowed_codes": [{"code": code} for code in ["General Enquiry", "Refund", "Delivery Delayed"]]}
    wanted = {"enable_ai_code": True, "enable_ai_notes": True, "use_ai_as_default": True}
    body = opening(external_id, "demo-call", configuration={**CODES, **codes, **wanted})
    deployment.api("POST", "segment/create", body)
    segment = lambda: deployment.api("GET", f"segment/{external_id}")["segment"]
    until(segment, lambda found: (found.get("ai_source"), found.get("ai_wrap_up_code")) == (source, "Delivery Delayed"))


def filled_late(deployment: Deployment, external_id: str, scratch: pathlib.Path):
    """Speech-to-text ends after the wrap-up has opened: what it has made is read then."""
    interaction = f"late-{external_id}"
    codes = {"allowed_codes": [{"code": code} for code in ["General Enquiry", "Refund", "Delivery Delayed"]]}
    wanted = {"enable_ai_code": True, "enable_ai_notes": True}
    body = opening(external_id, interaction, configuration={**CODES, **codes, **wanted})
    deployment.api("POST", "segment/create", body)
    segment = lambda: deployment.api("GET", f"segment/{external_id}")["segment"]
    # The index shows it a moment later than it is there.
    until(lambda: deployment.api("GET", f"segment?interaction={interaction}"), lambda found: external_id in str(found))
    file = scratch / "interaction.json"
    transcript = "Customer: My parcel is late, the delivery was promised for Monday.\nAgent: It comes tomorrow."
    file.write_text(json.dumps({"sys_id": interaction, "transcript": transcript, "language": "en"}))
    deployment.run("interaction", "put", str(file))
    until(segment, lambda found: found.get("ai_source") and found.get("ai_notes"))


def learned(deployment: Deployment, external_id: str):
    """The code that an agent picks for a wrap-up with a conversation is learned from."""
    body = {"wrap_up_code": "Delivery Delayed"}
    deployment.api("PUT", f"segment/update?external_segment_id={external_id}", body)
    known = lambda: json.loads(deployment.run("ai", "learned", "--output", "json"))["codes"]
    until(known, lambda codes: any(code["code"] == "Delivery Delayed" for code in codes))


def tokens(deployment: Deployment, stack: Stack):
    """A token of a client's is as good as the user's password, and is renewed by its own; also while the job that looks after
    the keys has another one sign."""
    client, secret = deployment.run("oauth-client", "add", "--user", "ccaas").split()
    asked = {"client_id": client, "client_secret": secret, "username": "ccaas", "password": deployment.password}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ask = lambda **how: deployment.call(
        "POST", "/oauth_token.do", urllib.parse.urlencode({**asked, **how}), headers=form, signed=False
    )
    first = ask(grant_type="password")
    for function in stack.named("rotate-keys"):
        deployment.invoke(function)
    [kept] = stack.resources("AWS::SecretsManager::Secret").values()
    kept = deployment.emulator.client("secretsmanager").get_secret_value(SecretId=kept)["SecretString"]
    expect("previous" in json.loads(kept), "the key of before still signs, and no other")
    second = ask(grant_type="refresh_token", refresh_token=first["refresh_token"])
    for token in (first["access_token"], second["access_token"]):
        deployment.api("GET", "code/nothing", status=404, headers={"Authorization": f"Bearer {token}"}, signed=False)
    deployment.api("GET", "code/nothing", status=401, headers={"Authorization": "Bearer nothing"}, signed=False)


def events_are_told(emulator: Emulator, stack: Stack):
    """Listens at the stack's bus; answers what waits until events of these types have come."""
    sqs, events = emulator.client("sqs"), emulator.client("events")
    [bus] = stack.resources("AWS::Events::EventBus").values()
    queue = sqs.create_queue(QueueName=f"heard-{stack.name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    pattern = json.dumps({"account": [emulator.client("sts").get_caller_identity()["Account"]]})
    events.put_rule(Name="heard", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="heard", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    heard = {}

    def hear():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            expect(event["detail"]["specversion"] == "1.0" and event["detail-type"] == event["detail"]["type"], event)
            heard[event["detail"]["type"]] = event["detail"]
        return set(heard)

    return lambda types: until(hear, types.issubset)


def lists_and_reports(deployment: Deployment, scratch: pathlib.Path):
    deployment.api("POST", "segment/create", opening("LISTED-1", "interaction-8", agent_sys_id="agent-8"))
    closing = {"notes": "Done.", "wrap_up_code": "General Enquiry"}
    deployment.api("PUT", "segment/update?external_segment_id=LISTED-1", closing)
    for query in ["agent=agent-8", "interaction=interaction-8", "state=awaiting_confirmation"]:
        until(lambda: deployment.api("GET", f"segment?{query}"), lambda found: "LISTED-1" in str(found))
    deployment.api("POST", "code", {"codes": [{"code": "Watched"}]})
    until(lambda: deployment.api("GET", "code?q=Watch"), lambda found: "Watched" in str(found))
    sys_id, _ = (configuration(deployment, scratch, name) for name in ("Watched", "Watched, too"))
    for path in ["segment?state=open&", "code?", "configuration?"]:
        page = until(lambda: deployment.api("GET", f"{path}limit=1"), cursor)
        expect(deployment.api("GET", f"{path}limit=1&cursor={cursor(page)}") != page, f"{path}: the same page")
    until(lambda: deployment.api("GET", "configuration"), lambda found: sys_id in str(found))
    expect(deployment.api("GET", f"configuration/{sys_id}")["configuration"]["sys_id"] == sys_id, sys_id)
    until(lambda: deployment.api("GET", f"report/codes?{today()}"), lambda found: "General Enquiry" in str(found))
    until(lambda: deployment.api("GET", f"report/confirmations?{today()}"), lambda found: found["report"]["rows"])


def page(deployment: Deployment):
    """The supervisor's page, as everybody may load it."""
    expect("<html" in deployment.call("GET", "/supervisor", signed=False), "no page")


def deadlines(deployment: Deployment, stack: Stack, scratch: pathlib.Path):
    """What has had its time is closed with the agent's draft: for whoever looks, for the next caller, and by the job."""
    # The job's own minute may come at any time.
    scheduler = deployment.emulator.client("scheduler")
    for name in stack.resources("AWS::Scheduler::Schedule").values():
        found = scheduler.get_schedule(Name=name)
        asked = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        scheduler.update_schedule(State="DISABLED", **{field: found[field] for field in asked})
    timer = {"show_timer": True, "duration": 1}
    short = configuration(deployment, scratch, "Short", **timer)
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    external = opening("TIMED-1", "interaction-timed-1", configuration={**CODES, **timer}, opened_on=now)
    internal = {
        "agent_sys_id": "agent-9",
        "interaction_sys_id": "interaction-timed-2",
        "opened_on": now,
        "wrap_up_configuration_sys_id": short,
    }
    names = {
        "TIMED-1": ("external_segment_id=TIMED-1", "segment/TIMED-1"),
        "internal": (
            "agent_sys_id=agent-9&interaction_sys_id=interaction-timed-2",
            "segment/agent/agent-9/interaction/interaction-timed-2",
        ),
    }
    for body, (query, path) in zip((external, internal), names.values(), strict=True):
        deployment.api("POST", "segment/create", body)
        draft = {"notes": DRAFT, "wrap_up_code": "General Enquiry"}
        deployment.api("PUT", f"segment/draft?{query}", draft)
    shown = [until(lambda: deployment.api("GET", path)["segment"], closed) for _, path in names.values()]
    deployment.api("GET", f"report/codes?{today()}")
    deployment.api("POST", "segment/create", internal)
    for function in stack.named("close-overdue"):
        deployment.invoke(function)
    table = f"{deployment.prefix}interaction_wrap_up_segment"
    for segment in shown:
        expect((segment["timed_out"], segment["notes"]) == (True, DRAFT), segment)
        key = {"sys_id": {"S": segment["sys_id"]}}
        stored = deployment.emulator.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        expect(stored["state"]["S"] == "closed", "its end is shown, and not stored")


def closed(segment: dict) -> bool:
    return segment["state"] == "closed"


def today() -> str:
    """A day and a night around now, as reports are asked for."""
    day = lambda seconds: time.strftime("%Y-%m-%d", time.gmtime(time.time() + seconds))
    return f"from={day(0)}%2000:00:00&to={day(86_400)}%2000:00:00"


def seldom(deployment: Deployment):
    """What is asked for now and then: many codes at once, and other codes for a wrap-up that is open."""
    deployment.api("POST", "code", {"codes": [{"code": f"One of many {number}"} for number in range(120)]})
    deployment.api("POST", "segment/create", opening("CHANGED-1", "interaction-changed"))
    others = {"configuration": {**CODES, "allowed_codes": [{"code": "General Enquiry"}, {"code": "New here"}]}}
    found = deployment.api("PUT", "segment/update?external_segment_id=CHANGED-1", others)
    expect("New here" in str(found) and found["segment"]["state"] == "open", found)


def segment_tables(deployment: Deployment, tables: list[str]):
    """A wrap-up with a record of each segment table, read with it in both ways."""
    for number, table in enumerate(tables):
        name, interaction = f"SEGMENTED-{number}", f"interaction-{table}"
        segmented = {"segmented": True, "segment_table": table, "segment_id": f"{deployment.prefix}{table}"}
        # The AI filler looks for what was said there.
        wanted = {"configuration": {**CODES, "enable_ai_code": True}}
        deployment.api("POST", "segment/create", opening(name, interaction, **segmented, **wanted))
        for path in [f"segment/{name}", f"segment/agent/agent-9/interaction/{interaction}"]:
            record = deployment.api("GET", f"{path}?include=interaction_segment")["segment"]["interaction_segment"]
            expect((record["id"], record["interaction"]) == (segmented["segment_id"], interaction), record)
