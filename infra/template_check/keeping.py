"""What is kept: by which key it is encrypted, for how long, and whether it outlives the stack."""

from .deployment import Deployment, as_list, referred, same


def wrong_keeping(deployment: Deployment):
    yield from wrong_tables(deployment)
    yield from wrong_logs(deployment)
    yield from wrong_queues(deployment)
    yield from wrong_secrets(deployment)


def stays(deployment: Deployment, what: str, logical: str):
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if deployment.template.resources[logical].get(policy) != "Retain":
            yield f"{what}: {policy} is not Retain"


def wrong_tables(deployment: Deployment):
    yield from same("tables", set(deployment.tables), set(deployment.system["tables"]))
    known = {logical for logical, _ in deployment.tables.values()}
    for other in sorted(set(deployment.template.of_type("AWS::DynamoDB::Table")) - known):
        yield f"table {other} is not in system.json"
    for name, (logical, table) in deployment.tables.items():
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"table {name}: anybody may delete it"
        if table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
            yield f"table {name}: no point-in-time recovery"
        column = deployment.system["tables"].get(name, {}).get("ttl")
        wanted = {"AttributeName": column, "Enabled": True} if column else {}
        if table.get("TimeToLiveSpecification", {}) != wanted:
            yield f"table {name}: TimeToLiveSpecification is not what system.json says"
        if table.get("SSESpecification", {}).get("KMSMasterKeyId") != deployment.key:
            yield f"table {name}: the key is not that of the others"
        yield from stays(deployment, f"table {name}", logical)


def wrong_logs(deployment: Deployment):
    for name, group in deployment.template.of_type("AWS::Logs::LogGroup").items():
        if not int(group.get("RetentionInDays", 0)) > 0:
            yield f"log group {name} is kept for ever"
        if group.get("KmsKeyId") != deployment.key:
            yield f"log group {name}: the key is {group.get('KmsKeyId')}, the tables' is {deployment.key}"
        yield from stays(deployment, f"log group {name}", name)


def wrong_queues(deployment: Deployment):
    policies = deployment.template.of_type("AWS::SQS::QueuePolicy").values()
    for name, queue in deployment.template.of_type("AWS::SQS::Queue").items():
        if not (queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId")):
            yield f"queue {name} is not encrypted"
        if queue.get("KmsMasterKeyId") != deployment.key:
            yield f"queue {name}: the key is {queue.get('KmsMasterKeyId')}, the tables' is {deployment.key}"
        # It says what was given up, which is of no use without what gave it up.
        if deployment.template.resources[name].get("DeletionPolicy", "Delete") != "Delete":
            yield f"queue {name} outlives its stack"
        own = [one for one in policies if name in map(referred, one["Queues"])]
        if not any(_wants_tls(one) for policy in own for one in as_list(policy["PolicyDocument"]["Statement"])):
            yield f"queue {name} can be used without TLS"


def wrong_secrets(deployment: Deployment):
    yield from same("secrets", set(deployment.secrets), set(deployment.system["secrets"]))
    for name, (_, secret) in deployment.secrets.items():
        if secret.get("KmsKeyId") != deployment.key:
            yield f"secret {name}: the key is {secret.get('KmsKeyId')}, the tables' is {deployment.key}"
        if "SecretString" in secret or "GenerateSecretString" not in secret:
            yield f"secret {name}: it stands in the template"


def _wants_tls(statement: dict) -> bool:
    without = str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
    everything = (statement.get("Effect"), statement.get("Action")) == ("Deny", "sqs:*")
    return without and everything and statement.get("Principal") in ("*", {"AWS": "*"})
