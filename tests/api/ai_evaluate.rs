//! `wrapup ai evaluate`: the embedded provider against labelled conversations. `wrapup ai redact`: what it is shown.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use serde_json::{Value, json};
use wrapup_test_support::{Said, run_cli, run_cli_with_input};

use crate::BINARY;

const CONVERSATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conversations");

fn evaluate(file: &str, options: &[&str]) -> Said {
    run_cli(BINARY, &[&["ai", "evaluate", file], options].concat()).into()
}

/// The figures of a file of the repository, in the order provider, default code, word overlap.
fn figures(name: &str) -> Value {
    let printed = evaluate(&format!("{CONVERSATIONS}/{name}"), &["--output", "json"]).fine();
    serde_json::from_str(&printed).expect("JSON")
}

/// Evaluates a file of these lines.
fn evaluate_lines(lines: &[&str], options: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.jsonl");
    std::fs::write(&file, lines.join("\n")).expect("a file");
    evaluate(&file.to_string_lossy(), options)
}

/// A row that says what there is to choose from.
fn first_row(transcript: &str, code: &str) -> String {
    let codes = json!([{"code": "Refund"}, {"code": "Lost Card"}, {"code": "Parking"}]);
    json!({"transcript": transcript, "code": code, "allowed_codes": codes, "default_code": "Parking"}).to_string()
}

#[test]
fn the_tuning_half_is_mostly_right() {
    let figures = figures("tuning.jsonl");
    let [provider, default_code, overlap] = [0, 1, 2].map(|method| &figures["methods"][method]);
    assert_eq!((&provider["rows"], &provider["failed"]), (&json!(60), &json!(0)));
    let right = provider["right"].as_u64().expect("a count");
    let suggested = provider["suggested"].as_u64().expect("a count");
    assert!(right >= 45, "{right} of 60");
    assert!(right * 100 >= suggested * 80, "{right} of {suggested} suggested");
    for baseline in [default_code, overlap] {
        assert!(right > 2 * baseline["right"].as_u64().expect("a count"), "{baseline}");
    }
}

#[test]
fn the_held_out_half_is_well_formed_and_of_the_same_codes() {
    let figures = figures("held-out.jsonl");
    for method in figures["methods"].as_array().expect("methods") {
        assert_eq!((&method["rows"], &method["failed"]), (&json!(60), &json!(0)));
    }
    assert!(figures["methods"][0]["right"].as_u64() > figures["methods"][2]["right"].as_u64());
}

#[test]
fn the_figures_are_counted_row_by_row() {
    let rows = [
        &first_row("Customer: somebody stole my card", "Lost Card"),
        r#"{"short_description": "wants the money back", "code": "Refund"}"#,
        r#"{"transcript": "Customer: the crocuses are out", "code": "Parking"}"#,
        "",
        r#"{"transcript": "Customer: where is my refund?", "code": "Lost Card", "language": "en"}"#,
    ];
    let printed = evaluate_lines(&rows, &["--output", "json"]).fine();
    let figures: Value = serde_json::from_str(&printed).expect("JSON");
    let counts = |method: usize| {
        let method = &figures["methods"][method];
        ["rows", "right", "suggested", "failed"].map(|count| method[count].as_u64().expect("a count"))
    };
    assert_eq!(counts(0), [4, 2, 3, 0]);
    assert_eq!(counts(1), [4, 1, 4, 0]);
    assert_eq!(counts(2), [4, 1, 2, 0]);
    let provider = &figures["methods"][0];
    assert_eq!(provider["method"], "extractive bm25-1");
    assert_eq!(
        ["accuracy", "coverage", "precision"].map(|share| provider[share].as_f64()),
        [Some(0.5), Some(0.75), Some(0.667)]
    );
    assert_eq!(
        figures["mistakes"],
        json!([
            {"code": "Lost Card", "suggested": "Refund", "times": 1},
            {"code": "Parking", "suggested": null, "times": 1},
        ])
    );
    let [median, p95] = ["median_ms", "p95_ms"].map(|at| figures["latency"][at].as_f64().expect("milliseconds"));
    assert!(0.0 < median && median <= p95, "{figures}");
}

