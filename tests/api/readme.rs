//! The README's tour, run as it is printed.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::process::Command;

use serde_json::Value;
use wrapup_test_support::Server;

const README: &str = include_str!("../../README.md");

/// A command of the tour, and the answer that the README prints below it.
struct Step<'a> {
    command: &'a str,
    format: &'a str,
    answer: &'a str,
}

#[test]
fn the_tour_answers_as_printed() {
    let server = Server::start(env!("CARGO_BIN_EXE_wrapup"));
    let steps = tour();
    assert_eq!(steps.len(), 5, "open, push AI, close, read as JSON, read as XML");
    for Step { command, format, answer } in steps {
        let command = command.replace("http://127.0.0.1:8080", server.api().base());
        let output = Command::new("sh").args(["-c", &command]).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{command}");
        if format == "xml" {
            assert!(printed.contains(answer.trim()), "{command}\n{printed}");
        } else {
            let printed: Value = serde_json::from_str(&printed).expect(&printed);
            let answer: Value = serde_json::from_str(answer).expect(answer);
            assert_holds(&printed, &answer, "");
        }
    }
}

/// The tour's pairs of a shell block and a block with its answer.
fn tour() -> Vec<Step<'static>> {
    let tour = README.split("## Five-minute tour").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a tour");
    let blocks: Vec<_> =
        tour.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a language")).collect();
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
