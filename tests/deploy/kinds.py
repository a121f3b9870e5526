"""The two templates, with the same options."""

import copy
import dataclasses
import json
from typing import Protocol

from stack import Templates
from surroundings import Surroundings

TICKETS = {
    "key": "ticket",
    "columns": {"interaction": "conversation", "agent": "owner", "start": "began", "transcript": "words"},
}


class Kind(Protocol):
    """Makes a template, and the parameters that go with it."""

    name: str

    def plain(self, prefix: str, ai: str = "", language: str = "") -> tuple[dict, dict]:
        """As the guide has it, with an AI filler and a language or without."""

    def everything(self, prefix: str, around: Surroundings) -> tuple[dict, dict]:
        """With every option at once."""


class Sam:
    name = "sam"

    def __init__(self, templates: Templates):
        self.template = templates.sam()

    def plain(self, prefix, ai="", language=""):
        return self.template, {"TablePrefix": prefix, "AiProvider": ai or "off", "Language": language}

    def everything(self, prefix, around):
        template = copy.deepcopy(self.template)
        # The model of this machine has no certificate.
        del template["Parameters"]["AiUrl"]["AllowedPattern"]
        tables = {"u_chat": around.chat, "u_ticket": {"dynamodb_table": around.tickets.split("/")[1], **TICKETS}}
        return template, {
            "TablePrefix": prefix,
            "Language": "de",
            "AllowedOrigins": "https://desk.example",
            "LogLevel": "info",
            "LogRetentionDays": "7",
            "Architecture": "x86_64",
            "MemorySize": "512",
            "AuthorizerCacheSeconds": "60",
            "RequestsPerSecond": "1000",
            "RequestBurst": "2000",
            "AllowedCidrs": "127.0.0.0/8",
            "WafRequestsPerAddress": "100000",
            "WafRequestsPerCredential": "100000",
            "AuthorizerConcurrency": "20",
            "KmsKeyArn": around.key,
            "SegmentTables": json.dumps(tables),
            "SegmentFunctionArns": around.chat,
            "SegmentTableArns": around.tickets,
            "Indexes": "3",
            "AiProvider": "openai",
            "AiModel": "a-model",
            "AiUrl": around.model_url,
            "AiKeySecretArn": around.model_key,
            "AiLearn": "on",
            "Deadlines": "on",
            "RetentionDays": "365",
            "RedactNotes": "on",
            "RedactPersonal": "email,phone",
            "SupervisorPage": "on",
            "Events": "on",
            "EventNotes": "on",
            "EventArchiveDays": "7",
            "WebhookUrl": "https://desk.example/wrap-ups",
            "WebhookSecretArn": around.webhook_key,
            "AlarmTopicArn": around.topic,
            "ManyFailedSignIns": "50",
            "AuditDestinationArn": around.audit,
            "AuditRoleArn": around.audit_role,
        }


class Cdk:
    name = "cdk"

    def __init__(self, templates: Templates):
        self.templates = templates

    def plain(self, prefix, ai="", language=""):
        options = {"table-prefix": prefix, "ai": ai, "language": language, "architecture": "x86_64"}
        return self.templates.cdk("bin/wrapup", {name: value for name, value in options.items() if value}), {}

    def everything(self, prefix, around):
        there = {name.replace("_", "-"): value for name, value in dataclasses.asdict(around).items()}
        return self.templates.cdk("test/everything", {"table-prefix": prefix, **there}), {}
