//! What the README and the other pages say, held against what is so: their blocks of shell are run as they are printed,
//! their links lead somewhere, and what they list is what there is.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::Server;

use crate::BINARY;

/// The page whose blocks `segment_tables.rs` runs.
const GUIDE: &str = "docs/segment-tables.md";

/// The pages whose blocks of shell are run here.
const RUN: [&str; 10] = [
    "README.md",
    "docs/ai-filler.md",
    "docs/analysis.md",
    "docs/api.md",
    "docs/clients.md",
    "docs/command-line.md",
    "docs/deploy.md",
    "docs/personal-data.md",
    "docs/redaction.md",
    "docs/supervisor.md",
];

/// The blocks that are not run, by their first lines, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "cargo run                  # the whole API", "every test of this folder runs it, or is one"),
    ("docs/deploy.md", "infra/tools/install", "an account for two of them, tests/lambda/watch for the third"),
    ("docs/deploy.md", "cargo run -- tables remove", "the page goes on with its tables; tests/api/operator.rs runs it"),
    ("docs/deploy.md", "curl --user username:password http://127.0.0.1:9001/", "tests/lambda/watch"),
    ("docs/events.md", "cargo run -- local --webhook", "tests/api/webhooks.rs"),
    ("docs/events.md", "cargo run -- events --follow", "tests/api/events.rs, since it does not end by itself"),
    ("docs/events.md", "cargo run -- events failed", "tests/api/webhooks.rs"),
    ("docs/events.md", "cargo run -- events replay", "tests/api/events.rs, with receivers"),
    ("docs/events.md", "python3 confirm.py", "tests/api/events.rs, on free ports"),
    ("docs/redaction.md", "cargo test -p wrapup --lib", "cargo in cargo would wait for itself"),
    ("docs/reliability.md", "tests/prove", "it runs tests that are part of these, by cargo"),
    ("docs/operations.md", "infra/tools/install", "infra/tools/test_tools.py"),
    ("docs/operations.md", "aws dynamodb restore-table", "wants an account"),
    ("docs/operations.md", "cargo run -- index backfill", "wants an account; tests/api/ending.rs runs it"),
    ("docs/operations.md", "stream=$(aws dynamodb", "wants an account"),
    ("docs/supervisor.md", "cargo run -- demo", "tests/api/supervisor.rs, since it does not end by itself"),
    ("tests/conversations/README.md", "CARGO_PROFILE_RELEASE_LTO=off", "it builds for release, and takes minutes"),
    ("infra/cdk/README.md", "git submodule add", "wants the address of a repository"),
];

// What the pages have the reader run.

#[test]
fn the_tour_answers_as_printed() {
    let (steps, _) = run("README.md");
    assert_eq!(steps, 7, "open, push AI, close, read as JSON, read as XML, open for the filler, read what it added");
}

#[test]
fn the_contract_and_the_errors_are_as_printed() {
    run("docs/api.md");
}

/// The snippets in other languages than the shell's are run by `tests/clients/check`.
#[test]
fn a_client_of_curl_works_as_printed() {
    run("docs/clients.md");
}

#[test]
fn the_ai_fillers_figures_are_those_that_the_command_prints() {
    run("docs/ai-filler.md");
}

/// Its queries are run by `tests/exported/check`.
#[test]
fn wrap_ups_are_exported_as_printed() {
    run("docs/analysis.md");
}

/// The wrap-up is that of the README's tour, and of one of its agents.
#[tokio::test]
async fn what_is_stored_of_somebody_is_handed_out_and_erased_as_printed() {
    let place = Place::new();
    let request = json!({
        "agent_sys_id": "agent-7", "interaction_sys_id": "interaction-42", "external": true,
        "external_segment_id": "CALL-0001", "configuration": {},
    });
    place.server.api().post("segment/create", &request).await.expect(200);
    let notes = json!({"notes": "Jane Doe was charged twice."});
    place.server.api().put("segment/update?external_segment_id=CALL-0001", &notes).await.expect(200);
    let (_, printed) = place.run("docs/personal-data.md");
    assert!(
        printed.contains("Jane Doe was charged twice.") && printed.contains("\"segments_changed\": 1"),
        "{printed}"
    );
    let left = place.server.api().get("segment/CALL-0001").await.expect(200);
    assert!(left["segment"].get("notes").is_none(), "{left}");
}

#[test]
fn a_supervisor_gets_in_as_printed() {
    run("docs/supervisor.md");
}

