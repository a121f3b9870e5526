"""Tables as the code wants them."""

from .deployment import SYSTEM, Deployment, same


def wrong_tables(deployment: Deployment):
    yield from same("tables", set(deployment.tables), set(SYSTEM["tables"]))
    if len(deployment.template.of_type("AWS::DynamoDB::Table")) != len(deployment.tables):
        yield "there are tables that system.json does not have"
    key = {
        "KeySchema": [{"AttributeName": "sys_id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "sys_id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
    }
    read = {SYSTEM["functions"].get(name, {}).get("stream", {}).get("table") for name in deployment.functions}
    prefixes = set()
    for name, (logical, table) in deployment.tables.items():
        prefixes.add(table["TableName"].removesuffix(name))
        for field, value in key.items():
            if table.get(field) != value:
                yield f"table {name}: {field} is {table.get(field)}"
        recovery = table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
        if recovery is not True:
            yield f"table {name}: no point-in-time recovery"
        stream = table.get("StreamSpecification", {}).get("StreamViewType")
        # A stream that nothing reads is left out.
        if stream != (SYSTEM["tables"][name].get("stream") if name in read else None):
            yield f"table {name}: the stream shows {stream}"
        if table.get("SSESpecification", {}).get("KMSMasterKeyId") != deployment.key:
            yield f"table {name}: the key is not that of the others"
        for indexes in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if table.get(indexes):
                yield f"table {name}: {indexes} that nothing reads"
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if deployment.template.resources[logical].get(policy) != "Retain":
                yield f"table {name}: {policy} is not Retain"
    if len(prefixes) > 1:
        yield f"tables have different prefixes: {sorted(prefixes)}"
