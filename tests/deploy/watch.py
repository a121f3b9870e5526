"""Deploys both templates onto an emulator of AWS, works with what is deployed, and watches what each role really uses:
`watch.py BINARIES WRAPUP`, with the folder of the functions' binaries, and the command line. Exit status 1 at the first
thing that is not as it should be."""

import copy
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from botocore.exceptions import ClientError

import grants
import surroundings
import work
from deployment import Deployment, Unexpected, expect, operate, until
from emulator import REGION, Emulator
from kinds import Cdk, Kind, Sam
from stack import BUCKET, ROOT, Failed, Stack, Templates, archives

HERE = pathlib.Path(__file__).parent
STARTED = time.monotonic()


def step(what: str):
    print(f"{time.monotonic() - STARTED:6.1f} s  {what}", flush=True)


@dataclasses.dataclass(frozen=True)
class World:
    """What all scenarios have in common."""

    emulator: Emulator
    templates: Templates
    wrapup: pathlib.Path
    scratch: pathlib.Path

    def deploy(self, stack: Stack, template: dict, parameters: dict, prefix: str) -> Deployment:
        outputs = stack.deploy(template, **parameters)
        [url] = (value for value in outputs.values() if ".execute-api." in value)
        return Deployment(self.emulator, self.wrapup, self.scratch, url, prefix)

    def tables(self, prefix: str) -> dict[str, dict]:
        """The tables of a deployment, as DynamoDB describes them."""
        dynamodb = self.emulator.client("dynamodb")
        names = (name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"])
        return {name: dynamodb.describe_table(TableName=name)["Table"] for name in names if name.startswith(prefix)}


def main(binaries: pathlib.Path, wrapup: pathlib.Path) -> int:
    with tempfile.TemporaryDirectory() as folder, Emulator(pathlib.Path(folder)) as emulator:
        scratch = pathlib.Path(folder)
        templates = Templates(emulator, archives(binaries, scratch / "archives"), scratch)
        world = World(emulator, templates, wrapup.resolve(), scratch)
        step("the emulator runs, and has the functions' code")
        try:
            sam = Sam(templates)
            by_sams_command_line(world)
            what_cannot_work(world, sam)
            after_a_failure(world, sam)
            an_update_that_fails(world, sam)
            from_an_earlier_release(world, sam)
            restored(world, sam)
            kinds = [sam, Cdk(templates)]
            for kind in kinds:
                from_first_to_last(world, kind)
            around = surroundings.build(emulator, scratch)
            for kind in kinds:
                with_everything(world, kind, around)
            decisions = emulator.decisions()
            denied = [call for call in decisions if not call.allowed]
            # One for each template, of the permission that was wrong on purpose.
            expect([call.action for call in denied] == ["dynamodb:GetItem"] * len(kinds), denied)
            step(
                f"{len(decisions)} calls that differ by role, action or resource; {len(denied)} denied, as they had to be"
            )
        except (Unexpected, Failed) as problem:
            errors = [line for line in emulator.logged() if '"level":"ERROR"' in line]
            print(problem, *errors[-5:], sep="\n", file=sys.stderr)
            return 1
    return 0


def from_first_to_last(world: World, kind: Kind):
    """A deployment as the guide makes it: its first day, three updates, and its end."""
    prefix, stack = f"{kind.name}-", Stack(world.emulator, kind.name)
    deploy = lambda **options: world.deploy(stack, *kind.plain(prefix, **options), prefix)
    deployment = deploy(ai="extractive")
    step(f"{kind.name}: deployed, {len(stack.resources('AWS::Lambda::Function'))} functions")
    work.tour(deployment)
    step(f"{kind.name}: the README's tour, with the AI filler")
    step(f"{kind.name}: {work.conformance(deployment, world.scratch)} checks of the contract are the same")

    def consumers():
        """Whether the segment table has a stream, and how many are invoked by streams."""
        mappings = world.emulator.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        stream = world.tables(prefix)[f"{prefix}interaction_wrap_up_segment"].get("StreamSpecification", {})
        own = [one for one in mappings if one["EventSourceArn"].split("/")[1].startswith(prefix)]
        return stream.get("StreamEnabled", False), len(own)

    expect(consumers() == (True, 2), consumers())
    work.translated_code(deployment, "French")
    for options, there, language in [
        ({}, (False, 0), "French"),
        ({"ai": "extractive", "language": "de"}, (True, 2), "German"),
        ({}, (False, 0), "French"),
    ]:
        before, deployment = deployment.url, deploy(**options)
        expect(deployment.url == before, f"the API has moved to {deployment.url}")
        expect(consumers() == there, f"{options}: {consumers()}")
        work.translated_code(deployment, language)
        if "ai" in options:
            work.filled(deployment, "UPDATED-1", "extractive")
    step(f"{kind.name}: updated: AI filler off, on with a language, off; the API stays where it was")
    expect(not (refused := grants.denied(stack)), refused)

    stack.delete()
    left = world.tables(prefix)
    expect(len(left) == 8 and all(table["DeletionProtectionEnabled"] for table in left.values()), left)
    kept = world.emulator.client("dynamodb").scan(TableName=f"{prefix}interaction_wrap_up_segment", Select="COUNT")
    expect(kept["Count"] > 0, "the wrap-ups have gone with the stack")
    step(f"{kind.name}: deleted; its {len(left)} tables are left, protected, with what was in them")


def with_everything(world: World, kind: Kind, around: surroundings.Surroundings):
    """A deployment with all options that go together: each grant of a function is used by what it is there for, and nothing more
    is asked for; a permission that is wrong is found either way."""
    prefix, stack = f"all-{kind.name}-", Stack(world.emulator, f"{kind.name}-all")
    template, parameters = kind.everything(prefix, around)
    deployment = world.deploy(stack, template, parameters, prefix)
    step(f"{kind.name}: deployed with every option")
    told = work.events_are_told(world.emulator, stack)
    work.paths_that_are_none(deployment)
    work.segment_tables(deployment, ["sn_openframe_phone_log", "u_chat", "u_ticket"])
    work.filled(deployment, "FILLED-1", "openai")
    work.filled_late(deployment, "LATE-1", world.scratch)
    work.learned(deployment, "FILLED-1")
    work.lists_and_reports(deployment, world.scratch)
    work.tokens(deployment, stack)
    work.page(deployment)
    work.deadlines(deployment, stack, world.scratch)
    work.seldom(deployment)
    step(f"{kind.name}: {work.conformance(deployment, world.scratch)} checks of the contract are the same")
    told({"segment.opened", "segment.closed"})
    expect(not (refused := grants.denied(stack)), refused)
    secrets = [deployment.password, work.DRAFT, surroundings.MODEL_KEY]
    lines = world.emulator.logged()
    expect(len(lines) > 100, "there are no logs to look at")
    expect(not (told_on := [line for line in lines if any(secret in line for secret in secrets)]), told_on)
    step(f"{kind.name}: worked; nothing was denied, and nothing secret is in the logs")
    unused = grants.unused(stack)
    expect(not unused, "granted, and never used:\n" + "\n".join(sorted(map(str, unused))))
    step(f"{kind.name}: all {len(grants.granted(stack))} grants are used")

    world.deploy(stack, grants.with_a_wrong_one(template), parameters, prefix)
    deployment.api("GET", f"code/{'0' * 32}", status=500)
    [wrong] = {call.action for call in grants.denied(stack)}
    [idle] = {grant.action for grant in grants.unused(stack)}
    expect((wrong, idle) == ("dynamodb:GetItem", "dynamodb:DeleteItem"), f"{wrong} is denied, {idle} is not used")
    step(f"{kind.name}: a wrong permission is found, as denied and as unused")
    stack.delete()


def by_sams_command_line(world: World):
    """`sam deploy` itself, with a value of JSON quoted as the guide has it: it arrives whole, and the API works."""
    template = world.scratch / "template.yaml"
    # Each function as it has been built, in place of the sources.
    pattern = r"(Binary: ([a-z-]+)\}\}\s+Properties:\s+CodeUri: )\S+"
    built = rf"\1{world.templates.archives}/\2/bootstrap.zip"
    template.write_text(re.sub(pattern, built, (ROOT / "infra/sam/template.yaml").read_text()))
    guide = (ROOT / "docs/deploy.md").read_text()
    [quoted] = re.findall(r'^sam deploy --parameter-overrides ("SegmentTables=.*)$', guide, re.MULTILINE)
    command = f"""sam deploy --template-file {template} --stack-name sam-cli
        --s3-bucket {BUCKET} --s3-prefix sam-cli --region {REGION} --capabilities CAPABILITY_IAM --no-progressbar
        --parameter-overrides TablePrefix=cli- Architecture=x86_64 {quoted}"""
    environment = {**os.environ, **world.emulator.environment, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(["bash", "-euc", command.replace("\n", " ")], env=environment, capture_output=True, text=True)
    expect(done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    stack = Stack(world.emulator, "sam-cli")
    [function] = stack.named("create-segment")
    variables = world.emulator.client("lambda").get_function_configuration(FunctionName=function)["Environment"][
        "Variables"
    ]
    expect(variables["WRAPUP_SEGMENT_TABLES"] == '{"u_chat": "chat"}', variables)
    deployment = Deployment(world.emulator, world.wrapup, world.scratch, stack.outputs()["ApiUrl"], "cli-")
    deployment.api("POST", "segment/create", work.opening("BY-SAM"))
    stack.delete()
    step("sam deploy: the API works, and JSON arrives as it was quoted")


def what_cannot_work(world: World, sam: Sam):
    """Parameters that cannot work are refused before anything is made, and the answer says what to do."""
    for number, (parameters, said) in enumerate(
        [
            ({"AiProvider": "openai", "AiModel": "a-model"}, "AiUrl"),
            ({"AiProvider": "bedrock"}, "AiModel"),
            ({"SegmentTables": "{"}, "SegmentTables"),
            ({"WebhookUrl": "https://desk.example/"}, "WebhookSecretArn"),
            ({"SupervisorPage": "on", "Indexes": "0"}, "Indexes"),
        ]
    ):
        stack = Stack(world.emulator, f"refused-{number}")
        try:
            stack.deploy(sam.template, TablePrefix=f"refused-{number}-", **parameters)
        except ClientError as error:
            expect(said in str(error), error)
        else:
            raise Unexpected(f"{parameters} is deployed")
        expect(not world.tables(f"refused-{number}-"), "there are tables")
    step("SAM: five combinations that cannot work are refused, each with what to do")


def failing(sam: Sam, world: World, stack: Stack) -> dict:
    """A template that fails with events, once the tables are made: there is a bus of the stack's name already."""
    world.emulator.client("events").create_event_bus(Name=stack.name)
    template = copy.deepcopy(sam.template)
    tables = [id for id, one in template["Resources"].items() if one["Type"] == "AWS::DynamoDB::Table"]
    template["Resources"]["EventBus"]["DependsOn"] = tables
    return template


def fails(stack: Stack, template: dict, prefix: str):
    try:
        stack.deploy(template, TablePrefix=prefix, Events="on")
    except Failed:
        return
    raise Unexpected("a stack takes a bus that is there already")


def after_a_failure(world: World, sam: Sam):
    """A first deployment that fails leaves tables; the command of the guide removes those that are empty, and no others."""
    prefix, stack = "failed-", Stack(world.emulator, "failed")
    fails(stack, failing(sam, world, stack), prefix)
    left = world.tables(prefix)
    expect(left and all(table["DeletionProtectionEnabled"] for table in left.values()), left)
    stack.delete()
    world.emulator.client("dynamodb").put_item(TableName=f"{prefix}sys_user", Item={"sys_id": {"S": "somebody"}})
    said = operate(world.emulator, world.wrapup, prefix, "tables", "remove", "--empty")
    expect(list(world.tables(prefix)) == [f"{prefix}sys_user"], said)
    step(f"SAM: of {len(left)} tables that a failure left, those that were empty are removed")


def an_update_that_fails(world: World, sam: Sam):
    """It is rolled back, and the API works on as before."""
    prefix, stack = "updated-", Stack(world.emulator, "updated")
    deployment = world.deploy(stack, sam.template, {"TablePrefix": prefix}, prefix)
    deployment.api("POST", "segment/create", work.opening("BEFORE"))
    url = deployment.url
    fails(stack, failing(sam, world, stack), prefix)
    expect(world.emulator.url(stack.outputs()["ApiUrl"]) == url, "the API has moved")
    deployment.api("GET", "segment/BEFORE")
    deployment.api("POST", "segment/create", work.opening("AFTER"))
    stack.delete()
    step("SAM: an update that fails is rolled back, and the API works as before")


def restored(world: World, sam: Sam):
    """The segment table is put back to what a backup has, in the steps of the guide, and the AI filler reads it again."""
    prefix, stack = "restored-", Stack(world.emulator, "restored")
    with_filler = {"TablePrefix": prefix, "AiProvider": "extractive"}
    deployment = world.deploy(stack, sam.template, with_filler, prefix)
    deployment.api("POST", "segment/create", work.opening("KEPT"))
    kept = deployment.api("GET", "segment/KEPT")
    dynamodb, name = world.emulator.client("dynamodb"), f"{prefix}interaction_wrap_up_segment"
    world.deploy(stack, sam.template, {"TablePrefix": prefix}, prefix)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=name, TargetTableName="restored-segments", UseLatestRestorableTime=True
    )
    backup = dynamodb.create_backup(TableName="restored-segments", BackupName="the-moment")["BackupDetails"]
    deployment.api("POST", "segment/create", work.opening("LOST"))
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup["BackupArn"])
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    deployment = world.deploy(stack, sam.template, with_filler, prefix)
    stream = world.tables(prefix)[name]["LatestStreamArn"]
    mappings = world.emulator.client("lambda").list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
    expect(len(mappings) == 1, f"{stream} is read by {mappings}")
    expect(deployment.api("GET", "segment/KEPT") == kept, "a wrap-up has changed")
    deployment.api("GET", "segment/LOST", status=404)
    work.filled(deployment, "FILLED-1", "extractive")
    stack.delete()
    step("SAM: the segment table is restored; the AI filler reads its new stream")


def from_an_earlier_release(world: World, sam: Sam):
    """A stack of a release without indexes, and with another view of the stream, with wrap-ups of then in its tables: it is
    updated as the guide says. Each step adds one index to a table; what reads one that is not there says so."""
    prefix, stack = "old-", Stack(world.emulator, "old")
    dynamodb = world.emulator.client("dynamodb")
    before = world.templates.with_code(json.loads((HERE / "releases/without-indexes.json").read_text()))
    deployment = world.deploy(stack, before, {"TablePrefix": prefix, "AiProvider": "extractive"}, prefix)
    for path in (ROOT / "tests/lambda/records/v1/items").iterdir():
        record = json.loads(path.read_text())
        if record["table"] != "sys_user":
            dynamodb.put_item(TableName=prefix + record["table"], Item=record["item"])
    shown = deployment.api("GET", "segment/CALL-0001")
    lists = [
        ("by_time", f"report/codes?{work.today()}"),
        ("by_time", "segment?state=awaiting_confirmation"),
        ("by_label", "code"),
        ("by_name", "configuration"),
        ("by_agent", "segment?agent=agent-7"),
        ("by_interaction", "segment?interaction=interaction-42"),
    ]

    def indexes() -> dict[str, set[str]]:
        named = lambda table: {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
        return {name: named(table) for name, table in world.tables(prefix).items()}

    for step_number in range(4):
        had = indexes()
        # Off first, so that the stream ends; its new view comes with the filler at last.
        deployment = world.deploy(stack, sam.template, {"TablePrefix": prefix, "Indexes": str(step_number)}, prefix)
        for name, there in indexes().items():
            # A table that is new gets all of its own at once.
            new, most = there - had.get(name, set()), 1 if name in had else 3
            expect(len(new) <= most, f"{name}: {had.get(name)}, then {there}")
        every = set().union(*indexes().values())
        for index, path in lists:
            answer = deployment.api("GET", path, status=200 if index in every else 503)
            expect(index in every or index in answer["error"]["detail"], answer)
        expect(deployment.api("GET", "segment/CALL-0001") == shown, "a wrap-up of then has changed")
    expect(every == {index for index, _ in lists}, every)
    deployment.run("index", "backfill")
    for path, found in [("segment?agent=agent-7", "CALL-0001"), ("code", "Billing Issue")]:
        until(lambda: deployment.api("GET", path), lambda page: found in str(page))
    options = {"TablePrefix": prefix, "Indexes": "3", "AiProvider": "extractive"}
    deployment = world.deploy(stack, sam.template, options, prefix)
    stream = world.tables(prefix)[f"{prefix}interaction_wrap_up_segment"]["StreamSpecification"]
    expect(stream["StreamViewType"] == "NEW_AND_OLD_IMAGES", stream)
    work.filled(deployment, "FILLED-1", "extractive")
    expect(not (refused := grants.denied(stack)), refused)
    stack.delete()
    step("SAM: updated from an earlier release, an index at a time; its wrap-ups are as they were, and in the lists")


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
