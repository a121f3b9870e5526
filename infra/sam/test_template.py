"""The template is what infra/system.json says, whichever options a deployment takes, and a template that is not
does not pass."""

import copy
import json
import pathlib
import re
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from check_template import check
from samcli.yamlhelper import yaml_parse
from template_check.api import GATEWAY_RESPONSES
from template_check.plain_template import Template
from template_check.watching import ALARMS
from transform import TEMPLATE, plain

TOPIC = {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"}
KEY, ANOTHER_KEY = (f"arn:aws:kms:eu-central-1:123456789012:key/{name}" for name in ("own", "another"))
CHAT, CALL = (f"arn:aws:lambda:eu-central-1:123456789012:function:{name}" for name in ("chat", "call"))
TICKETS = "arn:aws:dynamodb:eu-central-1:123456789012:table/tickets"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:llm-AbCdEf"
PROFILE = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.model"
STREAM, ROLE = "arn:aws:kinesis:eu-central-1:123456789012:stream/audit", "arn:aws:iam::123456789012:role/audit"
PLAIN = plain()

ALL = [
    "get-code", "create-codes", "create-segment", "get-segment", "find-segment", "update-segment", "update-segment-ai",
    "authorizer", "ai-filler",
]  # fmt: skip
READERS = ["get-segment", "find-segment", "ai-filler"]
WRITERS = ["create-codes", "create-segment", "update-segment", "update-segment-ai", "ai-filler"]

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
        parameters = {"KmsKeyArn": KEY, "AiProvider": "extractive"}
        actions = ["kms:Decrypt via dynamodb", "kms:GenerateDataKey via dynamodb"]
        further = {name: [(action, KEY) for action in actions] for name in ALL}
        further["ai-filler"] += [("kms:Decrypt via sqs", KEY), ("kms:GenerateDataKey via sqs", KEY)]
        self.assertEqual(problems(parameters, further), [])
        template = Template(PLAIN, parameters)
        for table in template.of_type("AWS::DynamoDB::Table").values():
            self.assertEqual(table["SSESpecification"], {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY})
        for group in template.of_type("AWS::Logs::LogGroup").values():
            self.assertEqual(group["KmsKeyId"], KEY)
        [queue] = template.of_type("AWS::SQS::Queue").values()
        self.assertEqual((queue.get("KmsMasterKeyId"), queue.get("SqsManagedSseEnabled")), (KEY, None))

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
                parameters |= {
                    "WafRequestsPerAddress": "100",
                    "AlarmTopicArn": TOPIC["AlarmTopicArn"].replace("aws", partition),
                }
                further = {name: [(f"kms:{action} via {service}", key) for action in ("Decrypt", "GenerateDataKey")
                                  for service in ("dynamodb", "sqs") if service == "dynamodb" or name == "ai-filler"]
                           for name in ALL}  # fmt: skip
                further["ai-filler"].append(
                    ("bedrock:InvokeModel", f"arn:{partition}:bedrock:{region}::foundation-model/nova")
                )
                self.assertEqual(problems(parameters, further, pseudo=pseudo), [])
                self.assertNotIn("arn:aws:", json.dumps(Template(PLAIN, TOPIC | parameters, pseudo).resources))

    def test_addresses_that_may_call(self):
        for given, ranges in {
            "": [],
            "192.0.2.0/24": ["192.0.2.0/24"],
            "10.0.0.0/8,2001:db8::/32": ["10.0.0.0/8", "2001:db8::/32"],
        }.items():
            with self.subTest(given):
                self.assertEqual(problems({"AllowedCidrs": given}), [])
                [api] = Template(PLAIN, {"AllowedCidrs": given}).of_type("AWS::ApiGateway::RestApi").values()
                _, *refused = api["Body"]["x-amazon-apigateway-policy"]["Statement"]
                found = [(one["Effect"], one["Condition"]) for one in refused]
                self.assertEqual(found, [("Deny", {"NotIpAddress": {"aws:SourceIp": ranges}})] if ranges else [])
        pattern = PLAIN["Parameters"]["AllowedCidrs"]["AllowedPattern"]
        for bad in ("10.0.0.1", "0.0.0.0", "*", "10.0.0.0/8 ", "example.org/8"):
            self.assertNotRegex(bad, pattern)

    def test_each_deployment_of_the_stack_deploys_the_api(self):
        # A stage keeps what it was deployed with, such as the addresses that may call.
        deployed = []
        for now in (1, 2):
            with mock.patch("time.time", return_value=now):
                resources = plain()["Resources"].items()
            deployed.append([name for name, one in resources if one["Type"] == "AWS::ApiGateway::Deployment"])
        self.assertNotEqual(*deployed)

    def test_bounds_on_requests_are_off_unless_asked_for(self):
        self.assertEqual(Template(PLAIN).of_type("AWS::WAFv2::WebACL"), {})
        for parameters, rules in [
            ({"WafRequestsPerAddress": "500"}, {"requests-per-address": "500"}),
            ({"WafRequestsPerCredential": "300"}, {"requests-per-credential": "300"}),
            (
                {"WafRequestsPerAddress": "500", "WafRequestsPerCredential": "300"},
                {"requests-per-address": "500", "requests-per-credential": "300"},
            ),
        ]:
            with self.subTest(parameters):
                self.assertEqual(problems(parameters), [])
                [acl] = Template(PLAIN, parameters).of_type("AWS::WAFv2::WebACL").values()
                found = {one["Name"]: one["Statement"]["RateBasedStatement"]["Limit"] for one in acl["Rules"]}
                self.assertEqual(found, rules)
        for name in ("WafRequestsPerAddress", "WafRequestsPerCredential"):
            for bad in ("9", "-1", "", "1e3"):
                self.assertNotRegex(bad, PLAIN["Parameters"][name]["AllowedPattern"])

    def test_too_many_requests_are_refused_in_the_platforms_words(self):
        [acl] = Template(PLAIN, {"WafRequestsPerAddress": "500"}).of_type("AWS::WAFv2::WebACL").values()
        [body] = acl["CustomResponseBodies"].values()
        throttled = GATEWAY_RESPONSES["THROTTLED"]
        error = {"message": throttled["message"], "detail": throttled["detail"]}
        self.assertEqual(json.loads(body["Content"]), {"error": error, "status": "failure"})

    def test_sign_ins_have_a_bulkhead_only_where_asked_for(self):
        for parameters, reserved in [({}, None), ({"AuthorizerConcurrency": "20"}, "20")]:
            self.assertEqual(problems(parameters), [])
            functions = Template(PLAIN, parameters).of_type("AWS::Lambda::Function")
            self.assertEqual(functions["Authorizer"].get("ReservedConcurrentExecutions"), reserved)

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
        self.assertEqual(problems({"SegmentTableArns": TICKETS, "AiProvider": "extractive"}, further), [])

    def test_keys_of_ones_own_behind_segment_tables_in_dynamodb(self):
        further = {name: [("kms:Decrypt via dynamodb", KEY), ("kms:Decrypt via dynamodb", ANOTHER_KEY)]
                   for name in ["create-segment", *READERS]}  # fmt: skip
        parameters = {"SegmentTableKmsKeyArns": f"{KEY},{ANOTHER_KEY}", "AiProvider": "extractive"}
        self.assertEqual(problems(parameters, further), [])

    def test_bedrock_by_a_models_id(self):
        model = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0"
        parameters = {"AiProvider": "bedrock", "AiModel": "amazon.nova-lite-v1:0"}
        self.assertEqual(problems(parameters, {"ai-filler": [("bedrock:InvokeModel", model)]}), [])

    def test_bedrock_by_an_inference_profile(self):
        parameters = {"AiProvider": "bedrock", "AiModel": PROFILE, "AiModelArns": PROFILE}
        self.assertEqual(problems(parameters, {"ai-filler": [("bedrock:InvokeModel", PROFILE)]}), [])

    def test_the_key_of_an_endpoint_in_a_secret(self):
        parameters = {"AiProvider": "openai", "AiKeySecretArn": SECRET}
        self.assertEqual(problems(parameters, {"ai-filler": [("secretsmanager:GetSecretValue", SECRET)]}), [])
        self.assertEqual(self.key(parameters), f"secretsmanager:{SECRET}")

    def test_the_key_of_an_endpoint_in_a_parameter(self):
        parameters = {"AiProvider": "openai", "AiKeyParameter": "/prod/llm"}
        arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/prod/llm"
        self.assertEqual(problems(parameters, {"ai-filler": [("ssm:GetParameter", arn)]}), [])
        self.assertEqual(self.key(parameters), "ssm:/prod/llm")

    def test_a_secret_is_taken_before_a_parameter(self):
        parameters = {"AiProvider": "openai", "AiKeySecretArn": SECRET, "AiKeyParameter": "/prod/llm"}
        self.assertEqual(problems(parameters, {"ai-filler": [("secretsmanager:GetSecretValue", SECRET)]}), [])
        self.assertEqual(self.key(parameters), f"secretsmanager:{SECRET}")

    def test_a_key_of_ones_own_behind_the_key_of_an_endpoint(self):
        parameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/prod/llm"
        for where, grants in {
            "AiKeySecretArn": [("secretsmanager:GetSecretValue", SECRET), ("kms:Decrypt via secretsmanager", KEY)],
            "AiKeyParameter": [("ssm:GetParameter", parameter), ("kms:Decrypt via ssm", KEY)],
        }.items():
            with self.subTest(where):
                parameters = {"AiProvider": "openai", "AiKeyKmsKeyArn": KEY}
                self.assertEqual(problems(parameters), [])
                parameters[where] = SECRET if where == "AiKeySecretArn" else "/prod/llm"
                self.assertEqual(problems(parameters, {"ai-filler": grants}), [])

    def test_other_providers_are_not_given_the_key(self):
        parameters = {"AiProvider": "extractive", "AiKeySecretArn": SECRET, "AiKeyParameter": "/prod/llm"}
        parameters |= {"AiKeyKmsKeyArn": KEY}
        self.assertEqual(problems(parameters), [])
        self.assertEqual(self.key(parameters), "")

    def key(self, parameters):
        function = Template(PLAIN, parameters).of_type("AWS::Lambda::Function")["AiFiller"]
        return function["Environment"]["Variables"]["WRAPUP_AI_KEY"]

    def test_nothing_is_allowed_on_a_key_that_nobody_names(self):
        for parameters in ({"AiProvider": "openai", "AiKeySecretArn": SECRET}, {"SegmentTableArns": TICKETS}):
            self.assertNotIn("kms:", json.dumps(Template(PLAIN, parameters).resources))

    def test_the_segment_table_has_a_stream_only_for_the_ai_filler(self):
        for provider, stream in {"off": None, "extractive": {"StreamViewType": "NEW_IMAGE"}}.items():
            table = Template(PLAIN, {"AiProvider": provider}).of_type("AWS::DynamoDB::Table")["Segments"]
            self.assertEqual(table.get("StreamSpecification"), stream)

    def test_arns_are_whole_ones_of_the_right_service(self):
        examples = {
            "KmsKeyArn": KEY, "SegmentFunctionArns": CHAT, "SegmentTableArns": TICKETS, "SegmentTableKmsKeyArns": KEY,
            "AiModelArns": PROFILE, "AiKeySecretArn": SECRET, "AiKeyKmsKeyArn": KEY, **TOPIC,
            "AuditDestinationArn": STREAM, "AuditRoleArn": ROLE,
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

    def test_a_function_is_built_from_its_own_crate(self):
        resources = yaml_parse(TEMPLATE.read_text())["Resources"].values()
        functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"]
        self.assertEqual(len(functions), len(ALL))
        for function in functions:
            crate = (TEMPLATE.parent / function["CodeUri"]).resolve()
            self.assertEqual(crate.name, function["Tags"]["wrapup-function"])
            self.assertTrue((crate / "Cargo.toml").is_file())

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

    def test_each_alarm_is_described_once(self):
        [_, section] = OPERATIONS.read_text().split("\n## Alarms\n")
        rows = re.findall(r"^\| (`.*?) \|", section.split("\n## ")[0], re.MULTILINE)
        self.assertEqual(sorted(re.findall("`([^`]*)`", " ".join(rows))), sorted(ALARMS))

    def test_the_dashboard_is_json_of_metrics(self):
        for provider in ("off", "extractive"):
            template = Template(PLAIN, {"AiProvider": provider})
            body = json.loads(template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"])
            self.assertEqual(len(body["widgets"]), 7)
            self.assertIn('"failed_sign_ins", "endpoint", "authorizer"', json.dumps(body))
            self.assertEqual("${AiFiller}" in json.dumps(body), provider != "off")


class Faults(unittest.TestCase):
    """What must not pass, and by which words it is found."""

    def found(self, words, change, **parameters):
        template = copy.deepcopy(PLAIN)
        change(template["Resources"])
        all_problems = problems({"AiProvider": "extractive"} | parameters, template=template)
        self.assertTrue(any(words in problem for problem in all_problems), all_problems)

    def statements(self, resources, role):
        return resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]

    def test_a_function_may_do_more(self):
        def change(resources):
            self.statements(resources, "GetCodeRole")[1]["Action"] = ["dynamodb:GetItem", "dynamodb:PutItem"]

        self.found("get-code: permissions: ('dynamodb:PutItem', 'table interaction_wrap_up_code') is too much", change)

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
            [listed] = [
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

        self.found("get-code: shares its role with create-codes", change)

    def test_others_assume_the_role(self):
        def change(resources):
            statement = resources["GetCodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            statement[0]["Principal"] = {"AWS": "*"}

        self.found("the role can be assumed by", change)

    def test_another_accounts_functions_assume_the_role(self):
        def change(resources):
            for statement in resources["GetCodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                statement.pop("Condition")

        self.found("get-code: the role can be assumed for another account's function", change)

    def test_a_key_is_used_by_way_of_something_that_is_like_its_service(self):
        def change(resources):
            [statement] = resources["UseKey"]["Properties"]["PolicyDocument"]["Statement"]
            statement["Condition"]["StringEquals"]["kms:ViaService"][1] = "dynamodb.eu-central-1.example.org"

        self.found("a statement that is not plain", change, KmsKeyArn=KEY)

    def test_a_role_beside_the_functions(self):
        def change(resources):
            resources["More"] = copy.deepcopy(resources["GetCodeRole"])

        self.found("role More is no function's", change)

    def test_functions_lack_what_they_need(self):
        for field, words in {
            "Tags": "functions: get-code is missing",
            "TracingConfig": "get-code: no active tracing",
            "LoggingConfig": "get-code: no log group of its own",
            "Environment": "get-code: environment: WRAPUP_LOG is missing",
            "Timeout": "get-code: Timeout is None",
        }.items():
            with self.subTest(field):
                self.found(words, lambda resources: resources["GetCode"]["Properties"].pop(field))

    def test_a_variable_too_many(self):
        def change(resources):
            resources["GetCode"]["Properties"]["Environment"]["Variables"]["WRAPUP_AI_KEY"] = "sk-secret"

        self.found("get-code: environment: WRAPUP_AI_KEY is too much", change)

    def test_another_prefix_than_the_tables(self):
        def change(resources):
            resources["GetCode"]["Properties"]["Environment"]["Variables"]["WRAPUP_TABLE_PREFIX"] = "other-"

        self.found("get-code: WRAPUP_TABLE_PREFIX is 'other-'", change)

    def test_tables_unlike_the_codes(self):
        for field, value, words in [
            ("KeySchema", [{"AttributeName": "id", "KeyType": "HASH"}], "table interaction_wrap_up_segment: KeySchema"),
            ("StreamSpecification", {"StreamViewType": "KEYS_ONLY"}, "the stream shows KEYS_ONLY"),
            ("DeletionProtectionEnabled", False, "DeletionProtectionEnabled is False"),
            ("PointInTimeRecoverySpecification", {}, "no point-in-time recovery"),
            ("BillingMode", "PROVISIONED", "BillingMode is PROVISIONED"),
            ("TableName", "other", "tables: interaction_wrap_up_segment is missing"),
            ("GlobalSecondaryIndexes", [{"IndexName": "by"}], "GlobalSecondaryIndexes that nothing reads"),
        ]:
            with self.subTest(field):
                self.found(words, lambda resources: resources["Segments"]["Properties"].update({field: value}))

    def test_a_table_goes_with_its_stack(self):
        self.found(
            "table sys_user: DeletionPolicy is not Retain", lambda resources: resources["Users"].pop("DeletionPolicy")
        )

    def body(self, resources):
        return resources["Api"]["Properties"]["Body"]

    def test_a_route_is_missing(self):
        path = "/api/now/v1/wrapup/segment/update/aidetails"
        self.found(
            f"('PUT', '{path}', 'update-segment-ai', True) is missing", lambda r: self.body(r)["paths"].pop(path)
        )

    def test_a_route_without_credentials(self):
        def change(resources):
            self.body(resources)["paths"]["/api/now/wrapup/code/{code_id}"]["head"].pop("security")

        self.found("('HEAD', '/api/now/wrapup/code/{}', 'get-code', False) is too much", change)

    def test_a_route_to_another_function(self):
        def change(resources):
            paths = self.body(resources)["paths"]
            paths["/api/now/wrapup/code"]["post"] = paths["/api/now/wrapup/segment/create"]["post"]

        self.found("('POST', '/api/now/wrapup/code', 'create-segment', True) is too much", change)

    def test_a_route_that_nobody_knows(self):
        def change(resources):
            paths = self.body(resources)["paths"]
            paths["/api/now/wrapup/more"] = paths["/api/now/wrapup/code"]

        self.found("('POST', '/api/now/wrapup/more', 'create-codes', True) is too much", change)

    def test_other_methods_are_not_refused_by_the_paths_own_function(self):
        def change(resources):
            paths = self.body(resources)["paths"]
            paths["/api/now/wrapup/code"]["x-amazon-apigateway-any-method"] = paths["/{unknown+}"][
                "x-amazon-apigateway-any-method"
            ]

        self.found("('ANY', '/api/now/wrapup/code', 'get-code', False) is too much", change)

    def test_unknown_paths_are_left_to_api_gateway(self):
        self.found(
            "('ANY', '/{+}', 'any function with a route', False)", lambda r: self.body(r)["paths"].pop("/{unknown+}")
        )

    def test_an_authorizer_by_another_header(self):
        def change(resources):
            scheme = self.body(resources)["components"]["securitySchemes"]["caller"]
            scheme["x-amazon-apigateway-authorizer"]["identitySource"] = "method.request.header.X-Key"

        self.found("the authorizer's verdicts are cached by method.request.header.X-Key", change)

    def test_a_gateway_response_in_other_words(self):
        def change(resources):
            response = self.body(resources)["x-amazon-apigateway-gateway-responses"]["UNAUTHORIZED"]
            response["responseTemplates"]["application/json"] = '{"message":"Unauthorized"}'

        self.found("UNAUTHORIZED: as application/json", change)

    def test_a_gateway_response_without_its_header(self):
        def change(resources):
            response = self.body(resources)["x-amazon-apigateway-gateway-responses"]["UNAUTHORIZED"]
            response["responseParameters"].pop("gatewayresponse.header.WWW-Authenticate")

        self.found("UNAUTHORIZED: the headers are", change)

    def test_the_api_may_not_invoke_a_function(self):
        self.found("functions that the API may invoke: GetCode is missing", lambda r: r.pop("GetCodePermission"))

    def test_another_api_may_invoke_a_function(self):
        def change(resources):
            resources["GetCodePermission"]["Properties"]["SourceArn"] = (
                "arn:aws:execute-api:eu-central-1:123456789012:x/*"
            )

        self.found("any API may invoke", change)

    def test_all_of_the_api_may_invoke_a_function(self):
        source = {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"}
        for name in ("GetCode", "Authorizer"):
            with self.subTest(name):
                change = lambda resources: resources[f"{name}Permission"]["Properties"].update({"SourceArn": source})
                self.found(f"all of the API may invoke ${{{name}}}", change)

    def api(self, resources):
        return resources["Api"]["Properties"]

    def test_an_api_that_takes_tls_1_0(self):
        self.found("API Api takes TLS 1.0", lambda resources: self.api(resources).pop("SecurityPolicy"))
        for old in ("TLS_1_0", "TLS_1_2"):
            self.found("API Api takes TLS 1.0", lambda resources: self.api(resources).update({"SecurityPolicy": old}))
        self.found("EndpointAccessMode is None", lambda resources: self.api(resources).pop("EndpointAccessMode"))

    def test_a_resource_policy_that_does_not_refuse(self):
        def change(resources, changed):
            _, choice = self.body(resources)["x-amazon-apigateway-policy"]["Statement"]
            choice["Fn::If"][1].update(changed)

        for changed in [
            {"Effect": "Allow"},
            {"Action": "execute-api:ManageConnections"},
            {"Resource": "execute-api:/live/GET/*"},
            {"Principal": {"AWS": "123456789012"}},
            {"Condition": {"IpAddress": {"aws:SourceIp": {"Ref": "AllowedCidrs"}}}},
        ]:
            with self.subTest(changed):
                self.found("the resource policy has", lambda r: change(r, changed), AllowedCidrs="10.0.0.0/8")
        self.found("the resource policy begins with", lambda r: self.body(r).pop("x-amazon-apigateway-policy"))

        def forget(resources):
            self.body(resources)["x-amazon-apigateway-policy"]["Statement"].pop()

        self.found("the resource policy allows []", forget, AllowedCidrs="10.0.0.0/8")

    def test_a_web_acl_unlike_the_list(self):
        bounds = {"WafRequestsPerAddress": "500", "WafRequestsPerCredential": "300"}

        def rule(resources, index):
            return resources["WebAcl"]["Properties"]["Rules"][index]["Fn::If"][1]

        def rate(resources, index):
            return rule(resources, index)["Statement"]["RateBasedStatement"]

        for words, change in {
            "bounds on requests: requests-per-credential is missing": lambda r: r["WebAcl"]["Properties"][
                "Rules"
            ].pop(),
            "requests-per-address: the bound is 5": lambda r: rate(r, 0).update({"Limit": 5}),
            "requests-per-address: requests are counted by": lambda r: rate(r, 0).update(
                {"AggregateKeyType": "CONSTANT"}
            ),
            "requests-per-credential: requests are counted by": lambda r: rate(r, 1).update(
                {"EvaluationWindowSec": 60}
            ),
            "requests-per-address: what is too much is not answered 429": lambda r: rule(r, 0).update(
                {"Action": {"Count": {}}}
            ),
            "web ACL WebAcl keeps samples": lambda r: rule(r, 1)["VisibilityConfig"].update(
                {"SampledRequestsEnabled": True}
            ),
            "web ACL WebAcl guards nothing": lambda r: r.pop("WebAclAssociation"),
            "a web ACL guards": lambda r: r["WebAclAssociation"]["Properties"].update({"ResourceArn": "arn:aws:other"}),
        }.items():
            with self.subTest(words):
                self.found(words, change, **bounds)

    def test_concurrency_that_nobody_asked_for(self):
        reserve = {"ReservedConcurrentExecutions": 5}
        for name, words in {
            "Authorizer": "the concurrency reserved is 5",
            "GetCode": "its concurrency is reserved",
        }.items():
            self.found(words, lambda resources: resources[name]["Properties"].update(reserve))

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

    def test_an_event_source_unlike_the_list(self):
        for field, value in {
            "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT", "MODIFY"]}'}]},
            "StartingPosition": "LATEST",
            "FunctionResponseTypes": [],
            "BisectBatchOnFunctionError": False,
            "BatchSize": 100,
            "MaximumRetryAttempts": -1,
            "MaximumRecordAgeInSeconds": -1,
            "DestinationConfig": {},
        }.items():
            with self.subTest(field):
                words = f"ai-filler: {field} of the event source"
                self.found(words, lambda resources: resources["AiFillerOpened"]["Properties"].update({field: value}))

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

    def test_audit_lines_that_stay_or_go_elsewhere(self):
        audit = {"AuditDestinationArn": STREAM, "AuditRoleArn": ROLE}
        group = "log groups that audit lines go out of"
        for words, change in {
            f"{group}: UpdateSegmentLogs is missing": lambda r: r.pop("UpdateSegmentAudit"),
            f"{group}: GetCodeLogs is too much": lambda r: r["CreateCodesAudit"]["Properties"].update(
                {"LogGroupName": {"Ref": "GetCodeLogs"}}
            ),
            "what goes out of ${CreateCodesLogs} is ": lambda r: r["CreateCodesAudit"]["Properties"].update(
                {"FilterPattern": ""}
            ),
            "audit lines go to [": lambda r: r["CreateCodesAudit"]["Properties"].update({"DestinationArn": CHAT}),
        }.items():
            with self.subTest(words):
                self.found(words, change, **audit)

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

    def test_alarms(self):
        alarms = [name for name, one in PLAIN["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"]
        self.assertEqual(sorted(alarms), sorted(ALARMS))
        for alarm in alarms:
            with self.subTest(alarm):
                self.found(f"alarms: {alarm} is missing", lambda resources: resources.pop(alarm))
                words = f"alarm {alarm} tells nobody"
                self.found(words, lambda resources: resources[alarm]["Properties"].pop("AlarmActions"))
                self.found(words, lambda resources: resources[alarm]["Properties"].pop("OKActions"))
                self.found(words, lambda resources: resources[alarm]["Properties"].update({"ActionsEnabled": False}))

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

    def test_an_alarm_that_nobody_knows(self):
        def change(resources):
            resources["More"] = copy.deepcopy(resources["AiFillerErrors"])

        self.found("alarms: More is too much", change)


if __name__ == "__main__":
    unittest.main()