#[test]
fn what_is_redacted_is_gone_as_printed() {
    run("docs/redaction.md");
}

#[test]
fn the_first_user_of_a_deployment_gets_in_as_printed() {
    run("docs/deploy.md");
}

#[tokio::test]
async fn the_operators_commands_work_as_printed() {
    let place = Place::new();
    let (_, printed) = place.run("docs/command-line.md");
    for said in [
        "wu_",
        "added jane",
        "│ ccaas ",
        "┆ generated ",
        "imported 2 of 2 codes",
        "│ jane ",
        "\"Lieferung verspätet\"",
        "│ Support ",
    ] {
        assert!(printed.contains(said), "no {said} in:\n{printed}");
    }

    // `put` prints the sys_id, on a line of its own; jane opens a segment with it, and sees her language.
    let is_sys_id = |line: &&str| line.len() == 32 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let configuration = printed.lines().find(is_sys_id).expect("a sys_id");
    let jane = place.server.api().with_user("jane", "a-long-password");
    let request = json!({
        "agent_sys_id": "agent-7", "interaction_sys_id": "interaction-42", "wrap_up_configuration_sys_id": configuration,
    });
    let opened = jane.post("segment/create", &request).await.expect(200)["segment"].clone();
    let shown = &opened["wrap_up_configuration"];
    assert_eq!((&shown["duration"], &shown["show_timer"]), (&json!("120"), &json!(true)));
    let labels = ["Delivery Delayed", "Address Changed"];
    for (index, translated) in ["Lieferung verspätet", "Adresse geändert"].into_iter().enumerate() {
        let code = &shown["allowed_codes"][index];
        assert_eq!((&code["code"], &code["translated_code"]), (&json!(labels[index]), &json!(translated)));
    }
    let default = &shown["default_code"];
    assert_eq!((&default["code"], &default["description"]), (&json!("Delivery Delayed"), &json!("The parcel is late")));
    assert_eq!(default["translated_description"], "Das Paket kommt zu spät");
    let path = format!("code/{}", default["sys_id"].as_str().expect("a sys_id"));
    let in_french = jane.call(Method::GET, &path).header("Accept-Language", "fr").send().await.expect(200);
    assert_eq!(in_french["result"]["result_map"]["wrap_up_code"]["translated_code"], "Livraison retardée");
}

/// `tests/recipes/check` runs those files.
#[test]
fn the_recipes_are_the_files_that_are_run() {
    let shown: Vec<String> = blocks(&read("docs/testing.md")).into_iter().map(|block| block.text).collect();
    for file in [
        "pytest/conftest.py",
        "pytest/test_wrap_up.py",
        "junit/Wrapup.java",
        "junit/WrapUpTest.java",
        "jest/wrapup.js",
        "jest/wrap-up.test.js",
    ] {
        let text = read(&format!("tests/recipes/{file}"));
        assert!(shown.contains(&text), "docs/testing.md does not show tests/recipes/{file} as it is");
    }
}

#[test]
fn a_block_of_shell_is_run_or_it_is_said_why_not() {
    let mut left_out = BTreeSet::new();
    for page in pages() {
        for block in blocks(&read(&page)).iter().filter(|block| block.language == "sh") {
            match not_run(&page, block) {
                Some(said) => drop(left_out.insert(said)),
                None => {
                    assert!(page == GUIDE || RUN.contains(&page.as_str()), "nobody runs, in {page}:\n{}", block.text)
                }
            }
        }
    }
    let said: BTreeSet<_> = (0..NOT_RUN.len()).collect();
    assert_eq!(left_out, said, "what is not run by the numbers of NOT_RUN, and what it says");
}

/// A local server, and a folder in which the pages' commands run: a clone as far as they look at it.
struct Place {
    server: Server,
    folder: tempfile::TempDir,
}

