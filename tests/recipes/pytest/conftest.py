"""A `wrapup local` for the tests of this folder, which begins anew for each of them."""

import json
import os
import subprocess
import time

import boto3
import pytest
import requests


@pytest.fixture(scope="session")
def wrapup(tmp_path_factory):
    """Where it is, as its ready file says: started once, ended after the last test."""
    ready = tmp_path_factory.mktemp("wrapup") / "ready.json"
    program = os.environ.get("WRAPUP", "wrapup")
    command = [program, "local", "--port", "0", "--dynamodb-port", "0", "--for-tests", "--ready-file", ready]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            patience = time.monotonic() + 60
            while not ready.exists():
                assert process.poll() is None and time.monotonic() < patience, "wrapup local does not start"
                time.sleep(0.02)
            yield json.loads(ready.read_text())
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def begin_anew(wrapup):
    """Each test finds the demo data alone."""
    requests.post(wrapup["base_url"] + "/local/reset", timeout=10).raise_for_status()


@pytest.fixture
def api(wrapup):
    """Calls the API as the demo user."""
    session = requests.Session()
    session.auth = (wrapup["user"], wrapup["password"])

    def call(method, path, body=None, **options):
        return session.request(method, f"{wrapup['api_url']}/{path}", json=body, timeout=30, **options)

    return call


@pytest.fixture
def tables(wrapup):
    """The tables, by the SDK."""
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    return boto3.resource("dynamodb", endpoint_url=wrapup["dynamodb_url"], **keys)
