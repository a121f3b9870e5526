"""The template is what infra/system.json says, whichever options a deployment takes, and a template that is not
does not pass."""

import copy
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import click
from check_template import check
from samcli.cli.cli_config_file import ConfigProvider, configuration_option
from samcli.commands._utils.options import parameter_override_click_option
from samcli.commands.deploy.guided_config import GuidedConfig
from samcli.yamlhelper import yaml_parse
from sections import IDS, TEMPLATE, Unmade, renewed
from sections.text import logical
from template_check.deployment import Deployment, tags
from template_check.plain_template import Template
from template_check.system import (
    COMMON_HEADERS,
    EXPOSED_HEADERS,
    GATEWAY_RESPONSES,
    SYSTEM,
    dead_letters,
    in_background,
    writes,
    wrong_system,
)
from template_check.watching import alarms
from transform import plain

TOPIC = {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"}
KEY, ANOTHER_KEY = (f"arn:aws:kms:eu-central-1:123456789012:key/{name}" for name in ("own", "another"))
CHAT, CALL = (f"arn:aws:lambda:eu-central-1:123456789012:function:{name}" for name in ("chat", "call"))
TICKETS = "arn:aws:dynamodb:eu-central-1:123456789012:table/tickets"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:llm-AbCdEf"
PROFILE = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.model"
STREAM, ROLE = "arn:aws:kinesis:eu-central-1:123456789012:stream/audit", "arn:aws:iam::123456789012:role/audit"
EVENTS = {"Events": "on", "WebhookUrl": "https://hook.example/in", "WebhookSecretArn": SECRET}
EXTRACTIVE = {"AiProvider": "extractive"}
OPENAI = {"AiProvider": "openai", "AiUrl": "https://llm.example/v1", "AiModel": "llama"}
BEDROCK = {"AiProvider": "bedrock", "AiModel": "nova"}
KEYS = {"AiKeySecretArn": SECRET, "AiKeyParameter": "/prod/llm"}
TABLES = {"SegmentTables": '{"u_ticket": {"dynamodb_table": "tickets", "key": "ticket", "columns": {"agent": "owner"}}}'}
PLAIN = plain()

ALL = list(SYSTEM["functions"])
IN_BACKGROUND = [name for name, one in SYSTEM["functions"].items() if in_background(one)]
READERS = ["get-segment", "find-segment", "ai-filler"]
QUEUES = {dead_letters(name) for name in IN_BACKGROUND} | {"WebhookDeadLetters"}
WRITERS = [name for name, one in SYSTEM["functions"].items() if writes(one)]

OPERATIONS = pathlib.Path(__file__).parent.parent.parent / "docs" / "operations.md"


def problems(parameters=None, further=None, template=None, pseudo=None):
    return check(Template(template or PLAIN, TOPIC | (parameters or {}), pseudo), further, complete=True)


class Options(unittest.TestCase):
    """Each option adds what it is for, and nothing else."""

    def test_none(self):
        self.assertEqual(problems(), [])

    def test_without_a_topic_alarms_tell_nobody(self):
        self.assertEqual(check(Template(PLAIN)), [])

    def test_an_embedded_ai_provider(self):
        self.assertEqual(problems({"AiProvider": "extractive"}), [])

    def test_the_ai_filler_is_there_only_with_a_provider(self):
        for provider, there in {"off": False, "extractive": True, "bedrock": True, "openai": True}.items():
            resources = Template(PLAIN, {"AiProvider": provider}).resources
            self.assertEqual([name for name in resources if name.startswith(("AiFiller", "DeadLetters"))] != [], there)

    def test_a_key_of_ones_own(self):
        parameters = {"KmsKeyArn": KEY, "AiProvider": "extractive"} | EVENTS
        actions = ["kms:Decrypt via dynamodb", "kms:GenerateDataKey via dynamodb"]
        further = {name: [(action, KEY) for action in actions] for name in ALL}
        for name in IN_BACKGROUND:
            further[name] += [("kms:Decrypt via sqs", KEY), ("kms:GenerateDataKey via sqs", KEY)]
        self.assertEqual(problems(parameters, further), [])
        template = Template(PLAIN, parameters)
        for table in template.of_type("AWS::DynamoDB::Table").values():
            self.assertEqual(table["SSESpecification"], {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY})
        for group in template.of_type("AWS::Logs::LogGroup").values():
            self.assertEqual(group["KmsKeyId"], KEY)
        for queue in template.of_type("AWS::SQS::Queue").values():
            self.assertEqual((queue.get("KmsMasterKeyId"), queue.get("SqsManagedSseEnabled")), (KEY, None))
        [secret] = template.of_type("AWS::SecretsManager::Secret").values()
        self.assertEqual(secret["KmsKeyId"], KEY)

    def test_the_keys_of_tokens_are_made_and_stand_in_no_template(self):
        [secret] = Template(PLAIN).of_type("AWS::SecretsManager::Secret").values()
        made = secret["GenerateSecretString"]
        self.assertEqual((made["SecretStringTemplate"], made["GenerateStringKey"]), ("{}", "key"))
        self.assertGreaterEqual(made["PasswordLength"], 43)
        self.assertNotIn("SecretString", secret)

    def test_other_partitions(self):
        for partition, region, domain in [
            ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
            ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
            ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
        ]:
            with self.subTest(partition):
                pseudo = {"AWS::Partition": partition, "AWS::Region": region, "AWS::URLSuffix": domain}
                key = f"arn:{partition}:kms:{region}:123456789012:key/own"
                parameters = {
                    "KmsKeyArn": key,
                    "AiProvider": "bedrock",
                    "AiModel": "nova",
                    "AllowedCidrs": "10.0.0.0/8",
                }
                parameters |= EVENTS | {
                    "WebhookSecretArn": SECRET.replace("aws", partition),
                    "WafRequestsPerAddress": "100",
                    "AlarmTopicArn": TOPIC["AlarmTopicArn"].replace("aws", partition),
                }
                further = {name: [(f"kms:{action} via {service}", key) for action in ("Decrypt", "GenerateDataKey")
                                  for service in ("dynamodb", "sqs") if service == "dynamodb" or name in IN_BACKGROUND]
                           for name in ALL}  # fmt: skip
                further["ai-filler"].append(
                    ("bedrock:InvokeModel", f"arn:{partition}:bedrock:{region}::foundation-model/nova")
                )
                self.assertEqual(problems(parameters, further, pseudo=pseudo), [])
                self.assertNotIn("arn:aws:", json.dumps(Template(PLAIN, TOPIC | parameters, pseudo).resources))

    def test_each_deployment_of_the_stack_deploys_the_api(self):
        # A stage keeps what it was deployed with, such as the addresses that may call.
        deployed = []
        for now in (1, 2):
            with mock.patch("time.time", return_value=now):
                resources = plain()["Resources"].items()
            deployed.append([name for name, one in resources if one["Type"] == "AWS::ApiGateway::Deployment"])
        self.assertNotEqual(*deployed)

    def test_too_many_requests_are_refused_in_the_platforms_words(self):
        [acl] = Template(PLAIN, {"WafRequestsPerAddress": "500"}).of_type("AWS::WAFv2::WebACL").values()
        [body] = acl["CustomResponseBodies"].values()
        throttled = GATEWAY_RESPONSES["THROTTLED"]
        error = {"message": throttled["message"], "detail": throttled["detail"]}
        self.assertEqual(json.loads(body["Content"]), {"error": error, "status": "failure"})

    def test_audit_lines_of_whoever_writes_go_where_they_are_to(self):
        self.assertEqual(Template(PLAIN).of_type("AWS::Logs::SubscriptionFilter"), {})
        for role in ("", ROLE):
            for provider in ("off", "extractive"):
                parameters = {"AuditDestinationArn": STREAM, "AuditRoleArn": role, "AiProvider": provider}
                self.assertEqual(problems(parameters), [])
                template = Template(PLAIN, parameters)
                filters = template.of_type("AWS::Logs::SubscriptionFilter").values()
                for one in filters:
                    self.assertEqual((one["DestinationArn"], one.get("RoleArn", "")), (STREAM, role))
                    self.assertEqual(one["FilterPattern"], '{ $.audit.action = "*" }')
                functions = template.of_type("AWS::Lambda::Function").values()
                names = {one["LoggingConfig"]["LogGroup"]: tag["Value"] for one in functions for tag in one["Tags"]
                         if tag["Key"] == "wrapup-function"}  # fmt: skip
                wanted = sorted(name for name in WRITERS if provider != "off" or name != "ai-filler")
                self.assertEqual(sorted(names[one["LogGroupName"]] for one in filters), wanted)

    def test_an_audit_has_one_of_four_kinds_of_destinations(self):
        pattern = PLAIN["Parameters"]["AuditDestinationArn"]["AllowedPattern"]
        for resource in (
            "kinesis:R:A:stream/x",
            "firehose:R:A:deliverystream/x",
            "lambda:R:A:function:x",
            "logs:R:A:destination:x",
        ):
            arn = f"arn:aws:{resource}".replace(":R:A:", ":eu-central-1:123456789012:")
            self.assertRegex(arn, pattern)
            self.assertNotRegex(arn.replace(":eu-", ":*eu-"), pattern)

    def test_segment_tables_that_functions_serve(self):
        parameters = {"SegmentTables": '{"u_chat": "chat"}', "SegmentFunctionArns": f"{CHAT},{CALL}"}
        further = {
            name: [("lambda:InvokeFunction", CHAT), ("lambda:InvokeFunction", CALL)]
            for name in ["create-segment", *READERS]
        }
        self.assertEqual(problems(parameters | {"AiProvider": "extractive"}, further), [])

    def test_segment_tables_in_dynamodb(self):
        further = {name: [("dynamodb:GetItem", TICKETS)] for name in READERS}
        further["create-segment"] = [("dynamodb:GetItem", TICKETS), ("dynamodb:PutItem", TICKETS)]
        self.assertEqual(problems(TABLES | {"SegmentTableArns": TICKETS, "AiProvider": "extractive"}, further), [])

    def test_keys_of_ones_own_behind_segment_tables_in_dynamodb(self):
        further = {name: [("dynamodb:GetItem", TICKETS), ("kms:Decrypt via dynamodb", KEY),
                          ("kms:Decrypt via dynamodb", ANOTHER_KEY)]
                   for name in ["create-segment", *READERS]}  # fmt: skip
        further["create-segment"].append(("dynamodb:PutItem", TICKETS))
        parameters = TABLES | {"SegmentTableArns": TICKETS, "SegmentTableKmsKeyArns": f"{KEY},{ANOTHER_KEY}"}
        parameters |= {"AiProvider": "extractive"}
        self.assertEqual(problems(parameters, further), [])

    def test_bedrock_by_a_models_id(self):
        model = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0"
        parameters = {"AiProvider": "bedrock", "AiModel": "amazon.nova-lite-v1:0"}
        self.assertEqual(problems(parameters, {"ai-filler": [("bedrock:InvokeModel", model)]}), [])

    def test_bedrock_by_an_inference_profile(self):
        parameters = {"AiProvider": "bedrock", "AiModel": PROFILE, "AiModelArns": PROFILE}
        self.assertEqual(problems(parameters, {"ai-filler": [("bedrock:InvokeModel", PROFILE)]}), [])

    def test_the_key_of_an_endpoint_in_a_secret(self):
        parameters = OPENAI | {"AiKeySecretArn": SECRET}
        self.assertEqual(problems(parameters, {"ai-filler": [("secretsmanager:GetSecretValue", SECRET)]}), [])
        self.assertEqual(self.key(parameters), f"secretsmanager:{SECRET}")

    def test_the_key_of_an_endpoint_in_a_parameter(self):
        parameters = OPENAI | {"AiKeyParameter": "/prod/llm"}
        arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/prod/llm"
        self.assertEqual(problems(parameters, {"ai-filler": [("ssm:GetParameter", arn)]}), [])
        self.assertEqual(self.key(parameters), "ssm:/prod/llm")

    def test_an_endpoint_may_want_no_key(self):
        self.assertEqual(problems(OPENAI), [])
        self.assertEqual(self.key(OPENAI), "")

    def test_a_key_of_ones_own_behind_the_key_of_an_endpoint(self):
        parameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/prod/llm"
        for where, grants in {
            "AiKeySecretArn": [("secretsmanager:GetSecretValue", SECRET), ("kms:Decrypt via secretsmanager", KEY)],
            "AiKeyParameter": [("ssm:GetParameter", parameter), ("kms:Decrypt via ssm", KEY)],
        }.items():
            with self.subTest(where):
                parameters = OPENAI | {"AiKeyKmsKeyArn": KEY}
                parameters[where] = SECRET if where == "AiKeySecretArn" else "/prod/llm"
                self.assertEqual(problems(parameters, {"ai-filler": grants}), [])

    def key(self, parameters):
        function = Template(PLAIN, parameters).of_type("AWS::Lambda::Function")["AiFiller"]
        return function["Environment"]["Variables"]["WRAPUP_AI_KEY"]

    def test_nothing_is_allowed_on_a_key_that_nobody_names(self):
        for parameters in (OPENAI | {"AiKeySecretArn": SECRET}, TABLES | {"SegmentTableArns": TICKETS}):
            self.assertNotIn("kms:", json.dumps(Template(PLAIN, parameters).resources))

    def test_the_segment_table_has_a_stream_only_for_those_who_read_it(self):
        stream = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        for parameters, wanted in [
            ({}, None),
            ({"AiProvider": "extractive"}, stream),
            ({"Events": "on"}, stream),
            ({"AiProvider": "extractive", "Events": "on"}, stream),
        ]:
            table = Template(PLAIN, parameters).of_type("AWS::DynamoDB::Table")["Segments"]
            self.assertEqual(table.get("StreamSpecification"), wanted)

    def test_the_interactions_have_a_stream_only_for_the_filler(self):
        for parameters, wanted in [
            ({}, None),
            ({"Events": "on"}, None),
            (EXTRACTIVE, {"StreamViewType": "NEW_AND_OLD_IMAGES"}),
        ]:
            table = Template(PLAIN, parameters).of_type("AWS::DynamoDB::Table")["Interactions"]
            self.assertEqual(table.get("StreamSpecification"), wanted)

    def test_where_it_learns_the_filler_gets_what_agents_close_and_may_keep_what_it_learned(self):
        learning = SYSTEM["functions"]["ai-filler"]["learning"]
        grants = [(f"dynamodb:{action}", "table ai_learned") for action in learning["dynamodb"]["ai_learned"]]
        for parameters, further, filters in [
            (EXTRACTIVE, [], []),
            (EXTRACTIVE | {"AiLearn": "on"}, grants, learning["filters"]),
        ]:
            self.assertEqual(problems(parameters, {"ai-filler": further}), [])
            template = Template(PLAIN, parameters)
            source = template.of_type("AWS::Lambda::EventSourceMapping")["AiFillerOpened"]
            found = [json.loads(one["Pattern"]) for one in source["FilterCriteria"]["Filters"]]
            self.assertEqual(found, [SYSTEM["functions"]["ai-filler"]["stream"]["filter"], *filters])
            variables = template.of_type("AWS::Lambda::Function")["AiFiller"]["Environment"]["Variables"]
            self.assertEqual(variables["WRAPUP_AI_LEARN"], parameters.get("AiLearn", "off"))

    def test_the_filler_is_there_without_indexes(self):
        self.assertEqual(problems(EXTRACTIVE | {"Indexes": "0"}), [])
        self.assertIn("AiFiller", Template(PLAIN, EXTRACTIVE | {"Indexes": "0"}).resources)

    def test_without_events_there_is_neither_relay_nor_bus(self):
        kinds = Counter(one["Type"] for one in Template(PLAIN).resources.values())
        self.assertEqual([kind for kind in kinds if kind.startswith("AWS::Events::")], [])
        self.assertNotIn("Relay", Template(PLAIN).resources)

    def test_events_go_to_a_bus_of_the_stacks_own(self):
        self.assertEqual(problems({"Events": "on"}), [])
        template = Template(PLAIN, {"Events": "on"})
        [bus] = template.of_type("AWS::Events::EventBus").values()
        self.assertEqual(bus["Name"], "wrapup")
        variables = template.of_type("AWS::Lambda::Function")["Relay"]["Environment"]["Variables"]
        self.assertEqual(variables["WRAPUP_EVENT_BUS"], "${EventBus}")
        self.assertEqual((variables["WRAPUP_EVENT_NOTES"], variables["WRAPUP_EVENT_SOURCE"]), ("off", ""))
        self.assertEqual(template.of_type("AWS::Events::Archive"), {})

    def test_events_go_to_a_bus_that_is_there(self):
        parameters = {"Events": "on", "EventBusName": "teams-bus"}
        self.assertEqual(problems(parameters), [])
        template = Template(PLAIN, parameters)
        self.assertEqual(template.of_type("AWS::Events::EventBus"), {})
        variables = template.of_type("AWS::Lambda::Function")["Relay"]["Environment"]["Variables"]
        self.assertEqual(variables["WRAPUP_EVENT_BUS"], "teams-bus")

    def test_the_relay_tries_for_as_long_as_the_stream_keeps_a_record(self):
        source = Template(PLAIN, {"Events": "on"}).of_type("AWS::Lambda::EventSourceMapping")["RelayStream"]
        self.assertEqual((source["MaximumRetryAttempts"], source["MaximumRecordAgeInSeconds"]), (-1, 86400))
        self.assertTrue(source["BisectBatchOnFunctionError"])
        self.assertEqual(source["DestinationConfig"]["OnFailure"]["Destination"], "${RelayDeadLetters.Arn}")

    def test_a_source_is_one_that_buses_take(self):
        pattern = PLAIN["Parameters"]["EventSource"]["AllowedPattern"]
        for good in ("", "/wrapup/prod", "https://wrapup.example.com/prod", "urn:example:wrap-up"):
            self.assertRegex(good, pattern)
        for bad in ("aws.wrapup", "/wrap up", "/wrapup/ä", "x" * 257):
            self.assertNotRegex(bad, pattern)

    def test_events_are_kept_for_a_replay(self):
        parameters = {"Events": "on", "EventArchiveDays": "30", "EventSource": "https://wrapup.example"}
        self.assertEqual(problems(parameters), [])
        [archive] = Template(PLAIN, parameters).of_type("AWS::Events::Archive").values()
        self.assertEqual((archive["RetentionDays"], archive["SourceArn"]), ("30", "${EventBus.Arn}"))
        self.assertEqual(archive["EventPattern"], {"source": ["https://wrapup.example"]})

    def test_a_webhook_gets_the_event_alone_and_knows_who_posts(self):
        self.assertEqual(problems(EVENTS), [])
        template = Template(PLAIN, EVENTS)
        [rule] = template.of_type("AWS::Events::Rule").values()
        [target] = rule["Targets"]
        self.assertEqual((rule["EventBusName"], rule["EventPattern"]), ("${EventBus.Arn}", {"source": ["/wrapup/wrapup-"]}))
        self.assertEqual((target["InputPath"], target["Arn"]), ("$.detail", "${WebhookDestination.Arn}"))
        headers = target["HttpParameters"]["HeaderParameters"]
        self.assertEqual(headers, {"Content-Type": "application/cloudevents+json; charset=utf-8"})
        [destination] = template.of_type("AWS::Events::ApiDestination").values()
        self.assertEqual((destination["InvocationEndpoint"], destination["HttpMethod"]), ("https://hook.example/in", "POST"))
        [connection] = template.of_type("AWS::Events::Connection").values()
        key = f"{{{{resolve:secretsmanager:{SECRET}:SecretString:api_key}}}}"
        by_key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": key}}
        self.assertEqual((connection["AuthorizationType"], connection["AuthParameters"]), ("API_KEY", by_key))

    def test_a_webhook_may_want_tokens(self):
        parameters = EVENTS | {"WebhookTokenUrl": "https://id.example/token"}
        self.assertEqual(problems(parameters), [])
        [connection] = Template(PLAIN, parameters).of_type("AWS::Events::Connection").values()
        self.assertEqual(connection["AuthorizationType"], "OAUTH_CLIENT_CREDENTIALS")
        [(kind, oauth)] = connection["AuthParameters"].items()
        self.assertEqual((kind, oauth["AuthorizationEndpoint"]), ("OAuthParameters", "https://id.example/token"))
        client = {name: f"{{{{resolve:secretsmanager:{SECRET}:SecretString:{field}}}}}"
                  for name, field in {"ClientID": "client_id", "ClientSecret": "client_secret"}.items()}  # fmt: skip
        self.assertEqual(oauth["ClientParameters"], client)

    def test_what_a_webhook_does_not_take_in_a_day_is_kept(self):
        template = Template(PLAIN, EVENTS)
        [rule] = template.of_type("AWS::Events::Rule").values()
        [target] = rule["Targets"]
        self.assertEqual(target["RetryPolicy"], {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400})
        self.assertEqual(target["DeadLetterConfig"], {"Arn": "${WebhookDeadLetters.Arn}"})
        policy = template.of_type("AWS::SQS::QueuePolicy")["WebhookDeadLettersPolicy"]
        [send] = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
        self.assertEqual(send["Principal"], {"Service": "events.amazonaws.com"})
        self.assertEqual(send["Condition"], {"ArnEquals": {"aws:SourceArn": "${WebhookRule.Arn}"}})

    def test_arns_are_whole_ones_of_the_right_service(self):
        examples = {
            "KmsKeyArn": KEY, "SegmentFunctionArns": CHAT, "SegmentTableArns": TICKETS, "SegmentTableKmsKeyArns": KEY,
            "AiModelArns": PROFILE, "AiKeySecretArn": SECRET, "AiKeyKmsKeyArn": KEY, **TOPIC,
            "AuditDestinationArn": STREAM, "AuditRoleArn": ROLE, "WebhookSecretArn": SECRET,
        }  # fmt: skip
        declared = {name: one for name, one in PLAIN["Parameters"].items() if re.search("Arns?$", name)}
        self.assertEqual(set(declared), set(examples))
        for name, parameter in declared.items():
            with self.subTest(name):
                for good in ("", examples[name]):
                    self.assertRegex(good, parameter["AllowedPattern"])
                resource = examples[name].split(":", 5)[-1]
                for bad in ("*", examples[name] + "*", examples[name].replace(resource, "*"), "arn:aws:s3:::bucket"):
                    self.assertNotRegex(bad, parameter["AllowedPattern"])
        self.assertNotRegex("*", PLAIN["Parameters"]["AiModel"]["AllowedPattern"])

    def test_an_account_that_has_a_log_role_keeps_it(self):
        self.assertEqual(problems({"ApiGatewayLogRole": "present"}), [])
        for choice, there in {"create": True, "present": False}.items():
            resources = Template(PLAIN, {"ApiGatewayLogRole": choice}).resources
            self.assertEqual({"LogRole", "LogAccount"} <= set(resources), there)

    def test_parameters_reach_what_they_are_for(self):
        parameters = {"TablePrefix": "t-", "Architecture": "x86_64", "MemorySize": "512", "LogRetentionDays": "7"}
        parameters |= {
            "AuthorizerCacheSeconds": "0",
            "RequestsPerSecond": "5",
            "RequestBurst": "6",
            "LogLevel": "debug",
            "AllowedOrigins": "https://desk.example",
        }
        self.assertEqual(problems(parameters), [])
        template = Template(PLAIN, parameters)
        for function in template.of_type("AWS::Lambda::Function").values():
            self.assertEqual((function["Architectures"], function["MemorySize"]), (["x86_64"], "512"))
            self.assertEqual(function["Environment"]["Variables"]["WRAPUP_TABLE_PREFIX"], "t-")
            self.assertEqual(function["Environment"]["Variables"]["WRAPUP_LOG"], "debug")
            self.assertEqual(function["Environment"]["Variables"]["WRAPUP_ALLOWED_ORIGINS"], "https://desk.example")
        for group in template.of_type("AWS::Logs::LogGroup").values():
            self.assertEqual(group["RetentionInDays"], "7")
        self.assertEqual(template.of_type("AWS::DynamoDB::Table")["Codes"]["TableName"], "t-interaction_wrap_up_code")
        [settings] = template.of_type("AWS::ApiGateway::Stage")["ApiliveStage"]["MethodSettings"]
        self.assertEqual((settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]), ("5", "6"))

    def test_logs_are_kept_for_a_month(self):
        for group in Template(PLAIN).of_type("AWS::Logs::LogGroup").values():
            self.assertEqual(group["RetentionInDays"], "30")

    def test_slow_is_what_a_deployment_says(self):
        for parameters, threshold in [({}, "2000"), ({"SlowMilliseconds": "500"}, "500")]:
            self.assertEqual(problems(parameters), [])
            alarm = Template(PLAIN, parameters).of_type("AWS::CloudWatch::Alarm")["SlowRequests"]
            self.assertEqual(alarm["Threshold"], threshold)

    def test_many_failed_sign_ins_are_what_a_deployment_says(self):
        for parameters, threshold in [({}, "100"), ({"ManyFailedSignIns": "5"}, "5")]:
            self.assertEqual(problems(parameters), [])
            alarm = Template(PLAIN, parameters).of_type("AWS::CloudWatch::Alarm")["FailedSignIns"]
            self.assertEqual(alarm["Threshold"], threshold)

    def test_the_dashboard_is_json_of_metrics(self):
        for provider in ("off", "extractive"):
            template = Template(PLAIN, {"AiProvider": provider})
            body = json.loads(template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"])
            self.assertEqual(len(body["widgets"]), 10)
            ids = [one[0]["id"] for widget in body["widgets"][:2] for one in widget["properties"]["metrics"]]
            self.assertEqual(ids, ["opened", "closed", "timed_out", "confirmed", "offered", "taken"])
            self.assertIn('"failed_sign_ins", "endpoint", "authorizer"', json.dumps(body))
            self.assertEqual("${AiFiller}" in json.dumps(body), provider != "off")

    def test_addresses_that_may_call(self):
        # A refusal has to be a Deny: what is merely not allowed here, the authorizer may still allow.
        anybody = {"Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Principal": "*"}
        for given, ranges in {
            "": [],
            "192.0.2.0/24": ["192.0.2.0/24"],
            "10.0.0.0/8,2001:db8::/32": ["10.0.0.0/8", "2001:db8::/32"],
        }.items():
            with self.subTest(given):
                [api] = Template(PLAIN, {"AllowedCidrs": given}).of_type("AWS::ApiGateway::RestApi").values()
                allowed, *refused = api["Body"]["x-amazon-apigateway-policy"]["Statement"]
                self.assertEqual(allowed, anybody | {"Effect": "Allow"})
                condition = {"NotIpAddress": {"aws:SourceIp": ranges}}
                self.assertEqual(refused, [anybody | {"Effect": "Deny", "Condition": condition}] if ranges else [])
        pattern = PLAIN["Parameters"]["AllowedCidrs"]["AllowedPattern"]
        for bad in ("10.0.0.1", "0.0.0.0", "*", "10.0.0.0/8 ", "example.org/8"):
            self.assertNotRegex(bad, pattern)

    def test_bounds_on_requests_are_off_unless_asked_for(self):
        self.assertEqual(Template(PLAIN).of_type("AWS::WAFv2::WebACL"), {})
        header = {"Name": "authorization", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}
        known = {
            "WafRequestsPerAddress": ("requests-per-address", {"AggregateKeyType": "IP"}),
            "WafRequestsPerCredential": (
                "requests-per-credential",
                {"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": [{"Header": header}]},
            ),
        }
        for given in [(("WafRequestsPerAddress", "500"),), (("WafRequestsPerCredential", "300"),),
                      (("WafRequestsPerAddress", "500"), ("WafRequestsPerCredential", "300"))]:  # fmt: skip
            with self.subTest(given):
                template = Template(PLAIN, dict(given))
                [acl] = template.of_type("AWS::WAFv2::WebACL").values()
                wanted = {}
                for parameter, limit in given:
                    name, counted = known[parameter]
                    wanted[name] = {"RateBasedStatement": {"Limit": limit, "EvaluationWindowSec": 300, **counted}}
                self.assertEqual({one["Name"]: one["Statement"] for one in acl["Rules"]}, wanted)
                for one in acl["Rules"]:
                    self.assertEqual(one["Action"]["Block"]["CustomResponse"]["ResponseCode"], 429)
                # A sample is a request with its headers.
                for one in [acl, *acl["Rules"]]:
                    self.assertIs(one["VisibilityConfig"]["SampledRequestsEnabled"], False)
                [guard] = template.of_type("AWS::WAFv2::WebACLAssociation").values()
                self.assertIn("/restapis/${Api}/stages/${ApiliveStage}", guard["ResourceArn"])
                self.assertEqual(guard["WebACLArn"], "${WebAcl.Arn}")
        for name in known:
            for bad in ("9", "-1", "", "1e3"):
                self.assertNotRegex(bad, PLAIN["Parameters"][name]["AllowedPattern"])

    def test_sign_ins_have_a_bulkhead_only_where_asked_for(self):
        # A bound on anything else would refuse callers who have signed in.
        for parameters, reserved in [({}, {}), ({"AuthorizerConcurrency": "20"}, {"Authorizer": "20"})]:
            functions = Template(PLAIN, parameters | {"AiProvider": "extractive"}).of_type("AWS::Lambda::Function")
            found = {name: one.get("ReservedConcurrentExecutions") for name, one in functions.items()}
            self.assertEqual({name: one for name, one in found.items() if one is not None}, reserved)

    def test_the_api_takes_tls_1_2_at_least(self):
        # Of the policies of old, an API can have TLS 1.0 alone.
        api = Template(PLAIN).of_type("AWS::ApiGateway::RestApi")["Api"]
        wanted = ("SecurityPolicy_TLS13_1_2_2021_06", "BASIC")
        self.assertEqual((api["SecurityPolicy"], api["EndpointAccessMode"]), wanted)

    def test_each_alarm_is_described_once(self):
        [_, section] = OPERATIONS.read_text().split("\n## Alarms\n")
        rows = re.findall(r"^- (`[^:]*):", section.split("\n## ")[0], re.MULTILINE)
        wanted = alarms(Deployment(Template(PLAIN, {"AiProvider": "extractive"} | EVENTS), {}, False, SYSTEM))
        self.assertEqual(sorted(re.findall("`([^`]*)`", " ".join(rows))), sorted(wanted))


class Refused(unittest.TestCase):
    """Parameters that cannot work together, or would come to nothing, are refused before anything is made."""

    # Each by what is wrong, and what mends it: values of parameters, None for one that is left out.
    CASES = [
        # What the AI filler is not started without.
        ({"AiProvider": "bedrock"}, "AiModel", {"AiModel": "nova"}),
        ({"AiProvider": "openai", "AiModel": "llama"}, "AiUrl", {"AiUrl": "https://llm.example/v1"}),
        ({"AiProvider": "openai", "AiUrl": "https://llm.example/v1"}, "AiModel", {"AiModel": "llama"}),
        # What a provider has no use for.
        (EXTRACTIVE | {"AiModel": "nova"}, "AiModel", {"AiModel": None}),
        (EXTRACTIVE | {"AiModel": "nova"}, "AiModel", {"AiProvider": "bedrock"}),
        (EXTRACTIVE | {"AiUrl": "https://llm.example/v1"}, "AiUrl", {"AiProvider": "openai", "AiModel": "llama"}),
        (EXTRACTIVE | {"AiModelArns": PROFILE}, "AiModelArns", {"AiModelArns": None}),
        (OPENAI | {"AiModelArns": PROFILE}, "AiModelArns", {"AiModelArns": None}),
        (BEDROCK | {"AiUrl": "https://llm.example/v1"}, "AiUrl", {"AiProvider": "openai"}),
        *((BEDROCK | {name: value}, name, {name: None}) for name, value in KEYS.items()),
        *((EXTRACTIVE | {name: value}, name, {name: None}) for name, value in KEYS.items()),
        # Of two keys one is not taken.
        (OPENAI | KEYS, "AiKeyParameter", {"AiKeyParameter": None}),
        (OPENAI | KEYS, "AiKeySecretArn", {"AiKeySecretArn": None}),
        # A key of nothing.
        (OPENAI | {"AiKeyKmsKeyArn": KEY}, "AiKeyKmsKeyArn", {"AiKeySecretArn": SECRET}),
        ({"AiKeyKmsKeyArn": KEY}, "AiKeyKmsKeyArn", {"AiKeyKmsKeyArn": None}),
        ({"SegmentTableKmsKeyArns": KEY}, "SegmentTableKmsKeyArns", TABLES | {"SegmentTableArns": TICKETS}),
        (TABLES | {"SegmentTableKmsKeyArns": KEY}, "SegmentTableArns", {"SegmentTableArns": TICKETS}),
        # What no segment table is behind.
        ({"SegmentFunctionArns": CHAT}, "SegmentFunctionArns", {"SegmentTables": '{"u_chat": "chat"}'}),
        ({"SegmentTableArns": TICKETS}, "SegmentTableArns", TABLES),
        # What nobody learns.
        ({"AiLearn": "on"}, "AiLearn", EXTRACTIVE),
        # What nothing is told.
        ({"EventBusName": "teams-bus"}, "EventBusName", {"Events": "on"}),
        ({"EventSource": "/wrapup/prod"}, "EventSource", {"Events": "on"}),
        ({"EventNotes": "on"}, "EventNotes", {"EventNotes": "off"}),
        ({"EventArchiveDays": "7"}, "EventArchiveDays", {"EventArchiveDays": "0"}),
        (EVENTS | {"Events": "off"}, "WebhookUrl", {"Events": "on"}),
        # A webhook that does not know who posts, and what is said of none.
        (EVENTS | {"WebhookSecretArn": ""}, "WebhookSecretArn", {"WebhookSecretArn": SECRET}),
        ({"Events": "on", "WebhookSecretArn": SECRET}, "WebhookSecretArn", EVENTS),
        ({"Events": "on", "WebhookTokenUrl": "https://id.example"}, "WebhookTokenUrl", EVENTS),
        ({"WebhookKeyHeader": "x-hook"}, "WebhookKeyHeader", EVENTS),
        (EVENTS | {"WebhookTokenUrl": "https://id.example", "WebhookKeyHeader": "x-hook"}, "WebhookKeyHeader",
         {"WebhookKeyHeader": None}),
        (EVENTS | {"WebhookTokenUrl": "https://id.example", "WebhookKeyHeader": "x-hook"}, "WebhookTokenUrl",
         {"WebhookTokenUrl": None}),
        # A role for nothing.
        ({"AuditRoleArn": ROLE}, "AuditRoleArn", {"AuditDestinationArn": STREAM}),
        # A page that can show nothing.
        ({"SupervisorPage": "on", "Indexes": "0"}, "SupervisorPage", {"Indexes": "1"}),
        ({"SupervisorPage": "on", "Indexes": "0"}, "Indexes", {"SupervisorPage": "off"}),
        # Fewer than AWS WAF counts.
        *(({f"WafRequestsPer{what}": "9"}, f"WafRequestsPer{what}", {f"WafRequestsPer{what}": "10"})
          for what in ("Address", "Credential")),
    ]  # fmt: skip

    def refused(self, parameters):
        return list(Template(PLAIN, parameters).refused())

    def test_what_cannot_work_is_refused_by_the_name_of_what_is_to_be_mended(self):
        for parameters, named, mended in self.CASES:
            with self.subTest(parameters):
                why = self.refused(parameters)
                self.assertTrue(any(named in one for one in why), why)
                right = {name: value for name, value in (parameters | mended).items() if value is not None}
                self.assertEqual(self.refused(right), [])

    def test_an_ai_filler_is_switched_off_by_one_parameter(self):
        for provider in (BEDROCK | {"AiModelArns": PROFILE}, OPENAI | {"AiKeySecretArn": SECRET, "AiKeyKmsKeyArn": KEY}):
            self.assertEqual(self.refused(provider), [])
            self.assertEqual(self.refused(provider | {"AiProvider": "off"}), [])

    def test_each_rule_refuses_something_and_says_what_to_do(self):
        said = {one["AssertDescription"] for rule in PLAIN["Rules"].values() for one in rule["Assertions"]}
        found = {one for parameters, _, _ in self.CASES for one in self.refused(parameters)}
        self.assertEqual(said - found, set())
        for one in said:
            self.assertRegex(one, "; .*(give|leave|set|say|choose|describe)")

    def test_rules_are_made_of_what_rules_may_have(self):
        known = {"Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::Equals", "Fn::Not", "Fn::Or", "Ref"}

        def functions(node):
            if isinstance(node, dict):
                for name, argument in node.items():
                    yield name
                    yield from functions(argument)
            elif isinstance(node, list):
                for one in node:
                    yield from functions(one)

        for name, rule in PLAIN["Rules"].items():
            with self.subTest(name):
                used = functions([rule.get("RuleCondition"), [one["Assert"] for one in rule["Assertions"]]])
                self.assertLessEqual(set(used), known)

    def test_what_is_sent_to_a_model_is_not_read_on_the_way(self):
        why = self.refused(OPENAI | {"AiUrl": "http://llm.example/v1"})
        self.assertEqual(why, ["AiUrl: it does not match AllowedPattern"])


class Variables(unittest.TestCase):
    """A function's variables are in the form that it reads, and are never more than Lambda takes."""

    # Bytes of names and values of a function, as JSON: so Lambda measures them.
    MOST = 4096
    # More than the ARN of a secret or the name of a bus that CloudFormation names.
    OF_A_RESOURCE = 300

    def longest(self, value) -> int:
        """Bytes that a value may have in JSON at most."""
        match value:
            case str():
                return len(value)
            case {"Ref": name} if name in PLAIN["Parameters"]:
                return self.longest_of(name)
            case {"Ref": _}:
                return self.OF_A_RESOURCE
            case {"Fn::If": [_, yes, no]}:
                return max(self.longest(yes), self.longest(no))
            case {"Fn::Sub": str(text)}:
                return sum(self.longest_of(part) if at % 2 else len(part)
                           for at, part in enumerate(re.split(r"\$\{(\w+)\}", text)))  # fmt: skip
        raise ValueError(f"how long is {value}?")

    def longest_of(self, name: str) -> int:
        one = PLAIN["Parameters"][name]
        if "AllowedValues" in one:
            return max(map(len, map(str, one["AllowedValues"])))
        if one["Type"] == "Number":
            return len(str(one["MaxValue"]))
        # In JSON quotes and ends of lines count twice: they are six of ten characters of the shortest entry.
        return one["MaxLength"] * 8 // 5 if name == "SegmentTables" else one["MaxLength"]

    def test_they_are_never_more_than_lambda_takes(self):
        most = {}
        for name, resource in PLAIN["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                variables = resource["Properties"]["Environment"]["Variables"]
                # Two braces, and of each variable four quotes, a colon and a comma.
                most[name] = 2 + sum(6 + len(key) + self.longest(value) for key, value in variables.items())
        for name, bytes in most.items():
            self.assertLess(bytes, self.MOST, name)
        # Segment tables have what the others leave.
        self.assertGreater(most["AiFiller"], self.MOST - 100)

    def test_of_segment_tables_no_more_counts_twice(self):
        name = PLAIN["Parameters"]["SegmentTables"]
        for shortest in (
            '"{}":"c",\r\n', '"{}":"c",\n', '"{}":{{\r\n"b":"c"\r\n}},\r\n', '"{}":{{\r\n"b":{{\r\n}}\r\n}},\r\n',
            '"{}":{{\r\n"b":{{\r\n"c":"d"\r\n}}\r\n}},\r\n',
        ):  # fmt: skip
            entries, letters = "", (chr(one) for one in itertools.cycle(range(ord("a"), ord("z") + 1)))
            while len(entries) + 40 < name["MaxLength"]:
                entries += shortest.format(next(letters))
            text = "\r\n{\r\n" + entries.rstrip(",\r\n") + "\r\n}\r\n"
            with self.subTest(shortest):
                self.assertRegex(text, name["AllowedPattern"])
                self.assertLessEqual(len(json.dumps(text)) - 2, self.longest_of("SegmentTables"))
        for bad in ('{\n\n"a":"b"}', '{\t"a":"b"}', '{"a"\n:"b"}', '{"a":\n"b"}', '{"a":"b"\n,"c":"d"}', '{"a":"b"\n\n}'):
            self.assertNotRegex(bad, name["AllowedPattern"])

    def test_each_character_of_them_is_a_byte(self):
        text = json.dumps([one["Properties"]["Environment"] for one in PLAIN["Resources"].values()
                           if one["Type"] == "AWS::Lambda::Function"])  # fmt: skip
        named = {*re.findall(r'"Ref": "(\w+)"', text), *re.findall(r"\$\{(\w+)\}", text)} & set(PLAIN["Parameters"])
        free = {name for name in named if "AllowedPattern" in PLAIN["Parameters"][name]}
        self.assertIn("SegmentTables", free)
        for name in named:
            with self.subTest(name):
                self.assertTrue(name in free or self.longest_of(name) < 20)
                pattern = PLAIN["Parameters"][name].get("AllowedPattern", "")
                for bad in ("ä", "\\", '{"ä": "chat"}', '{"a\\": "chat"}', *('"' if name != "SegmentTables" else [])):
                    self.assertNotRegex(bad, pattern or "^$")

    def test_segment_tables_are_an_object_of_strings_and_objects(self):
        ticket = '{"dynamodb_table": "team-tickets", "key": "ticket", "columns": {"agent": "owner", "start": "began"}}'
        pattern = PLAIN["Parameters"]["SegmentTables"]["AllowedPattern"]
        for good in (
            "", "{}", '{"u_chat":"chat"}', f'{{"u_chat": "{CHAT}"}}', f'{{\n  "u_ticket" : {ticket} ,\n"u_chat": "chat"\n}}\n',
            json.dumps({"u_ticket": json.loads(ticket), "u_chat": "chat"}, indent=2),
            '{"u_chat": {"function": "chat"}}', '{"u": {"dynamodb_table": "t", "key": "k", "columns": {}}}',
        ):  # fmt: skip
            with self.subTest(good):
                self.assertIsInstance(json.loads(good or "{}"), dict)
                self.assertRegex(good, pattern)
        for bad in (
            "{", "{u_chat:chat}", "{'u_chat': 'chat'}", '{"u_chat": "chat"', '"chat"', '{"u_chat": "chat",}', '{"u_chat": }',
            '{"u_chat": "chat"}}', '{{"u_chat": "chat"}', '{"u_chat": 1}', '{"u_chat": ["chat"]}', '[{"u_chat": "chat"}]',
            '{"u_chat": "chat" "u_call": "call"}', '\'{"u_chat": "chat"}\'', '{"": "chat"}', "null", '{\\"u_chat\\": \\"chat\\"}',
            '{"u_ticket": {}}', f'{{"u_ticket": {ticket}', f'{{"u_ticket": {ticket[:-1]}}}',
        ):  # fmt: skip
            with self.subTest(bad):
                self.assertNotRegex(bad, pattern)

    def test_origins_are_whole_ones(self):
        pattern = PLAIN["Parameters"]["AllowedOrigins"]["AllowedPattern"]
        for good in ("", "https://desk.example", "https://desk.example,http://localhost:3000, http://[::1]:8080", "null"):
            self.assertRegex(good, pattern)
        for bad in ("*", "desk.example", "https://desk.example/", "https://*.example", "https://a.example https://b.example",
                    "https://desk.example,", "https://user@desk.example", "https://desk.example?x"):  # fmt: skip
            self.assertNotRegex(bad, pattern)

    def test_a_base_url_is_one_of_https_alone(self):
        pattern = PLAIN["Parameters"]["AiUrl"]["AllowedPattern"]
        for good in ("", "https://llm.example", "https://llm.example:8443/v1/", "https://[fd12::1]/v1"):
            self.assertRegex(good, pattern)
        for bad in ("llm.example/v1", "http://llm.example", "https://", "https://llm example", "https://llm.example/v1?a=b",
                    "https://user:word@llm.example", "https://llm.example#a"):  # fmt: skip
            self.assertNotRegex(bad, pattern)


class Quoted(unittest.TestCase):
    """What docs/segment-tables.md shows of quoting arrives as it is meant, by what `sam deploy` reads it with."""

    SHOWN = "".join((OPERATIONS.parent / name).read_text() for name in ("deploy.md", "segment-tables.md"))
    MEANT = {"u_chat": "chat"}

    def parsed(self, *arguments: str, config: str = "") -> dict:
        """The parameters that `sam deploy` has by a command line and a samconfig.toml."""
        found = {}

        @click.command()
        @configuration_option(provider=ConfigProvider(section="parameters", cmd_names=["deploy"]))
        @parameter_override_click_option()
        def deploy(parameter_overrides, **_):
            found.update(parameter_overrides)

        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "samconfig.toml"
            file.write_text(config)
            deploy.main([*arguments, "--config-file", str(file)], standalone_mode=False)
        return found

    def by_shell(self, command: str) -> dict:
        """The same by a command as a shell takes it apart."""
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "segment-tables.json").write_text(json.dumps(self.MEANT, indent=2))
            script = f"sam() {{ python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' \"$@\"; }}\n{command}"
            shell = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
        [deploy, *arguments] = json.loads(shell.stdout)
        self.assertEqual(deploy, "deploy")
        return self.parsed(*arguments)

    def takes(self, parameters: dict):
        self.assertEqual(json.loads(parameters["SegmentTables"]), self.MEANT)
        arn = {"SegmentFunctionArns": CHAT} if parameters.get("SegmentFunctionArns") == "ARN" else {}
        self.assertEqual(list(Template(PLAIN, parameters | arn).refused()), [])

    def test_on_a_command_line(self):
        commands = re.findall(r"^sam deploy --parameter-overrides .*SegmentTables=.*", self.SHOWN, re.MULTILINE)
        self.assertEqual(len(commands), 3)
        for command in commands:
            with self.subTest(command):
                self.takes(self.by_shell(command))

    def test_in_samconfig_toml(self):
        blocks = re.findall(r"```toml\n(.*?)```", self.SHOWN, re.DOTALL)
        [shown] = [block for block in blocks if "SegmentTables" in block]
        own = TEMPLATE.with_name("samconfig.toml").read_text()
        [section] = re.findall(r"^\[default\.deploy\.parameters\]\n", own, re.MULTILINE)
        self.assertTrue(shown.startswith(section))
        self.takes(self.parsed(config=own.replace(section, shown)))

    def test_as_guided_deployments_keep_it(self):
        kept = GuidedConfig.quote_parameter_values(json.dumps(self.MEANT))
        config = f"version = 0.1\n[default.deploy.parameters]\nparameter_overrides = {json.dumps(f'SegmentTables={kept}')}\n"
        self.takes(self.parsed(config=config))

    def test_a_parameter_is_emptied(self):
        [shown] = re.findall("`(--parameter-overrides AiProvider=extractive .*)`", self.SHOWN)
        self.assertEqual(self.by_shell(f"sam deploy {shown}"), {"AiProvider": "extractive", "AiModel": ""})

    def test_without_its_quotes_it_is_refused(self):
        for command in (
            """sam deploy --parameter-overrides SegmentTables={"u_chat":"chat"}""",
            """sam deploy --parameter-overrides 'SegmentTables={"u_chat":"chat"}'""",
            """sam deploy --parameter-overrides 'SegmentTables={"u_chat": "chat"}'""",
            """sam deploy --parameter-overrides "SegmentTables={\\"u_chat\\": \\"chat\\"}\"""",
        ):
            with self.subTest(command):
                refused = list(Template(PLAIN, self.by_shell(command)).refused())
                self.assertEqual(refused, ["SegmentTables: it does not match AllowedPattern"])


class Made(unittest.TestCase):
    """What infra/sam/make makes of the list."""

    # A system with one more of everything: so many endpoints that one alarm cannot watch them all.
    BIGGER = copy.deepcopy(SYSTEM)
    BIGGER["tables"]["u_outbox"] = {}
    # In the place of the relay, since a stream has two readers at most.
    del BIGGER["functions"]["relay"]
    BIGGER["functions"] |= {
        "outbox": {
            "stream": {
                "table": "interaction_wrap_up_segment", "filter": {"eventName": ["INSERT", "MODIFY"]},
                "batch": 20, "retries": -1, "hours": 12,
            },
            "dynamodb": {"u_outbox": ["PutItem"]},
        },
        **{f"report-{n}": {"routes": [f"GET wrapup/report/{n}"], "dynamodb": {}} for n in range(5)},
    }
    BIGGER_PLAIN = plain(renewed(TEMPLATE.read_text(), BIGGER))

    def bigger(self, parameters=None, further=None):
        template = Template(self.BIGGER_PLAIN, TOPIC | (parameters or {}))
        self.assertEqual(check(template, further, complete=True, system=self.BIGGER), [])
        return template

    def test_the_template_is_up_to_date(self):
        self.assertEqual(renewed(TEMPLATE.read_text()), TEMPLATE.read_text())

    def test_a_bigger_system_is_what_its_list_says(self):
        self.bigger({"AiProvider": "extractive"})
        self.bigger()

    def test_a_job_runs_by_the_clock_and_is_tried_again(self):
        template = self.bigger()
        schedule = template.of_type("AWS::Scheduler::Schedule")["CloseOverdueSchedule"]
        target = schedule.pop("Target")
        self.assertEqual(schedule["ScheduleExpression"], "rate(1 minute)")
        self.assertEqual(schedule["FlexibleTimeWindow"], {"Mode": "OFF"})
        self.assertEqual(target["Arn"], "${CloseOverdue.Arn}")
        self.assertEqual(target["DeadLetterConfig"], {"Arn": "${CloseOverdueDeadLetters.Arn}"})
        self.assertEqual(target["RetryPolicy"], {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 3600})
        # The schedule only knows that Lambda took it: what fails then, Lambda tries again.
        all_retries = template.of_type("AWS::Lambda::EventInvokeConfig").values()
        [retries] = [one for one in all_retries if one["FunctionName"] == "${CloseOverdue}"]
        self.assertEqual((retries["FunctionName"], retries["MaximumRetryAttempts"]), ("${CloseOverdue}", 2))
        self.assertEqual(retries["DestinationConfig"]["OnFailure"]["Destination"], "${CloseOverdueDeadLetters.Arn}")

    def test_a_jobs_schedule_may_use_the_key_of_its_dead_letters(self):
        by_dynamodb = [(f"kms:{action} via dynamodb", KEY) for action in ("Decrypt", "GenerateDataKey")]
        by_sqs = [(f"kms:{action} via sqs", KEY) for action in ("Decrypt", "GenerateDataKey")]
        further = {name: [*by_dynamodb] for name in self.BIGGER["functions"]}
        for name in ("outbox", "close-overdue", "rotate-keys"):
            further[name] += by_sqs
        self.bigger({"KmsKeyArn": KEY}, further)

    def test_consumers_get_their_records_in_bounds(self):
        template = self.bigger({"AiProvider": "extractive"})
        sources = template.of_type("AWS::Lambda::EventSourceMapping")
        # An event source of another id would be made beside the one that is there, which AWS refuses.
        self.assertEqual(sorted(sources), ["AiFillerOpened", "AiFillerSaid", "OutboxStream"])
        kinds = [("ai-filler", "stream"), ("ai-filler", "second_stream"), ("outbox", "stream")]
        for (id, source), (name, which) in zip(sorted(sources.items()), kinds):
            [pattern] = source.pop("FilterCriteria")["Filters"]
            stream = self.BIGGER["functions"][name][which]
            self.assertEqual(json.loads(pattern["Pattern"]), stream["filter"])
            wanted = {
                "EventSourceArn": f"${{{'Segments' if which == 'stream' else 'Interactions'}.StreamArn}}",
                "FunctionName": f"${{{'AiFiller' if name == 'ai-filler' else 'Outbox'}}}",
                "StartingPosition": "TRIM_HORIZON",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "BisectBatchOnFunctionError": True,
                "BatchSize": stream["batch"],
                "MaximumRetryAttempts": stream["retries"],
                "MaximumRecordAgeInSeconds": stream["hours"] * 3600,
                "DestinationConfig": {"OnFailure": {"Destination": f"${{{dead_letters(name)}.Arn}}"}},
            }
            self.assertEqual({key: value for key, value in source.items() if key != "Tags"}, wanted)

    def test_a_stream_is_there_for_whoever_reads_it(self):
        for provider in ("off", "extractive"):
            table = self.bigger({"AiProvider": provider}).of_type("AWS::DynamoDB::Table")["Segments"]
            self.assertEqual(table["StreamSpecification"], {"StreamViewType": "NEW_AND_OLD_IMAGES"})

    def test_an_alarm_that_watches_too_many_has_another_beside_it(self):
        found = self.bigger().of_type("AWS::CloudWatch::Alarm")
        names = ["FunctionErrors", "FunctionErrors2", "FunctionThrottles", "FunctionThrottles2"]
        parts = [sum("MetricStat" in one for one in found[name]["Metrics"]) for name in names]
        self.assertEqual(parts, [10, 9, 10, 10])

    def test_what_nobody_waits_for_is_told_of_in_outputs_and_on_the_dashboard(self):
        template = self.bigger()
        self.assertLessEqual({"OutboxDeadLetters", "CloseOverdueDeadLetters"}, set(self.BIGGER_PLAIN["Outputs"]))
        body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]
        for name in ("outbox lag", "outbox dead letters", "close-overdue dead letters"):
            self.assertIn(name, [one[-1].get("label") for widget in json.loads(body)["widgets"]
                                 for one in widget["properties"]["metrics"]])  # fmt: skip

    def test_what_holds_data_keeps_its_id(self):
        # Another logical id is another resource: a table of the same name cannot be made, and a queue would be empty.
        tables = {"Codes", "Configurations", "Segments", "PhoneLog", "Interactions", "Users"}
        template = Template(PLAIN, {"AiProvider": "extractive"} | EVENTS)
        self.assertEqual(set(template.of_type("AWS::DynamoDB::Table")), tables | {"OauthClient", "AiLearned"})
        self.assertEqual(set(IDS.values()), tables)
        self.assertEqual(set(template.of_type("AWS::SQS::Queue")), QUEUES)

    def test_tables_are_as_the_code_wants_them(self):
        for name, table in Template(PLAIN, {"TablePrefix": "t-"}).of_type("AWS::DynamoDB::Table").items():
            [platform_name] = [one for one in SYSTEM["tables"] if logical(one) == name]
            self.assertEqual(table["TableName"], f"t-{platform_name}")
            self.assertEqual(table["KeySchema"], [{"AttributeName": "sys_id", "KeyType": "HASH"}])
            indexes = SYSTEM["tables"][platform_name].get("indexes", {})
            keys = ["sys_id", *dict.fromkeys(one[key] for one in indexes.values() for key in ("partition", "sort"))]
            wanted = [{"AttributeName": column, "AttributeType": "S"} for column in keys]
            self.assertEqual(table["AttributeDefinitions"], wanted)
            wanted = [
                {
                    "IndexName": name,
                    "KeySchema": [
                        {"AttributeName": one["partition"], "KeyType": "HASH"},
                        {"AttributeName": one["sort"], "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": one["shown"]}
                    if "shown" in one
                    else {"ProjectionType": "KEYS_ONLY"},
                }
                for name, one in indexes.items()
            ]
            self.assertEqual(table.get("GlobalSecondaryIndexes", []), wanted)
            self.assertEqual(table["BillingMode"], "PAY_PER_REQUEST")
            column = SYSTEM["tables"][platform_name].get("ttl")
            wanted = {"AttributeName": column, "Enabled": True} if column else None
            self.assertEqual(table.get("TimeToLiveSpecification"), wanted)

    def test_functions_are_told_how_long_what_is_over_is_kept(self):
        for days, wanted in (("0", ""), ("30", "30")):
            template = Template(PLAIN, {"RetentionDays": days, "AiProvider": "extractive"})
            functions = template.of_type("AWS::Lambda::Function")
            told = {name: one["Environment"]["Variables"].get("WRAPUP_RETENTION_DAYS") for name, one in functions.items()}
            writers = {"CreateSegment", "UpdateSegment", "UpdateSegmentAi", "SaveDraft", "CloseOverdue", "AiFiller"}
            self.assertEqual({name: days for name, days in told.items() if days is not None}, dict.fromkeys(writers, wanted))

    def test_a_table_gets_one_index_more_with_each_step(self):
        for steps in range(4):
            tables = Template(PLAIN, {"Indexes": str(steps)}).of_type("AWS::DynamoDB::Table")
            for platform_name, table in SYSTEM["tables"].items():
                made = [one["IndexName"] for one in tables[logical(platform_name)].get("GlobalSecondaryIndexes", [])]
                self.assertEqual(made, list(table.get("indexes", {}))[:steps])

    def test_without_indexes_nothing_is_paid_for_them_and_nothing_runs_that_reads_them(self):
        template = Template(PLAIN, {"Indexes": "0"})
        table = template.of_type("AWS::DynamoDB::Table")["Segments"]
        self.assertNotIn("GlobalSecondaryIndexes", table)
        # DynamoDB refuses a table with definitions of columns that are no keys.
        self.assertEqual(table["AttributeDefinitions"], [{"AttributeName": "sys_id", "AttributeType": "S"}])
        self.assertEqual(check(template), [])
        self.assertEqual([name for name in template.resources if "CloseOverdue" in name], [])

    def test_an_alarm_goes_off_by_ends_that_are_not_stored_and_where_no_sweep_runs(self):
        alarm = Template(PLAIN).of_type("AWS::CloudWatch::Alarm")["CloseOverdueLate"]
        wanted = {
            "Namespace": "Wrapup",
            "MetricName": "oldest_overdue_seconds",
            "Dimensions": [{"Name": "endpoint", "Value": "close-overdue"}],
            "Statistic": "Maximum",
            "Period": 300,
            "Threshold": 300,
            "TreatMissingData": "breaching",
        }
        self.assertEqual({key: alarm[key] for key in wanted}, wanted)

    def test_functions_run_as_they_are_to(self):
        template = Template(PLAIN, {"AiProvider": "extractive"} | EVENTS)
        for function in template.of_type("AWS::Lambda::Function").values():
            name = tags(function)["wrapup-function"]
            self.assertEqual((function["Runtime"], function["TracingConfig"]), ("provided.al2023", {"Mode": "Active"}))
            # API Gateway waits for 29 s, for an authorizer less; nobody waits for what runs in the background.
            wanted = 10 if name == "authorizer" else 120 if name in IN_BACKGROUND else 29
            self.assertEqual(function["Timeout"], wanted)
            wanted = {*SYSTEM["environment"], *SYSTEM["functions"][name].get("environment", [])}
            self.assertEqual(set(function["Environment"]["Variables"]), wanted)

    def test_each_path_is_served_behind_the_authorizer_and_refused_without(self):
        api = Template(PLAIN).of_type("AWS::ApiGateway::RestApi")["Api"]
        found, wanted = {}, {}
        for path, item in api["Body"]["paths"].items():
            for method, one in item.items():
                uri = one["x-amazon-apigateway-integration"]["uri"]
                invoked = re.search(r"/functions/\$\{(\w+)\.Arn\}/invocations$", uri)[1]
                found[path, method] = (invoked, one.get("security"))
        refusing = "x-amazon-apigateway-any-method"
        for name, one in SYSTEM["functions"].items():
            for method, path in (route.split(" ") for route in one.get("routes", [])):
                id = "".join(part.capitalize() for part in name.split("-"))
                for form in ("/api/now/", "/api/now/v1/"):
                    for served in ["get", "head"] if method == "GET" else [method.lower()]:
                        wanted[f"{form}{path}", served] = (id, [{"caller": []}])
                    # A POST may name another method: behind the authorizer, since a function signs nobody in. Of a path that
                    # several functions serve it is the first one's.
                    wanted.setdefault((f"{form}{path}", "post"), (id, [{"caller": []}]))
                    wanted.setdefault((f"{form}{path}", refusing), (id, None))
                wanted.setdefault((f"/api/now/{{api_version}}/{path}", refusing), (id, None))
        # Where callers prove who they are, no authorizer can stand in front.
        wanted["/oauth_token.do", "post"] = wanted["/oauth_token.do", refusing] = ("OauthToken", None)
        # Any function with a route knows what is no path: what stands beside a path, and the folders on the way to it.
        wanted["/{unknown+}", refusing] = ("GetCode", None)
        for path in {path for path, _ in wanted}:
            for folder in itertools.accumulate(path.split("/")[1:-1], "{}/{}".format, initial=""):
                wanted.setdefault((folder or "/", refusing), ("GetCode", None))
        self.assertEqual(found, wanted)
        [scheme] = api["Body"]["components"]["securitySchemes"].values()
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        self.assertEqual((authorizer["type"], authorizer["authorizerResultTtlInSeconds"]), ("request", "300"))
        self.assertEqual(authorizer["identitySource"], "method.request.header.Authorization")
        self.assertIn("/functions/${Authorizer.Arn}/invocations", authorizer["authorizerUri"])

    def test_the_supervisors_page_is_for_everybody_where_somebody_wants_it(self):
        for wanted in ("off", "on"):
            template = Template(PLAIN, {"SupervisorPage": wanted})
            paths = template.of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]["paths"]
            pages = {path: item for path, item in paths.items() if path.startswith("/supervisor")}
            self.assertEqual(set(pages), {"/supervisor", "/supervisor/{file}"} if wanted == "on" else set())
            self.assertEqual("Console" in template.of_type("AWS::Lambda::Function"), wanted == "on")
            for item in pages.values():
                self.assertEqual(set(item), {"get", "head", "x-amazon-apigateway-any-method"})
                for one in item.values():
                    self.assertNotIn("security", one)
                    self.assertIn("/functions/${Console.Arn}/invocations", one["x-amazon-apigateway-integration"]["uri"])

    def test_api_gateway_alone_invokes_functions_each_by_what_it_is_for(self):
        for one in Template(PLAIN, {"AiProvider": "extractive"}).of_type("AWS::Lambda::Permission").values():
            self.assertEqual((one["Action"], one["Principal"]), ("lambda:InvokeFunction", "apigateway.amazonaws.com"))
            part = "authorizers" if one["FunctionName"] == "${Authorizer}" else "live"
            source = f"arn:aws:execute-api:eu-central-1:123456789012:${{Api}}/{part}/*"
            self.assertEqual(one["SourceArn"], source)

    def test_api_gateway_speaks_as_the_functions_do(self):
        api = Template(PLAIN).of_type("AWS::ApiGateway::RestApi")["Api"]
        found = api["Body"]["x-amazon-apigateway-gateway-responses"]
        self.assertEqual(set(found), set(GATEWAY_RESPONSES))
        for kind, one in GATEWAY_RESPONSES.items():
            with self.subTest(kind):
                self.assertEqual(found[kind].get("statusCode"), one.get("status"))
                headers = (COMMON_HEADERS | one.get("headers", {})).items()
                mapped = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers}
                self.assertEqual(found[kind]["responseParameters"], mapped)
                bodies = found[kind]["responseTemplates"]
                # Where Accept matches none of them, the first is taken.
                self.assertEqual(next(iter(bodies)), "application/json; charset=UTF-8")
                error = {"message": one["message"], "detail": one["detail"]}
                self.assertEqual(json.loads(bodies.pop("application/json; charset=UTF-8")), {"error": error, "status": "failure"})
                xml = (
                    f'<?xml version="1.0" encoding="UTF-8"?><response><error><message>{one["message"]}</message>'
                    f"<detail>{one['detail']}</detail></error><status>failure</status></response>"
                )
                types = [f"{type}{encoding}" for type in ("application/xml", "text/xml")
                         for encoding in ("", "; charset=UTF-8")]  # fmt: skip
                self.assertEqual(bodies, dict.fromkeys(types, xml))

    def test_a_page_that_may_call_reads_what_api_gateway_says(self):
        for origins, first in {
            "": None,
            "https://desk.example": "https://desk.example",
            "https://desk.example,http://localhost:3000": "https://desk.example",
        }.items():
            api = Template(PLAIN, {"AllowedOrigins": origins}).of_type("AWS::ApiGateway::RestApi")["Api"]
            for kind, one in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
                with self.subTest(f"{kind} {origins}"):
                    told = {name.split(".")[-1]: value for name, value in one["responseParameters"].items()}
                    told = {name: value for name, value in told.items() if name.startswith("Access-Control-")}
                    exposed = {"Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'"}
                    wanted = {"Access-Control-Allow-Origin": f"'{first}'"} | exposed if first else {}
                    self.assertEqual(told, wanted)

    def test_bodies_come_as_bytes(self):
        # API Gateway would put another character for what is no UTF-8, and nobody would know.
        api = Template(PLAIN).of_type("AWS::ApiGateway::RestApi")["Api"]
        self.assertEqual(api["Body"]["x-amazon-apigateway-binary-media-types"], ["*/*"])

    def test_a_function_is_built_from_its_own_sources(self):
        for resource in yaml_parse(TEMPLATE.read_text())["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                function = resource["Properties"]
                self.assertEqual(resource["Metadata"]["BuildProperties"]["Binary"], function["Tags"]["wrapup-function"])
                self.assertTrue((TEMPLATE.parent / function["CodeUri"] / "Cargo.toml").is_file())

    def test_lists_that_nothing_can_be_made_of(self):
        def function(**fields):
            return {"dynamodb": {}, **fields}

        bounds = {"batch": 10, "retries": 5, "hours": 6}
        stream = {"table": "interaction_wrap_up_segment", "filter": {}} | bounds
        for words, more in {
            "more is not of one kind: it has neither routes, public_routes, stream, schedule": {"more": function()},
            "more is not of one kind: it has routes and schedule": {
                "more": function(routes=["GET wrapup/more"], schedule="rate(1 minute)")
            },
            "authorizer is not of one kind: it has routes": {"authorizer": function(routes=["GET wrapup/more"])},
            "more: there is no secret other": {"more": function(schedule="rate(1 day)", secrets={"other": []})},
            "more: there is no table other": {"more": function(schedule="rate(1 day)") | {"dynamodb": {"other": []}}},
            "more: it uses segment tables, and may do nothing on sn_openframe_phone_log": {
                "more": function(schedule="rate(1 day)", environment=["WRAPUP_SEGMENT_TABLES"])
            },
            "more: GET wrapup/code is served by list-codes": {"more": function(routes=["GET wrapup/code"])},
            "more: there is no stream of sys_user": {"more": function(stream={"table": "sys_user", "filter": {}})},
            "the stream of interaction_wrap_up_segment has the readers ai-filler, relay, one: DynamoDB lets 2 read one": {
                "one": function(stream=stream),
            },
        }.items():  # fmt: skip
            with self.subTest(words):
                system = SYSTEM | {"functions": SYSTEM["functions"] | more}
                [problem] = wrong_system(system)
                self.assertIn(words, problem)
                with self.assertRaisesRegex(Unmade, re.escape(words)):
                    renewed(TEMPLATE.read_text(), system)

    def test_a_template_that_has_lost_a_mark(self):
        with self.assertRaisesRegex(Unmade, "are made"):
            renewed(TEMPLATE.read_text().replace("# made by infra/sam/make: paths", ""))


class Faults(unittest.TestCase):
    """What must not pass, and by which words it is found."""

    def found(self, words, change, **parameters):
        template = copy.deepcopy(PLAIN)
        change(template["Resources"])
        all_problems = problems({"AiProvider": "extractive"} | EVENTS | parameters, template=template)
        self.assertTrue(any(words in problem for problem in all_problems), all_problems)

    def statements(self, resources, role):
        return resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]

    def test_a_function_may_do_more(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[1]["Action"] = ["dynamodb:GetItem", "dynamodb:PutItem"]

        self.found("get-code: permissions: ('dynamodb:PutItem', 'table interaction_wrap_up_code') is too much", change)

    def test_the_relay_may_tell_any_bus(self):
        def change(resources):
            for one in self.statements(resources, "RelayRole"):
                if "events:PutEvents" in one.get("Action", []):
                    one["Resource"] = "*"

        self.found("relay: permissions: ('events:PutEvents', '*') is too much", change)

    def test_a_webhooks_role_may_do_more(self):
        def change(resources):
            self.statements(resources, "WebhookRole")[0]["Resource"] = "*"

        self.found("WebhookRule: permissions: ('events:InvokeApiDestination', '*') is too much", change)

    def test_a_function_may_do_less(self):
        self.found(
            "create-codes: permissions: ('dynamodb:UpdateItem'", lambda r: self.statements(r, "CreateCodesRole").pop()
        )

    def test_a_function_may_do_anything_to_a_table(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[1]["Action"] = "dynamodb:*"

        self.found("get-code: actions with a wildcard", change)

    def test_a_function_may_read_all_tables(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[1]["Resource"] = "*"

        self.found("('dynamodb:GetItem', '*') is too much", change)

    def test_a_function_reads_users(self):
        def change(resources):
            users = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": {"Fn::GetAtt": ["Users", "Arn"]}}
            self.statements(resources, "GetCodeRole").append(users)

        self.found("get-code: permissions: ('dynamodb:GetItem', 'table sys_user') is too much", change)

    def test_a_function_reads_the_keys_of_tokens(self):
        def change(resources):
            keys = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "OauthKeys"}}
            self.statements(resources, "GetCodeRole").append(keys)

        self.found("get-code: permissions: ('secretsmanager:GetSecretValue', 'secret oauth-keys') is too much", change)

    def test_a_secret_that_stands_in_the_template(self):
        def change(resources):
            secret = resources["OauthKeys"]["Properties"]
            secret["SecretString"] = secret.pop("GenerateSecretString")["SecretStringTemplate"]

        self.found("secret oauth-keys: it stands in the template", change)

    def test_a_secret_under_another_key(self):
        change = lambda resources: resources["OauthKeys"]["Properties"].pop("KmsKeyId")
        self.found("secret oauth-keys: the key is None", change, KmsKeyArn=KEY)

    def test_a_policy_beside_the_role(self):
        def change(resources):
            document = {"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
            properties = {"PolicyDocument": document, "Roles": [{"Ref": "GetCodeRole"}]}
            resources["More"] = {"Type": "AWS::IAM::Policy", "Properties": properties}

        self.found("get-code: permissions: ('sqs:SendMessage', '*') is too much", change)

    def test_a_policy_of_awss_own(self):
        def change(resources):
            arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            resources["GetCodeRole"]["Properties"]["ManagedPolicyArns"].append(arn)

        self.found("AWSLambdaBasicExecutionRole", change)

    def test_a_statement_on_everything_but(self):
        def change(resources):
            statement = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
            self.statements(resources, "GetCodeRole").append(statement)

        self.found("get-code: a statement that is not plain", change)

    def test_a_statement_with_a_condition(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[0]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}

        self.found("get-code: a statement that is not plain", change)

    def test_a_key_is_not_bound_to_its_service(self):
        for service, parameters in {
            "dynamodb": {"SegmentTableKmsKeyArns": KEY},
            "ssm": {"AiProvider": "openai", "AiKeyParameter": "/prod/llm", "AiKeyKmsKeyArn": KEY},
        }.items():
            with self.subTest(service):

                def change(resources):
                    statements = self.statements(resources, "AiFillerRole")
                    for one in [one["Fn::If"][1] for one in statements if "Fn::If" in one]:
                        one.pop("Condition", None)

                self.found(f"ai-filler: permissions: ('kms:Decrypt', '{KEY}') is too much", change, **parameters)

    def test_streams_are_listed_by_the_name_of_one(self):
        def change(resources):
            listed, _ = [
                one for one in self.statements(resources, "AiFillerRole") if one.get("Action") == "dynamodb:ListStreams"
            ]
            listed["Resource"] = {"Fn::GetAtt": ["Segments", "StreamArn"]}

        stream = "('dynamodb:ListStreams', 'stream interaction_wrap_up_segment')"
        self.found(f"ai-filler: permissions: {stream} is missing", change)

    def test_the_wrong_log_group(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[0]["Resource"] = {"Fn::GetAtt": ["CreateCodesLogs", "Arn"]}

        self.found("('logs:PutLogEvents', 'logs CreateCodesLogs') is too much", change)

    def test_a_shared_role(self):
        def change(resources):
            resources["GetCode"]["Properties"]["Role"] = {"Fn::GetAtt": ["CreateCodesRole", "Arn"]}

        self.found("get-code: shares its role CreateCodesRole", change)

    def test_others_assume_the_role(self):
        def change(resources):
            statement = resources["GetCodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            statement[0]["Principal"] = {"AWS": "*"}

        self.found("the role can be assumed by", change)

    def test_another_accounts_functions_assume_the_role(self):
        def change(resources):
            for statement in resources["GetCodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                statement.pop("Condition")

        self.found("get-code: the role can be assumed for another account", change)

    def test_a_key_is_used_by_way_of_something_that_is_like_its_service(self):
        def change(resources):
            [statement] = resources["UseKey"]["Properties"]["PolicyDocument"]["Statement"]
            statement["Condition"]["StringEquals"]["kms:ViaService"][1] = "dynamodb.eu-central-1.example.org"

        self.found("a statement that is not plain", change, KmsKeyArn=KEY)

    def test_a_role_beside_the_functions(self):
        def change(resources):
            resources["More"] = copy.deepcopy(resources["GetCodeRole"])

        self.found("role More is nothing's here", change)

    def stage(self, resources):
        return resources["ApiliveStage"]["Properties"]

    def test_an_access_log_of_paths(self):
        def change(resources):
            self.stage(resources)["AccessLogSetting"]["Format"] = '{"path":"$context.path"}'

        self.found("the access log tells path", change)

    def test_a_stage_without_limits(self):
        def change(resources):
            self.stage(resources)["MethodSettings"][0].pop("ThrottlingRateLimit")

        self.found("has no ThrottlingRateLimit", change)

    def test_a_stage_that_logs_bodies(self):
        def change(resources):
            self.stage(resources)["MethodSettings"][0]["DataTraceEnabled"] = True

        self.found("logs requests and answers", change)

    def test_a_stage_that_is_traced(self):
        self.found("is traced, with URLs", lambda resources: self.stage(resources).update({"TracingEnabled": True}))

    def test_logs_are_kept_for_ever(self):
        self.found(
            "log group GetCodeLogs is kept for ever", lambda r: r["GetCodeLogs"]["Properties"].pop("RetentionInDays")
        )

    def test_logs_go_with_the_stack(self):
        self.found(
            "log group GetCodeLogs: DeletionPolicy is not Retain", lambda r: r["GetCodeLogs"].pop("DeletionPolicy")
        )

    def test_dead_letters_outlive_the_stack(self):
        self.found("queue DeadLetters outlives", lambda r: r["DeadLetters"].update({"DeletionPolicy": "Retain"}))

    def test_something_is_not_encrypted_by_the_key(self):
        for words, name, field in [
            ("log group GetCodeLogs: the key is None", "GetCodeLogs", "KmsKeyId"),
            ("log group AccessLogs: the key is None", "AccessLogs", "KmsKeyId"),
            ("queue DeadLetters: the key is None", "DeadLetters", "KmsMasterKeyId"),
        ]:
            self.found(words, lambda resources: resources[name]["Properties"].pop(field), KmsKeyArn=KEY)

    def test_a_queue_without_tls(self):
        words = "queue DeadLetters can be used without TLS"
        self.found(words, lambda r: r.pop("DeadLettersByTls"))
        self.found(words, lambda r: r["DeadLettersByTls"]["Properties"].update({"Queues": [{"Ref": "Other"}]}))
        for field, value in {"Effect": "Allow", "Action": "sqs:SendMessage", "Condition": {}}.items():
            with self.subTest(field):

                def change(resources):
                    [statement] = resources["DeadLettersByTls"]["Properties"]["PolicyDocument"]["Statement"]
                    statement[field] = value

                self.found(words, change)

    def test_a_queue_in_the_clear(self):
        self.found(
            "queue DeadLetters is not encrypted", lambda r: r["DeadLetters"]["Properties"].pop("SqsManagedSseEnabled")
        )

    def test_an_alarm_goes_off_at_another_time(self):
        for field, value in {
            "Threshold": 7,
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "missing",
        }.items():
            with self.subTest(field):
                words = f"alarm ServerErrors: {field} is {value}"
                self.found(words, lambda resources: resources["ServerErrors"]["Properties"].update({field: value}))

    def test_an_alarm_looks_at_something_else(self):
        def change(resources):
            resources["AiFillerErrors"]["Properties"]["Dimensions"][0]["Value"] = {"Ref": "Authorizer"}

        self.found("alarm AiFillerErrors: metrics: ('Lambda Errors', 'AiFiller', 'Sum', 300) is missing", change)

    def test_an_alarm_looks_into_another_namespace(self):
        def change(resources):
            resources["AiFillerErrors"]["Properties"]["Namespace"] = "AWS/SQS"

        self.found("alarm AiFillerErrors: metrics: ('SQS Errors', 'AiFiller', 'Sum', 300) is too much", change)

    def test_an_alarm_looks_at_another_stage(self):
        def change(resources):
            resources["ServerErrors"]["Properties"]["Dimensions"][1]["Value"] = "dead"

        self.found(
            "alarm ServerErrors: metrics: ('ApiGateway 5XXError', 'ApiliveStage', 'Sum', 300) is missing", change
        )

    def test_an_alarm_does_not_sum(self):
        metrics = PLAIN["Resources"]["FunctionErrors"]["Properties"]["Metrics"]
        [index] = [index for index, one in enumerate(metrics) if "Expression" in one]
        for words, change in {
            "['MIN(METRICS())']": lambda metrics: metrics[index].update({"Expression": "MIN(METRICS())"}),
            "[]": lambda metrics: metrics.pop(index),
        }.items():
            with self.subTest(words):
                words = f"alarm FunctionErrors: Expression is {words}"
                self.found(words, lambda resources: change(resources["FunctionErrors"]["Properties"]["Metrics"]))

    def test_an_alarm_that_is_there_twice(self):
        def change(resources):
            resources["OldServerErrors"] = copy.deepcopy(resources["ServerErrors"])

        self.found("alarm OldServerErrors is there twice", change)

    def test_a_dashboard_without_what_supervisors_ask(self):
        def change(old, new):
            def changed(resources):
                [text, _] = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
                self.assertIn(old, text)
                resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0] = text.replace(old, new)

            return changed

        words = "dashboard: Wrap-ups is not among the first, or does not show opened, closed, timed out, confirmed"
        self.found(words, change('MetricName=\\"timed_out\\"', 'MetricName=\\"late\\"'))
        self.found(words, change('"x": 0, "y": 0', '"x": 0, "y": 60'))
        self.found("there are 0 dashboards", lambda resources: resources.pop("Dashboard"))

    def test_an_alarm_that_nobody_knows(self):
        def change(resources):
            resources["More"] = copy.deepcopy(resources["AiFillerErrors"])

        self.found("alarms: More is too much", change)

    def test_a_table_may_get_lost(self):
        for field, value, words in [
            ("DeletionProtectionEnabled", False, "table sys_user: anybody may delete it"),
            ("PointInTimeRecoverySpecification", {}, "table sys_user: no point-in-time recovery"),
            ("TimeToLiveSpecification", {"AttributeName": "x", "Enabled": True}, "table sys_user: TimeToLiveSpecification is"),
            ("TableName", "other", "tables: sys_user is missing"),
            ("TableName", "other", "table Users is not in system.json"),
        ]:
            with self.subTest(words):
                self.found(words, lambda resources: resources["Users"]["Properties"].update({field: value}))
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            self.found(f"table sys_user: {policy} is not Retain", lambda resources: resources["Users"].pop(policy))

    def test_functions_that_are_not_the_lists(self):
        for words, change in {
            "functions: get-code is missing": lambda resources: resources["GetCode"]["Properties"].pop("Tags"),
            "function GetCode bears no tag": lambda resources: resources["GetCode"]["Properties"].pop("Tags"),
            "get-code: no log group of its own": lambda r: r["GetCode"]["Properties"].pop("LoggingConfig"),
        }.items():
            with self.subTest(words):
                self.found(words, change)

    def test_a_schedule_that_may_do_more(self):
        def found(words, change):
            template = copy.deepcopy(Made.BIGGER_PLAIN)
            change(template["Resources"])
            all_problems = check(Template(template), system=Made.BIGGER)
            self.assertTrue(any(words in problem for problem in all_problems), all_problems)

        def more(resources):
            self.statements(resources, "CloseOverdueScheduleRole")[0]["Resource"] = "*"

        found("CloseOverdueSchedule: permissions: ('lambda:InvokeFunction', '*') is too much", more)

        def trusting(resources):
            role = resources["CloseOverdueScheduleRole"]["Properties"]
            role["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition")

        found("CloseOverdueSchedule: the role can be assumed for another account", trusting)

        def elsewhere(resources):
            [send] = [
                one
                for one in self.statements(resources, "CloseOverdueRole")
                if one.get("Action") == "sqs:SendMessage"
            ]
            send["Resource"] = {"Fn::GetAtt": ["OutboxDeadLetters", "Arn"]}

        found("close-overdue: permissions: ('sqs:SendMessage', 'queue OutboxDeadLetters') is too much", elsewhere)

    def test_an_alarm_on_too_many(self):
        def change(resources):
            metrics = resources["FunctionErrors"]["Properties"]["Metrics"]
            metrics += [copy.deepcopy(metrics[1]) for _ in range(5)]

        self.found("alarm FunctionErrors: it has 15 metrics", change)

    def test_alarms(self):
        names = [name for name, one in PLAIN["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"]
        for alarm in names:
            with self.subTest(alarm):
                # Of an alarm that has another beside it, some metrics are missing then.
                alone = f"{alarm}2" not in names and not alarm.endswith("2")
                missing = f"alarms: {alarm} is missing" if alone else f"alarm {alarm.rstrip('2')}: metrics:"
                self.found(missing, lambda resources: resources.pop(alarm))
                words = f"alarm {alarm} tells nobody"
                self.found(words, lambda resources: resources[alarm]["Properties"].pop("AlarmActions"))
                self.found(words, lambda resources: resources[alarm]["Properties"].pop("OKActions"))
                self.found(words, lambda resources: resources[alarm]["Properties"].update({"ActionsEnabled": False}))


if __name__ == "__main__":
    unittest.main()
