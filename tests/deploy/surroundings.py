"""What a deployment with every option finds in its account: a key, a topic, secrets, a team's tables, and a model."""

import dataclasses
import http.server
import io
import json
import pathlib
import threading
import zipfile

from emulator import Emulator
from stack import ROOT

MODEL_KEY = "the-key-of-the-model"


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """ARNs, and what has no ARN."""

    key: str
    topic: str
    model_key: str
    model_url: str
    webhook_key: str
    chat: str
    tickets: str
    audit: str
    audit_role: str


def build(emulator: Emulator, scratch: pathlib.Path) -> Surroundings:
    secrets = emulator.client("secretsmanager")
    kinesis = emulator.client("kinesis")
    kinesis.create_stream(StreamName="audit", ShardCount=1)
    tickets = emulator.client("dynamodb").create_table(
        TableName="team-tickets", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "ticket", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "ticket", "KeyType": "HASH"}],
    )  # fmt: skip
    return Surroundings(
        key=emulator.client("kms").create_key()["KeyMetadata"]["Arn"],
        topic=emulator.client("sns").create_topic(Name="alarms")["TopicArn"],
        model_key=secrets.create_secret(Name="model", SecretString=MODEL_KEY)["ARN"],
        model_url=model(),
        webhook_key=secrets.create_secret(Name="webhook", SecretString='{"api_key": "a"}')["ARN"],
        chat=chat(emulator, scratch),
        tickets=tickets["TableDescription"]["TableArn"],
        audit=kinesis.describe_stream_summary(StreamName="audit")["StreamDescriptionSummary"]["StreamARN"],
        audit_role=role(emulator, "audit", "logs.amazonaws.com"),
    )


def role(emulator: Emulator, name: str, service: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]


def chat(emulator: Emulator, scratch: pathlib.Path) -> str:
    """The segment table of docs/segment-tables.md that is a function, deployed as is said there."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.write(ROOT / "tests/remote-python/segment_table.py", "segment_table.py")
    made = emulator.client("lambda").create_function(
        FunctionName="chat", Runtime="python3.11", Handler="segment_table.handler", Timeout=10,
        Code={"ZipFile": code.getvalue()}, Role=role(emulator, "chat", "lambda.amazonaws.com"),
        Environment={"Variables": {"SEGMENT_TABLE_FILE": str(scratch / "chats.sqlite3")}},
    )  # fmt: skip
    return made["FunctionArn"]


def model() -> str:
    """An endpoint for chat completions, which suggests the same to whoever has the key."""

    class Model(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {MODEL_KEY}":
                return self.answer(401, {"error": {"message": "no such key"}})
            suggested = json.dumps({"code": "Delivery Delayed", "confidence": 0.9, "notes": "The parcel is late."})
            message = {"role": "assistant", "content": suggested}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            used = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            self.answer(200, {"id": "1", "object": "chat.completion", "created": 1, "model": request["model"],
                              "choices": [choice], "usage": used})  # fmt: skip

        def answer(self, status, body):
            body = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"