/// Runs a page's blocks in a place of its own: how many there were, and all that they printed.
fn run(page: &str) -> (usize, String) {
    Place::new().run(page)
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(root().join("tests"), folder.path().join("tests")).expect("a link");
        Self { server: Server::start(BINARY), folder }
    }

    /// Runs a page's blocks of shell in order, and holds what they print against the block right below each.
    fn run(&self, page: &str) -> (usize, String) {
        let blocks = blocks(&read(page));
        let mut all = String::new();
        let mut run = 0;
        for (index, block) in blocks.iter().enumerate() {
            if block.language != "sh" || not_run(page, block).is_some() {
                continue;
            }
            run += 1;
            let shown = blocks.get(index + 1).filter(|next| next.follows && next.language != "sh");
            // The AI filler adds its part a moment after the call that it is for; a minute it never takes.
            let waits = shown.is_some_and(|shown| shown.text.contains("ai_source"));
            let mut tries = if waits { 600 } else { 1 };
            let printed = loop {
                let printed = self.run_block(&block.text);
                tries -= 1;
                if tries == 0 || printed.contains("ai_source") {
                    break printed;
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            };
            if let Some(shown) = shown {
                shown.assert_in(&printed);
            }
            all.push_str(&printed);
        }
        assert_ne!(run, 0, "{page} has nothing to run");
        (run, all)
    }

    /// The program is the binary under test; `-e` ends a block at its first command that fails.
    fn run_block(&self, commands: &str) -> String {
        let local = format!("--local --dynamodb-port {}", self.server.dynamodb_port);
        let command = commands
            .replace("cargo run --release --", BINARY)
            .replace("cargo run --", BINARY)
            .replace("--region eu-central-1 --table-prefix wrapup-", "--local")
            .replace("--local", &local)
            .replace("https://example.execute-api.eu-central-1.amazonaws.com/live", self.server.api().base())
            .replace("http://127.0.0.1:8080", self.server.api().base());
        let output =
            Command::new("sh").args(["-ec", &command]).current_dir(self.folder.path()).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let complaints = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{command}\n{printed}\n{complaints}");
        printed
    }
}

/// A block of a page.
struct Block {
    language: String,
    text: String,
    /// Whether nothing stands between it and the block before.
    follows: bool,
}

impl Block {
    /// Everything that the page shows is in what was printed.
    fn assert_in(&self, printed: &str) {
        match self.language.as_str() {
            "json" => {
                let printed: Value = serde_json::from_str(printed).expect(printed);
                let shown: Value = serde_json::from_str(&self.text).expect(&self.text);
                assert_holds(&printed, &shown, "");
            }
            "xml" | "text" => {
                for line in self.text.lines() {
                    assert!(printed.contains(line), "no {line} in:\n{printed}");
                }
            }
            other => panic!("{other} below a block of shell"),
        }
    }
}

fn assert_holds(printed: &Value, shown: &Value, path: &str) {
    match shown {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert_holds(&printed[name], value, &format!("{path}.{name}"));
            }
        }
        value => assert_eq!(printed, value, "{path}"),
    }
}

/// The entry of `NOT_RUN` about a block.
fn not_run(page: &str, block: &Block) -> Option<usize> {
    NOT_RUN.iter().position(|(of, first_line, _)| *of == page && block.text.trim_start().starts_with(first_line))
}

// Where the pages lead.

#[test]
fn links_lead_somewhere() {
    let broken: Vec<String> = pages().iter().flat_map(|page| broken_links(page, &read(page))).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "# A page\n\n## Twice, `so`\n\n## Twice, `so`\n\n\
        [a](api.md) [b](../README.md#endpoints) [c](#twice-so-1) [d](https://example.com/none) ![e](performance.svg)\n\
        `[f](none.md)`\n\n```sh\n[g](none.md)\n# no heading\n```\n\n\
        [h](none.md) [i](api.md#none) [j](#no-heading) [k](performance.svg#a)\n";
    let said = broken_links("docs/page.md", page);
    assert_eq!(
        said,
        ["none.md", "api.md#none", "#no-heading", "performance.svg#a"].map(|link| format!("docs/page.md: {link}"))
    );
}

#[test]
fn files_that_the_pages_name_are_there() {
    // What is new also names files that have gone.
    for page in pages().into_iter().filter(|page| page != "CHANGELOG.md") {
        for span in code_spans(&prose(&read(&page))) {
            let name = span.split([' ', ':']).next().unwrap_or_default();
            let ours =
                [".ci/", "docs/", "functions/", "infra/", "shared/", "tests/"].iter().any(|top| name.starts_with(top));
            if ours && !name.contains(['*', '{', '<']) && !name.contains("NAME") {
                assert!(root().join(name).exists(), "{page} names {name}");
            }
        }
    }
}

