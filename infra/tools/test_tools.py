"""What the tools themselves come from, what they say of what is shipped, and what they say when they cannot say it."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).parent
ROOT = TOOLS.parent.parent
# Of the environments that infra/tools/install makes.
NAMES = sorted(path.stem for path in TOOLS.glob("*.in"))


class Requirements(unittest.TestCase):
    def test_each_package_has_a_version_and_hashes_and_comes_from_nowhere_in_particular(self):
        for name in NAMES:
            with self.subTest(name):
                text = (TOOLS / f"{name}.txt").read_text().replace("\\\n", "")
                for line in text.splitlines():
                    self.assertRegex(
                        line, r"^[a-z0-9._\[\],-]+==[A-Za-z0-9._+!-]+ (; .* )? *(--hash=sha256:[0-9a-f]{64} *)+$"
                    )
                self.assertNotIn("://", text)

    def test_what_is_asked_for_is_what_is_pinned(self):
        for name in NAMES:
            lines = (TOOLS / f"{name}.in").read_text().splitlines()
            pinned = (TOOLS / f"{name}.txt").read_text()
            for wanted in (line for line in lines if line and not line.startswith("#")):
                self.assertRegex(pinned, rf"(?m)^{re.escape(wanted)} ")

    def test_what_deploying_needs_is_of_the_versions_that_everything_has(self):
        everything = (TOOLS / "python.txt").read_text()
        for name in ("sam", "cdk"):
            for package in re.findall(r"(?m)^[a-z].*$", (TOOLS / f"{name}.txt").read_text()):
                self.assertIn(f"{package}\n", everything)

    def test_an_option_that_is_none_is_refused_with_those_that_there_are(self):
        for option in ("--nothing", "sam", "--", "--../tools/sam"):
            done = subprocess.run([TOOLS / "install", option], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), option)
            self.assertRegex(done.stderr, rf"^infra/tools/install: {re.escape(option)} is none of: .*--cdk .*--sam .*\n$")


class Deploying(unittest.TestCase):
    def test_what_is_installed_for_sam_is_small_and_works(self):
        subprocess.run([TOOLS / "install", "--sam"], check=True)
        installed = ROOT / ".tools" / "sam"
        # As it is used: what Python compiles of it comes with use.
        files = [path for path in installed.rglob("*") if path.suffix != ".pyc" and not path.is_symlink()]
        self.assertLess(sum(path.stat().st_blocks * 512 for path in files), 400_000_000)
        environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
        for command in (["sam", "validate"], ["cargo-lambda", "lambda", "--version"]):
            command[0] = installed / "bin" / command[0]
            done = subprocess.run(command, cwd=ROOT / "infra" / "sam", env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)


class Compiler(unittest.TestCase):
    """`infra/tools/rustc`."""

    def built(self, *options):
        """What a program is that panics in a crate that cargo has fetched, and where that lay."""
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "registry" / "src" / "index" / "a-crate-1.0.0" / "main.rs"
            source.parent.mkdir(parents=True)
            source.write_text("fn main() { std::env::args().nth(1).unwrap(); }")
            program = pathlib.Path(folder) / "program"
            subprocess.run(
                [TOOLS / "rustc", "rustc", source, "-o", program, *options],
                env=os.environ | {"CARGO_HOME": folder},
                check=True,
            )
            return program.read_bytes(), folder.encode()

    def test_what_is_shipped_names_its_sources_by_crate_and_file(self):
        program, folder = self.built("-C", "strip=symbols")
        self.assertIn(b"crates/a-crate-1.0.0/main.rs", program)
        self.assertNotIn(folder, program)

    def test_what_is_debugged_names_them_by_where_they_lie(self):
        program, folder = self.built("-C", "debuginfo=line-tables-only")
        self.assertIn(folder, program)

    def test_variables_with_names_that_no_shell_reads_reach_the_compiler(self):
        name = "CARGO_BIN_EXE_a-program"
        compiler = [sys.executable, "-c", f"import os; print(os.environ[{name!r}])"]
        told = subprocess.run(
            [TOOLS / "rustc", *compiler], env=os.environ | {name: "/a-program"}, stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(told.stdout, "/a-program\n")


class BuiltOnce(unittest.TestCase):
    """`tests/built-once`."""

    def said_of(self, wanted_by_tests):
        """What it says of a program whose tests want these features of a library that the program has too."""
        manifests = {
            "Cargo.toml": "[workspace]\nresolver = '3'\nmembers = ['library', 'program']\ndefault-members = ['program']\n",
            "library/Cargo.toml": "[package]\nname = 'library'\n[features]\nmore = []\n",
            "program/Cargo.toml": "[package]\nname = 'program'\n[dependencies]\nlibrary.path = '../library'\n"
            f"[dev-dependencies]\nlibrary = {{ path = '../library', features = {wanted_by_tests} }}\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in manifests.items():
                path = pathlib.Path(folder) / name
                (path.parent / "src").mkdir(parents=True, exist_ok=True)
                (path.parent / "src" / "lib.rs").touch()
                path.write_text(text)
            subprocess.run(["cargo", "generate-lockfile", "--offline", "--quiet"], cwd=folder, check=True)
            check = [ROOT / "tests" / "built-once", folder]
            return subprocess.run(check, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def test_what_the_tests_want_otherwise_is_named_with_both_sets_of_features(self):
        said = self.said_of(["more"])
        self.assertRegex(said.stdout, r"^library .* is built with no features, and for the tests with more$")
        self.assertEqual(said.returncode, 1)

    def test_what_the_tests_want_as_it_is_is_fine(self):
        self.assertEqual(self.said_of([]).returncode, 0)


class BillOfMaterials(unittest.TestCase):
    """`infra/tools/sbom`."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        subprocess.run([TOOLS / "sbom", folder.name], check=True, stdout=subprocess.DEVNULL)
        texts = {path.name: path.read_text() for path in pathlib.Path(folder.name).iterdir()}
        cls.texts = {name.removesuffix(".cdx.json"): text for name, text in texts.items()}

    def test_each_function_and_the_command_line_have_one(self):
        functions = {path.stem for path in (ROOT / "functions" / "src" / "bin").iterdir()}
        self.assertEqual(set(self.texts), functions | {"wrapup"})
        for name, text in self.texts.items():
            document = json.loads(text)
            self.assertEqual((document["bomFormat"], document["specVersion"]), ("CycloneDX", "1.5"))
            root = document["metadata"]["component"]
            package = "wrapup-cli" if name == "wrapup" else "wrapup-functions"
            self.assertIn((root["type"], root["name"]), [("application", name), ("application", package)])
            self.assertEqual(root["version"], "0.1.0")

    def test_it_has_what_a_binary_is_made_of_as_cargo_lock_has_it(self):
        lock = set(re.findall(r'name = "(.*)"\nversion = "(.*)"', (ROOT / "Cargo.lock").read_text()))
        for name, some in {
            "get-code": ["wrapup", "aws-sdk-dynamodb", "rustls"],
            "ai-filler": ["wrapup", "frostem"],
            "wrapup": ["dynoxide-rs", "clap"],
        }.items():
            components = {(one["name"], one["version"]) for one in json.loads(self.texts[name])["components"]}
            self.assertLessEqual(set(some), {name for name, _ in components})
            self.assertLessEqual(components, lock)
        # What only the AI filler asks for is in no other function, though they share a crate.
        get_code = {one["name"] for one in json.loads(self.texts["get-code"])["components"]}
        self.assertNotIn("frostem", get_code)

    def test_it_does_not_say_where_it_was_written(self):
        for text in self.texts.values():
            for folder in (ROOT, pathlib.Path.home()):
                self.assertNotIn(f"{folder}/", text)

    def test_it_leaves_nothing_beside_the_manifests(self):
        self.assertEqual(list(ROOT.glob("functions/*.cdx.json")) + list(ROOT.glob("infra/cli/*.cdx.json")), [])


