//! The README's tour and its commands for operators, run as they are printed.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::path::Path;
use std::process::Command;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::Server;

use crate::BINARY;

const README: &str = include_str!("../../README.md");

const SECURITY: &str = include_str!("../../docs/security.md");

/// A command of the tour, and the answer that the README prints below it.
struct Step<'a> {
    command: &'a str,
    format: &'a str,
    answer: &'a str,
}

#[test]
fn the_tour_answers_as_printed() {
    let server = Server::start(BINARY);
    let steps = tour();
    assert_eq!(
        steps.len(),
        7,
        "open, push AI, close, read as JSON, read as XML, open for the filler, read what it added"
    );
    for Step { command, format, answer } in steps {
        let command = command.replace("http://127.0.0.1:8080", server.api().base());
        // The AI filler adds its part a moment after the call that it is for; a minute it never takes.
        let mut tries = if answer.contains("ai_source") { 600 } else { 1 };
        let printed = loop {
            let output = Command::new("sh").args(["-c", &command]).output().expect("a shell");
            assert!(output.status.success(), "{command}");
            let printed = String::from_utf8(output.stdout).expect("UTF-8");
            tries -= 1;
            if tries == 0 || printed.contains("ai_source") {
                break printed;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        };
        if format == "xml" {
            assert!(printed.contains(answer.trim()), "{command}\n{printed}");
        } else {
            let printed: Value = serde_json::from_str(&printed).expect(&printed);
            let answer: Value = serde_json::from_str(answer).expect(answer);
            assert_holds(&printed, &answer, "");
        }
    }
}

#[test]
fn the_tests_that_the_security_page_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rows = SECURITY.lines().filter(|line| line.starts_with("| ") && *line != "| promise | held by |");
    let rows: Vec<&str> = rows.collect();
    assert!(!rows.is_empty(), "the page has tables");
    for row in rows {
        let held_by = row.trim_end_matches(" |").rsplit(" | ").next().expect("a column");
        let mut sources = String::new();
        for name in held_by.split('`').skip(1).step_by(2) {
            if name.contains('/') {
                sources = text_below(&root.join(name));
                assert!(!sources.is_empty(), "{name} of: {row}");
            } else {
                assert!(sources.contains(&format!(" {name}(")), "{name} of: {row}");
            }
        }
        assert!(!sources.is_empty(), "no test holds: {row}");
    }
}

/// What stands in a file, or in all files of a folder.
fn text_below(path: &Path) -> String {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| text_below(&entry.expect("an entry").path())).collect(),
        Err(_) => std::fs::read_to_string(path).unwrap_or_default(),
    }
}

#[tokio::test]
async fn the_operators_commands_work_as_printed() {
    let server = Server::start(BINARY);
    let folder = tempfile::tempdir().expect("a folder");
    let blocks = blocks("The operator's command line");
    assert_eq!((blocks.len(), blocks[0].0), (1, "sh"), "a block that is not run shows nothing");
    let commands = blocks[0].1;
    // The program is the binary under test; `-e` ends the block at its first command that fails.
    let command = commands
        .replace("cargo run --", BINARY)
        .replace("--local", &format!("--local --dynamodb-port {}", server.dynamodb_port));
    let output = Command::new("sh").args(["-ec", &command]).current_dir(folder.path()).output().expect("a shell");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let complaints = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{command}\n{printed}\n{complaints}");
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
    let jane = server.api().with_user("jane", "a-long-password");
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

#[test]
fn the_ai_fillers_figures_are_those_that_the_command_prints() {
    let blocks = blocks("The AI filler");
    let [("sh", command), ("text", figures)] = blocks[..] else { panic!("a command and what it prints: {blocks:?}") };
    let command = command.replace("cargo run --release --", BINARY);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new("sh").args(["-c", &command]).current_dir(root).output().expect("a shell");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    for line in figures.lines() {
        assert!(printed.contains(line), "no {line} in:\n{printed}");
    }
}

/// The language and the text of every block of a chapter.
fn blocks(chapter: &str) -> Vec<(&'static str, &'static str)> {
    let (_, rest) = README.split_once(&format!("\n## {chapter}\n")).expect("a chapter");
    let text = rest.split("\n## ").next().unwrap_or_default();
    text.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a language")).collect()
}

/// The tour's pairs of a shell block and a block with its answer.
fn tour() -> Vec<Step<'static>> {
    let blocks = blocks("Five-minute tour");
    let steps = blocks.chunks(2).map(|pair| {
        assert_eq!(pair[0].0, "sh");
        Step { command: pair[0].1, format: pair[1].0, answer: pair[1].1 }
    });
    steps.collect()
}

/// Everything that the README shows is in the answer.
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