#[test]
fn people_get_tables() {
    let rows = [&first_row("Customer: the crocuses are out", "Parking")];
    let printed = evaluate_lines(&rows.map(String::as_str), &["--provider", "extractive"]).fine();
    for text in ["extractive bm25-1", "always the default code", "word overlap", "100.0 %", "none", "median"] {
        assert!(printed.contains(text), "no '{text}' in:\n{printed}");
    }
}

#[test]
fn the_same_file_gets_the_same_figures() {
    let without_latency = |mut figures: Value| {
        figures["latency"] = Value::Null;
        figures
    };
    assert_eq!(without_latency(figures("tuning.jsonl")), without_latency(figures("tuning.jsonl")));
}

#[test]
fn wrong_rows_are_named_by_line_and_field_and_nothing_is_evaluated() {
    let rows = [
        &first_row("Customer: a refund please", "Refund"),
        r#"{"transcript": "hello", "code": "Refund""#,
        r#"["hello"]"#,
        r#"{"transcript": "  ", "code": "Refund"}"#,
        r#"{"transcript": "hello", "code": "Refnd"}"#,
        r#"{"transcript": "hello", "code": "Refund", "language": "english"}"#,
        r#"{"transcript": "hello", "code": "Refund", "default_code": "Refund"}"#,
        r#"{"transcript": "hello", "kode": "Refund"}"#,
        r#"{"transcript": 0.5, "code": "Refund"}"#,
    ];
    let said = evaluate_lines(&rows, &[]).failed(&[
        "line 2, column 40",
        "line 3: a row has to be an object, and is an array",
        "line 4: transcript is required where there is no short_description",
        "line 5: code 'Refnd' is not among the allowed codes",
        "line 6: language has to be a language code of two letters",
        "line 7: default_code can only be used with allowed_codes",
        "line 8: kode has to be one of transcript, ",
        "line 8: ",
        "code is required",
        "line 9: transcript has to be a text, and is a number",
        "rows to mend: 8",
    ]);
    assert_eq!(said.out, "");
    assert!(!said.err.contains("line 1"), "{}", said.err);
}

#[test]
fn allowed_codes_are_judged_as_the_api_does() {
    let codes = |codes: Value| json!({"transcript": "hello", "code": "Refund", "allowed_codes": codes}).to_string();
    let translated = json!([{"code": "Refund", "description": "money", "translations": [{"language": "de"}]}]);
    for (row, problem) in [
        (codes(json!([])), "line 1: allowed_codes is required"),
        (codes(json!([{"code": "Refund"}, {"code": "Refund"}])), "line 1: allowed_codes[1].code repeats 'Refund'"),
        (codes(translated), "line 1: allowed_codes[0].translations[0].code is required"),
        ("{".to_owned(), "line 1, column 1"),
    ] {
        // What follows a row whose codes are not known is not complained of.
        let said = evaluate_lines(&[&row, r#"{"transcript": "hello", "code": "Else"}"#], &[]);
        let said = said.failed(&[problem, "rows to mend: 1"]);
        assert!(said.out.is_empty() && !said.err.contains("line 2"), "{said:?}");
    }
}

#[test]
fn the_first_row_says_what_there_is_to_choose_from() {
    let row = r#"{"transcript": "hello", "code": "Refund"}"#;
    evaluate_lines(&[row], &[]).failed(&["line 1: allowed_codes is required on the first row"]);
}

#[test]
fn a_file_that_is_not_there_or_empty_is_named() {
    evaluate("nowhere.jsonl", &[]).failed(&["cannot read nowhere.jsonl"]);
    evaluate_lines(&["", "  "], &[]).failed(&["rows.jsonl", "has no rows"]);
    evaluate("nowhere.jsonl", &["--provider", "oracle"]).misused();
}

#[test]
fn a_transcript_is_printed_without_its_secrets() {
    let transcript = "Customer: It's 4242 4242 4242\nAgent: Yes?\nCustomer: 4242, and the order is 4471208.\n";
    let redacted = "Customer: It's [card number]\nAgent: Yes?\nCustomer: [card number], and the order is 4471208.\n";
    let said: Said = run_cli_with_input(BINARY, &["ai", "redact", "-"], transcript).into();
    assert_eq!(said.fine().trim(), redacted.trim());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), transcript).expect("a written file");
    let said: Said = run_cli(BINARY, &["ai", "redact", &file.path().to_string_lossy()]).into();
    assert_eq!(said.fine().trim(), redacted.trim());
}
