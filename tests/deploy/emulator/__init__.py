"""An AWS on this machine to deploy on: MiniStack, which runs the functions' binaries as Lambda does and asks IAM before
each call. Whoever puts another emulator in its place changes this folder alone.

What it cannot, so that nothing here says anything about it: bodies of API Gateway's own answers by `Accept`, a `%2F` or
what is no UTF-8 in a path, partial failures and dead letters of stream mappings, web ACLs, archives and webhooks of
EventBridge, embedded metrics, Lambda's limits of 6 MB and 4 KB, indexes that take a while, and the refusal of two new
ones at once."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.request

import boto3

HERE = pathlib.Path(__file__).parent
INTERPRETER = HERE.parent.parent.parent / ".tools/emulator/bin/python"
REGION = "eu-central-1"
# Of an account that may do everything.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclasses.dataclass(frozen=True)
class Decision:
    """What IAM said to a call of a role."""

    role: str
    action: str
    resource: str
    allowed: bool


class Emulator:
    """Runs as long as the `with` lasts, with its files in `folder`."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.record = folder / "decisions"
        self.log = folder / "emulator.log"

    def __enter__(self):
        port = self.endpoint.rpartition(":")[2]
        environment = {
            **os.environ,
            **self.environment,
            "GATEWAY_PORT": port,
            # It binds all interfaces, and MQTT's port 8883, unless told otherwise.
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "LAMBDA_EXECUTOR": "local",
            "PERSIST_STATE": "0",
            "AUTH": "true",
            "DECISIONS": str(self.record),
            # Where it unpacks functions.
            "TMPDIR": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.record.touch()
        with self.log.open("w") as log:
            command = [INTERPRETER, HERE / "patched.py"]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health").close()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the emulator does not run: {self.log.read_text()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def environment(self) -> dict:
        """What a program is told of it. The functions are told the same."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # Neither files of this machine's user nor questions to a service that is not there.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **CREDENTIALS)

    def url(self, deployed: str) -> str:
        """Where that is here which a stack says is at https://API.execute-api.REGION.amazonaws.com/STAGE."""
        api, stage = re.fullmatch(r"https://(\w+)\.execute-api\.[^/]+/(\w+)/?", deployed).groups()
        return f"{self.endpoint}/restapis/{api}/{stage}/_user_request_"

    def logged(self) -> list[str]:
        """All that the functions have logged so far, each line behind the name of its log group."""
        logs, found = self.client("logs"), []
        for group in (one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]):
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                found += [f"{group}: {event['message'].strip()}" for event in page["events"]]
        return found

    def decisions(self) -> set[Decision]:
        """What IAM has said to the calls of roles so far, each once."""
        found = set()
        for line in self.record.read_text().splitlines():
            principal, action, resource, allowed = json.loads(line)
            if role := re.search(r":assumed-role/([^/]+)/", principal):
                found.add(Decision(role[1], action, resource, allowed))
        return found
