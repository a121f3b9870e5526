"""A deployed system, as its callers and operators see it."""

import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.parse
from base64 import b64encode

from emulator import Emulator

ROLES = ["interaction_integration_user", "wrapup_supervisor"]


class Unexpected(AssertionError):
    """Something else was answered than a user may count on."""


def expect(condition, what):
    if not condition:
        raise Unexpected(what)


def until(look, is_it=bool, seconds: float = 30):
    """What `look` answers, once `is_it` says that it is what is waited for: what happens behind a call takes a moment."""
    end = time.monotonic() + seconds
    while not is_it(found := look()):
        expect(time.monotonic() < end, f"after {seconds} s: {found}")
        time.sleep(0.1)
    return found


def operate(emulator: Emulator, wrapup: pathlib.Path, prefix: str, *arguments: str, status: int = 0) -> str:
    """What a command of the operator's prints, for the tables behind a prefix."""
    environment = {**os.environ, **emulator.environment, "WRAPUP_TABLE_PREFIX": prefix}
    done = subprocess.run([wrapup, *arguments], env=environment, capture_output=True, text=True, timeout=300)
    said = f"wrapup {' '.join(arguments)}: {done.returncode}, {done.stdout}{done.stderr}"
    expect(done.returncode == status, said)
    return done.stdout


class Deployment:
    """The system at a URL, with its tables behind a prefix, operated by the command line `wrapup`."""

    def __init__(self, emulator: Emulator, wrapup: pathlib.Path, scratch: pathlib.Path, url: str, prefix: str):
        self.emulator, self.wrapup, self.url, self.prefix = emulator, wrapup, emulator.url(url), prefix
        self.password_file = scratch / f"{prefix}password"
        roles = [word for role in ROLES for word in ("--role", role)]
        if not self.password_file.exists():
            self.password_file.write_text(self.run("user", "add", "ccaas", "--generate", *roles))
        self.password = self.password_file.read_text().strip()

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command of the operator's prints."""
        return operate(self.emulator, self.wrapup, self.prefix, *arguments, status=status)

    def call(
        self, method: str, path: str, body=None, status: int = 200, headers: dict | None = None, signed: bool = True
    ):
        """What a call of the user, or of somebody, answers; as JSON where it is that."""
        headers = headers or {}
        if signed:
            headers = {"Authorization": f"Basic {b64encode(f'ccaas:{self.password}'.encode()).decode()}", **headers}
        if isinstance(body, dict):
            headers, body = {"Content-Type": "application/json", **headers}, json.dumps(body)
        base = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(base.netloc, timeout=60)
        try:
            connection.request(method, base.path + path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        expect(answer.status == status, f"{method} {path}: {answer.status} {text[:2000]}")
        return json.loads(text) if "json" in answer.getheader("Content-Type", "") else text

    def api(self, method: str, path: str, *others, **named):
        return self.call(method, f"/api/now/v1/wrapup/{path}", *others, **named)

    def invoke(self, function: str):
        """Has a job run at once, in place of waiting for its minute."""
        answer = self.emulator.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        expect("FunctionError" not in answer, answer["Payload"].read())
