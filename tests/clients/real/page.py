"""Runs the snippets of docs/clients.md against a server, and holds what they print against what the page shows."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BASE = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/clients.md").read_text()

# By language: the file's name, and what runs it. Snippets for the shell are run by tests/api/readme.rs.
RUN = {
    "python": ("client.py", [sys.executable]),
    "js": ("client.mjs", ["node"]),
    "java": ("Client.java", ["java"]),
}
NOT_RUN = {"sh", "powershell", "csharp", "text", "json"}

blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
unknown = {language for language, _ in blocks} - set(RUN) - NOT_RUN
assert not unknown, f"nobody runs what is in {unknown}"
run = set()
for (language, text), (below, shown) in zip(blocks, blocks[1:]):
    if language not in RUN:
        continue
    name, command = RUN[language]
    run.add(language)
    if language == "java" and not shutil.which("javac"):
        print("    no JDK: the snippet for Java is not run")
        continue
    assert below == "text", f"the page does not show what the snippet in {language} prints"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, name)
        assert "http://127.0.0.1:8080" in text, language
        file.write_text(text.replace("http://127.0.0.1:8080", BASE))
        done = subprocess.run([*command, file], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{language}: {done.stdout}\n{done.stderr}"
    for line in shown.splitlines():
        assert line in done.stdout, f"{language} prints no {line}: {done.stdout}"
assert run == set(RUN), f"the page has no snippet in {set(RUN) - run}"