class Advisories(unittest.TestCase):
    """`infra/tools/advisories`."""

    def run_with(self, **environment):
        environment = os.environ | environment
        return subprocess.run([TOOLS / "advisories"], env=environment, capture_output=True, text=True, check=False)

    def test_a_database_out_of_reach_is_one_sentence_and_a_status_of_its_own(self):
        found = self.run_with(GIT_ALLOW_PROTOCOL="none")
        self.assertEqual((found.returncode, found.stdout), (2, ""))
        self.assertRegex(found.stderr, r"^infra/tools/advisories: the advisory database cannot be reached, .*\n$")

    def test_a_hole_that_is_known_is_found(self):
        for affected, status in {"serde": 1, "no-crate-of-ours": 0}.items():
            with self.subTest(affected), tempfile.TemporaryDirectory() as folder:
                found = self.run_with(**another_database(pathlib.Path(folder), affected))
                self.assertEqual(found.returncode, status, found.stderr)
                self.assertEqual("RUSTSEC-2026-9999" in found.stderr, status == 1, found.stderr)


def another_database(folder: pathlib.Path, affected: str) -> dict:
    """The environment of a run whose git clones a database with one advisory, wherever it is told to clone from."""
    database, programs = folder / "database", folder / "bin"
    advisory = database / "crates" / affected / "RUSTSEC-2026-9999.md"
    advisory.parent.mkdir(parents=True)
    programs.mkdir()
    advisory.write_text(
        f'```toml\n[advisory]\nid = "RUSTSEC-2026-9999"\npackage = "{affected}"\ndate = "2026-01-01"\n'
        "[versions]\npatched = []\n```\n\n# A hole\n\nIt is one.\n"
    )
    git = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    as_nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        [*as_nobody, "commit", "--quiet", "-m", "one"],
    ):
        subprocess.run([git, *arguments], cwd=database, check=True)
    (programs / "git").write_text(
        f'#!/bin/bash\nif [ "$1" = clone ]; then exec {git} clone --quiet --branch main "file://{database}" "${{!#}}"; fi\n'
        f'exec {git} "$@"\n'
    )
    (programs / "git").chmod(0o755)
    # Where cargo-deny keeps databases; what cargo has fetched stays where it is.
    home = folder / "cargo"
    home.mkdir()
    real = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    for one in real.iterdir():
        if not one.name.startswith("advisory-db"):
            (home / one.name).symlink_to(one)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "CARGO_HOME": str(home)}


if __name__ == "__main__":
    unittest.main()
