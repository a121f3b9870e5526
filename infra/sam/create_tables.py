"""Creates the template's tables in a DynamoDB on this machine: `create_tables.py URL PREFIX`."""

import pathlib
import sys

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from template_check.plain_template import Template
from transform import REGION, plain

# What CloudFormation asks for in a second call, once the table is there.
LATER = {"PointInTimeRecoverySpecification", "TimeToLiveSpecification"}


def create_tables(url: str, prefix: str):
    credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    dynamodb = boto3.client("dynamodb", endpoint_url=url, region_name=REGION, **credentials)
    # With the stream that the AI filler reads.
    template = Template(plain(), {"TablePrefix": prefix, "AiProvider": "extractive"})
    for table in template.of_type("AWS::DynamoDB::Table").values():
        request = {field: value for field, value in table.items() if field not in LATER}
        if "StreamSpecification" in request:
            request["StreamSpecification"] |= {"StreamEnabled": True}
        dynamodb.create_table(**request)
        print(request["TableName"])


if __name__ == "__main__":
    create_tables(*sys.argv[1:])
