"""Writes the SAM template as the plain CloudFormation that SAM's own translator makes of it, without an account."""

import json
import logging
import sys

import boto3
from sections import TEMPLATE
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

REGION = "eu-central-1"

# It warns of features of its own that are tried out elsewhere.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


def plain(text: str | None = None) -> dict:
    """The template, or another text of one, as plain CloudFormation. Its parameters stay parameters."""
    template = yaml_parse(text or TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What `sam deploy` puts there once it has uploaded the function.
            resource["Properties"]["CodeUri"] = "s3://bucket/function.zip"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    # Once through JSON, so that nodes that aliases share become several.
    return json.loads(json.dumps(translator.translate(json.loads(json.dumps(template)), {})))


if __name__ == "__main__":
    json.dump(plain(), sys.stdout, indent=2)
