"""Holds CloudFormation templates against infra/system.json."""
