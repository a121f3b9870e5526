"""Our templates as CloudFormation stacks, by its API alone: what `sam deploy` and `cdk deploy` come to."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

from emulator import REGION, Emulator

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "infra/sam"))

import transform
from botocore.exceptions import WaiterError
from template_check.system import SYSTEM

BUCKET = "deployment"


class Failed(Exception):
    """CloudFormation did not bring a stack to where it was to be."""


def archives(binaries: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The functions as `cargo lambda build --output-format zip` leaves them: NAME/bootstrap.zip, each one executable."""
    for name in SYSTEM["functions"]:
        entry = zipfile.ZipInfo("bootstrap", (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16
        # One as cargo-lambda leaves it, or as cargo does.
        built = next(path for path in (binaries / name / "bootstrap", binaries / name) if path.is_file())
        (folder / name).mkdir(parents=True)
        with zipfile.ZipFile(folder / name / "bootstrap.zip", "w") as file:
            file.writestr(entry, built.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return folder


class Templates:
    """Templates whose functions' code lies in a bucket of the emulator."""

    def __init__(self, emulator: Emulator, archives: pathlib.Path, scratch: pathlib.Path):
        self.s3, self.archives, self.scratch = emulator.client("s3"), archives, scratch
        self.account = emulator.client("sts").get_caller_identity()["Account"]
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name in SYSTEM["functions"]:
            self.s3.upload_file(str(archives / name / "bootstrap.zip"), BUCKET, f"{name}.zip")

    def sam(self) -> dict:
        """SAM's, as its own translator writes it out."""
        return self.with_code(transform.plain())

    def with_code(self, plain: dict) -> dict:
        """A template that SAM's translator has written, with the code of today's functions."""
        for resource in plain["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
                resource["Properties"]["Code"] = {"S3Bucket": BUCKET, "S3Key": f"{tags['wrapup-function']}.zip"}
        return plain

    def cdk(self, app: str, context: dict) -> dict:
        """The construct's, of an app that is compiled in infra/cdk/dist, as CDK's command line has it made."""
        out = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        environment = {
            **os.environ, "CDK_OUTDIR": str(out), "CDK_DEFAULT_REGION": REGION, "CDK_DEFAULT_ACCOUNT": self.account,
            "CDK_CONTEXT_JSON": json.dumps({**context, "prebuilt": str(self.archives)}),
        }  # fmt: skip
        subprocess.run(["node", f"dist/{app}.js"], cwd=ROOT / "infra/cdk", env=environment, check=True)
        [path] = out.glob("*.template.json")
        assets = json.loads(path.with_name(path.name.replace(".template.", ".assets.")).read_text())
        for asset in assets["files"].values():
            source = out / asset["source"]["path"]
            if source.suffix == ".zip":
                for destination in asset["destinations"].values():
                    self.s3.upload_file(str(source), BUCKET, destination["objectKey"])
        text = re.sub(r"cdk-[a-z0-9]+-assets-[$][{]AWS::AccountId[}]-[$][{]AWS::Region[}]", BUCKET, path.read_text())
        template = json.loads(re.sub(rf"cdk-[a-z0-9]+-assets-{self.account}-{REGION}", BUCKET, text))
        # Whether the account is ready for the command line of CDK, which is not asked here.
        template.get("Rules", {}).pop("CheckBootstrapVersion", None)
        template.get("Parameters", {}).pop("BootstrapVersion", None)
        return {key: value for key, value in template.items() if value or key not in ("Rules", "Parameters")}


class Stack:
    """A stack of a name, which may not be there yet."""

    def __init__(self, emulator: Emulator, name: str):
        self.emulator, self.name = emulator, name
        self.cloudformation, self.s3 = emulator.client("cloudformation"), emulator.client("s3")

    def deploy(self, template: dict, **parameters: str) -> dict[str, str]:
        """Creates the stack, or updates the one that is there; answers its outputs."""
        key = f"{self.name}.template.json"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(template).encode())
        request = {
            "StackName": self.name,
            "TemplateURL": f"{self.emulator.endpoint}/{BUCKET}/{key}",
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM"],
        }
        try:
            self.cloudformation.create_stack(**request)
            self.wait("create")
        except self.cloudformation.exceptions.AlreadyExistsException:
            self.cloudformation.update_stack(**request)
            self.wait("update")
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        [stack] = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def delete(self):
        self.cloudformation.delete_stack(StackName=self.name)
        self.wait("delete")

    def resources(self, of_type: str) -> dict[str, str]:
        """The physical ids of the stack's resources of a type, by their logical ones."""
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        every = (one for page in pages for one in page["StackResourceSummaries"])
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in every if one["ResourceType"] == of_type}

    def named(self, function: str) -> list[str]:
        """The names of the stack's functions that are called so in infra/system.json: one, or none."""
        functions = self.emulator.client("lambda")
        tags = lambda name: functions.get_function(FunctionName=name).get("Tags", {})
        names = self.resources("AWS::Lambda::Function").values()
        return [name for name in names if tags(name).get("wrapup-function") == function]

    def wait(self, done: str):
        try:
            waiter = self.cloudformation.get_waiter(f"stack_{done}_complete")
            waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        except WaiterError as error:
            events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
            reasons = [
                f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
                for one in events
                if "FAILED" in one["ResourceStatus"]
            ]
            raise Failed(f"{self.name}: {error}; {'; '.join(reasons)}") from None