/// A page's links to what is not there, each behind the page's name.
fn broken_links(page: &str, text: &str) -> Vec<String> {
    let prose = prose(text);
    // What is quoted as code is no link.
    let unquoted: String = prose.split('`').step_by(2).collect();
    let links = unquoted.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned());
    let leads = |link: &String| {
        if link.starts_with("https://") || link.starts_with("http://") {
            return true;
        }
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
        let file = root().join(page).parent().expect("a folder").join(path);
        match (path, anchor) {
            (_, None) => file.exists(),
            ("", Some(anchor)) => anchors(text).contains(anchor),
            (_, Some(anchor)) => {
                path.ends_with(".md") && std::fs::read_to_string(file).is_ok_and(|text| anchors(&text).contains(anchor))
            }
        }
    };
    links.filter(|link| !leads(link)).map(|link| format!("{page}: {link}")).collect()
}

/// The names by which a page's headings are linked to: small letters, digits, and hyphens in place of spaces; a heading
/// that is there already has a number behind it.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose(page).lines().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        let name: String = heading.chars().filter(|sign| sign.is_alphanumeric() || "-_".contains(*sign)).collect();
        let again = (1..).map(|number| format!("{name}-{number}")).find(|name| !anchors.contains(name));
        anchors.insert(if anchors.contains(&name) { again.unwrap_or_default() } else { name });
    }
    anchors
}

// What the pages list.

#[test]
fn the_readme_is_short_and_each_page_says_whom_it_is_for() {
    assert!(read("README.md").lines().count() <= 200);
    for page in pages().into_iter().filter(|page| page != "README.md" && !page.starts_with("tests/")) {
        let text = read(&page);
        let first = text.split("\n\n").nth(1).unwrap_or_default();
        assert!(first.starts_with("For "), "{page} begins with: {first}");
    }
}

#[test]
fn each_page_is_in_the_readmes_index() {
    let readme = read("README.md");
    for page in pages().into_iter().filter(|page| page != "README.md" && !page.starts_with("tests/")) {
        assert!(readme.contains(&format!("]({page}")), "{page}");
    }
}

#[test]
fn the_readmes_endpoints_are_those_of_a_deployment() {
    let system: Value = serde_json::from_str(&read("infra/system.json")).expect("JSON");
    let functions = system["functions"].as_object().expect("functions");
    let routes = functions.values().filter_map(|function| function["routes"].as_array()).flatten();
    let routes: BTreeSet<String> =
        routes.map(|route| route.as_str().expect("a route").replace(" wrapup/", " ")).collect();
    let mut listed = BTreeSet::new();
    for cell in first_column("README.md", "Endpoints") {
        let mut method = String::new();
        for span in code_spans(&cell) {
            let (own, path) = span.split_once(' ').unwrap_or((&method, &span));
            listed.insert(format!("{own} {path}"));
            method = own.to_owned();
        }
    }
    assert_eq!(listed, routes);
}

#[test]
fn the_commands_and_their_options_are_those_that_there_are() {
    let mut listed = BTreeSet::new();
    let text = read("docs/command-line.md");
    for line in chapter(&text, "All commands").lines().filter_map(|line| line.strip_prefix("- ")) {
        let (commands, _) = line.split_once("`:").expect("commands, and what they do");
        for command in code_spans(&format!("{commands}`")) {
            let words: Vec<&str> = command.split(' ').collect();
            let path: Vec<&str> = words.iter().copied().take_while(|word| is_command(word)).collect();
            // What has commands below it is told of by those, and by its own options.
            if path != ["events"] {
                listed.insert(path.join(" "));
            }
            let options = words.iter().map(|word| word.trim_matches(['[', ']'])).filter(|word| word.starts_with("--"));
            listed.extend(options.map(|option| format!("{} {option}", path.join(" "))));
        }
    }
    for option in first_column("docs/command-line.md", "The local system").iter().flat_map(|cell| code_spans(cell)) {
        listed.insert(format!("local {}", option.split(' ').next().unwrap_or_default()));
    }
    listed.insert("local".to_owned());
    assert_eq!(listed, commands(&[]));
}

/// Whether a word of a command line is part of the command's name.
fn is_command(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase())
}

