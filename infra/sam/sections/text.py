"""What all sections are written with."""

from template_check.system import option, title


# Logical ids that came before the rule, which makes them of names: another id is another resource.
IDS = {
    "interaction_wrap_up_code": "Codes",
    "interaction_wrap_up_configuration": "Configurations",
    "interaction_wrap_up_segment": "Segments",
    "sn_openframe_phone_log": "PhoneLog",
    "interaction": "Interactions",
    "sys_user": "Users",
}


# The values of variables; of others it is the parameter that is called like the variable.
VALUES = {
    "WRAPUP_LOG": "!Ref LogLevel",
    # A secret's Ref is its ARN.
    "WRAPUP_OAUTH_KEYS": "!Ref OauthKeys",
    # A bus's Ref is its name.
    "WRAPUP_EVENT_BUS": "!If [OwnBus, !Ref EventBus, !Ref EventBusName]",
    "WRAPUP_RETENTION_DAYS": "!If [Retention, !Ref RetentionDays, '']",
    "WRAPUP_AI_KEY": "!If [KeyInSecret, !Sub 'secretsmanager:${AiKeySecretArn}',\n"
    "            !If [KeyInParameter, !Sub 'ssm:${AiKeyParameter}', '']]",
}


def logical(table: str) -> str:
    """The logical id of a table."""
    return IDS.get(table, title(table))


def variables(names: list, indent: int) -> str:
    """Variables of functions, with their values."""
    value = lambda name: VALUES.get(name, f"!Ref {title(name.removeprefix('WRAPUP_').lower())}")
    return "".join(f"{' ' * indent}{name}: {value(name)}\n" for name in names)


def line(text: str, wanted) -> str:
    """A line that is there or not."""
    return f"{text}\n" if wanted else ""


def condition(function: dict) -> str:
    return line(f"    Condition: {option(function)}", option(function))