/// The commands below a path that have none below them, and the options of all, as `--help` lists them. `--output` is left
/// out, which all lists have.
fn commands(path: &[&str]) -> BTreeSet<String> {
    let output = Command::new(BINARY).args(path).arg("-h").output().expect("the binary ends");
    assert!(output.status.success(), "{path:?}");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let listed = |heading| -> Vec<String> {
        let (_, below) = help.split_once(&format!("\n{heading}:\n")).unwrap_or_default();
        let lines = below.lines().take_while(|line| !line.is_empty()).map(str::trim);
        lines.filter_map(|line| line.split([' ', '=']).next()).map(str::to_owned).collect()
    };
    let below: Vec<String> = listed("Commands").into_iter().filter(|word| is_command(word) && word != "help").collect();
    let options = ["Options", "Trying and testing"]
        .into_iter()
        .flat_map(listed)
        .filter(|word| word.starts_with("--") && word != "--output");
    let name = path.join(" ");
    let own: BTreeSet<String> = options.map(|option| format!("{name} {option}")).collect();
    let of_those_below = below.iter().flat_map(|command| commands(&[path, &[command]].concat()));
    match below.is_empty() {
        true => own.into_iter().chain([name.clone()]).collect(),
        // Without a command it is `wrapup local`.
        false if path.is_empty() => of_those_below.collect(),
        false => own.into_iter().chain(of_those_below).collect(),
    }
}

#[test]
fn the_variables_are_those_of_a_deployment() {
    let system = read("infra/system.json");
    let known: BTreeSet<String> =
        system.split('"').filter(|word| word.starts_with("WRAPUP_")).map(str::to_owned).collect();
    let cells = first_column("docs/command-line.md", "The environment");
    let listed: BTreeSet<String> = cells.iter().flat_map(|cell| code_spans(cell)).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_parameters_are_those_of_the_template() {
    let template = read("infra/sam/template.yaml");
    let (_, below) = template.split_once("\nParameters:\n").expect("parameters");
    let lines = below.lines().take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let names = lines.filter(|line| line.starts_with("  ") && !line[2..].starts_with([' ', '#']));
    let known: BTreeSet<String> = names.filter_map(|line| line.trim().strip_suffix(':')).map(str::to_owned).collect();
    let cells = first_column("docs/deploy.md", "Parameters");
    let listed: BTreeSet<String> = cells.iter().flat_map(|cell| code_spans(cell)).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_tests_that_the_security_page_names_are_there() {
    let page = read("docs/security.md");
    let (promises, _) =
        page.split_once("\n## What a deployment has to do itself\n").expect("what is promised comes first");
    let promises: Vec<&str> = promises.split("\n- ").skip(1).collect();
    assert!(!promises.is_empty(), "the page has lists");
    for promise in promises {
        let (_, rest) = promise.split_once("  Held by ").unwrap_or_else(|| panic!("no test holds: {promise}"));
        let held_by = rest.split("\n\n").next().unwrap_or_default();
        let mut sources = String::new();
        for name in code_spans(held_by) {
            if name.contains('/') {
                sources = text_below(&root().join(&name));
                assert!(!sources.is_empty(), "{name} of: {promise}");
            } else {
                assert!(sources.contains(&format!(" {name}(")), "{name} of: {promise}");
            }
        }
        assert!(!sources.is_empty(), "no test holds: {promise}");
    }
}

/// What stands in a file, or in all files of a folder.
fn text_below(path: &Path) -> String {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| text_below(&entry.expect("an entry").path())).collect(),
        Err(_) => std::fs::read_to_string(path).unwrap_or_default(),
    }
}

// The pages' text.

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages, by their places in the repository.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for folder in ["", "docs/", "infra/cdk/", "tests/conversations/"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
        pages.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}{name}")));
    }
    assert!(RUN.iter().all(|page| pages.iter().any(|found| found == page)), "{pages:?}");
    pages.sort();
    pages
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A page's blocks in order.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut follows = false;
    for line in page.lines() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), text: String::new(), follows })
            }
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                follows = true;
            }
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, None) => follows &= line.trim().is_empty(),
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}

/// A page without its blocks.
fn prose(page: &str) -> String {
    let mut in_block = false;
    let lines = page.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        !fence && !in_block
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// A chapter's text.
fn chapter<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {name}\n")).unwrap_or_else(|| panic!("no chapter {name}"));
    rest.split("\n## ").next().unwrap_or_default()
}

/// The first cells of a chapter's table.
fn first_column(page: &str, name: &str) -> Vec<String> {
    let text = read(page);
    let rows = chapter(&text, name).lines().filter_map(|line| line.strip_prefix("| "));
    let cells: Vec<String> = rows.skip(1).filter_map(|row| row.split(" | ").next()).map(str::to_owned).collect();
    assert!(!cells.is_empty(), "no table in {name} of {page}");
    cells
}

/// What is quoted as code.
fn code_spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
