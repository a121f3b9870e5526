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

/// The provider's figures among others.
fn provider(figures: &Value) -> [u64; 4] {
    ["rows", "right", "suggested", "failed"].map(|count| figures["methods"][0][count].as_u64().expect("a count"))
}

#[test]
fn of_conversations_that_it_was_tuned_on_half_are_named_and_nearly_all_right() {
    for (name, all) in [("tuning", 60), ("bank", 100), ("service-desk", 100), ("travel", 100)] {
        let figures = figures(&format!("{name}.jsonl"));
        let [rows, right, suggested, failed] = provider(&figures);
        assert_eq!((rows, failed), (all, 0), "{name}");
        assert!(suggested * 2 >= rows && right * 100 >= suggested * 90, "{name}: {right} of {suggested}");
        for baseline in [1, 2].map(|method| &figures["methods"][method]["right"]) {
            assert!(right > 2 * baseline.as_u64().expect("a count"), "{name}: {baseline}");
        }
    }
}

/// Nobody who tunes reads them; what the pages promise of them holds.
#[test]
fn of_sealed_conversations_a_third_are_named_and_four_of_five_of_those_right() {
    let (mut all, mut among_three) = ([0; 4], 0);
    for name in ["bank", "service-desk", "travel"] {
        let figures = figures(&format!("sealed/{name}.jsonl"));
        all.iter_mut().zip(provider(&figures)).for_each(|(sum, count)| *sum += count);
        among_three += figures["methods"][0]["among_three"].as_u64().expect("a count");
    }
    let [rows, right, suggested, failed] = all;
    assert_eq!((rows, failed), (120, 0));
    assert!(suggested * 3 >= rows, "{suggested} of {rows} named");
    assert!(right * 100 >= suggested * 80, "{right} of {suggested} right");
    assert!(among_three * 100 >= rows * 70, "{among_three} of {rows} among three");
}

#[test]
fn the_held_out_half_is_well_formed_and_of_the_same_codes() {
    let figures = figures("held-out.jsonl");
    for method in figures["methods"].as_array().expect("methods") {
        assert_eq!((&method["rows"], &method["failed"]), (&json!(60), &json!(0)));
    }
    assert!(figures["methods"][0]["right"].as_u64() > figures["methods"][2]["right"].as_u64());
}

/// Two that a code is named for, the second one wrongly; one that codes are offered for; one that nothing is.
fn four_rows() -> [String; 4] {
    [
        first_row("Customer: somebody stole my card\nAgent: I've blocked the stolen card.", "Lost Card"),
        r#"{"short_description": "wants the money back", "code": "Refund"}"#.to_owned(),
        r#"{"transcript": "Customer: the crocuses are out", "code": "Parking", "language": "de"}"#.to_owned(),
        json!({
            "transcript": "Customer: where is my refund, when will I get 20 euros?\nAgent: I've sent the refund by Friday.",
            "code": "Lost Card", "language": "en", "channel": "call",
            "facts": [
                {"fact": "When", "pieces": ["refund", "Friday"]},
                {"fact": "How much", "pieces": ["20 euros"]},
                {"fact": "What nobody says", "pieces": ["Tuesday"]},
            ],
        })
        .to_string(),
    ]
}

#[test]
fn the_figures_are_counted_row_by_row() {
    let rows = four_rows();
    let rows = [rows[0].as_str(), &rows[1], "", &rows[2], &rows[3]];
    let printed = evaluate_lines(&rows, &["--output", "json"]).fine();
    let figures: Value = serde_json::from_str(&printed).expect("JSON");
    let counts = |method: usize| {
        let method = &figures["methods"][method];
        ["rows", "right", "suggested", "failed", "among_three"].map(|count| method[count].as_u64().expect("a count"))
    };
    assert_eq!(counts(0), [4, 1, 2, 0, 2]);
    assert_eq!(counts(1), [4, 1, 4, 0, 1]);
    assert_eq!(counts(2), [4, 1, 2, 0, 1]);
    let provider = &figures["methods"][0];
    assert_eq!(provider["method"], "extractive bm25-3");
    assert_eq!(
        ["accuracy", "coverage", "precision"].map(|share| provider[share].as_f64()),
        [Some(0.25), Some(0.5), Some(0.5)]
    );
    assert_eq!(provider["precision_interval"], json!([0.095, 0.905]));
    assert_eq!(
        figures["mistakes"],
        json!([
            {"code": "Lost Card", "suggested": "Refund", "times": 1},
            {"code": "Parking", "suggested": null, "times": 1},
            {"code": "Refund", "suggested": null, "times": 1},
        ])
    );
    let languages: Vec<_> = figures["languages"].as_array().expect("a list").iter().collect();
    let of_each: Vec<_> = languages.iter().map(|of| (of["method"].as_str(), of["rows"].as_u64())).collect();
    assert_eq!(of_each, [(Some("de"), Some(1)), (Some("en"), Some(1)), (Some("unknown"), Some(2))]);
    assert_eq!(figures["thresholds"][0]["suggested"], 3, "the likeliest of each row that has one: {figures}");
    let notes = &figures["notes"];
    assert_eq!([&notes["facts"], &notes["kept"], &notes["unsupported"]], [3, 2, 0]);
    let [median, p95] = ["median_ms", "p95_ms"].map(|at| figures["latency"][at].as_f64().expect("milliseconds"));
    assert!(0.0 < median && median <= p95, "{figures}");
}

#[test]
fn predictions_are_written_row_by_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("predictions.jsonl");
    let rows = four_rows();
    evaluate_lines(&rows.each_ref().map(String::as_str), &["--predictions", &file.to_string_lossy()]).fine();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600, "notes are in it");
    }
    let written = std::fs::read_to_string(&file).expect("a file");
    let written: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let first =
        |row: &Value| (row["line"].as_u64(), row["named"].as_bool(), row["labels"][0].as_str().map(str::to_owned));
    let label = |label: &str| Some(label.to_owned());
    assert_eq!(
        written.iter().map(first).collect::<Vec<_>>(),
        [
            (Some(1), Some(true), label("Lost Card")),
            (Some(2), Some(false), label("Refund")),
            (Some(3), Some(false), None),
            (Some(4), Some(true), label("Refund")),
        ]
    );
    let sure = written[0]["confidences"][0].as_f64().expect("a confidence");
    assert!(sure > 0.5 && written[1]["confidences"][0].as_f64() < Some(sure));
    assert_eq!((&written[0]["code"], written[2]["notes"].is_null()), (&json!("Lost Card"), true));
    assert!(written[3]["notes"].as_str().expect("notes").contains("20 euros"));
    evaluate_lines(&rows.each_ref().map(String::as_str), &["--predictions", "/nowhere/at-all"])
        .failed(&["cannot be written"]);
}

#[test]
fn what_learning_from_the_others_brings_stands_beside() {
    // Words that no label has, and of which three calls tell what they mean.
    let row = |transcript: &str, code: &str| json!({"transcript": transcript, "code": code}).to_string();
    let mut rows = vec![first_row("Customer: the zorgle is gone.\nAgent: The zorgle, I see.", "Lost Card")];
    for _ in 0..9 {
        rows.push(row("Customer: the zorgle is gone.\nAgent: The zorgle, I see.", "Lost Card"));
        rows.push(row("Customer: a frimble is there.\nAgent: The frimble, I see.", "Parking"));
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let printed = evaluate_lines(&rows, &["--learn", "--output", "json"]).fine();
    let figures: Value = serde_json::from_str(&printed).expect("JSON");
    let right = |method: usize| figures["methods"][method]["right"].as_u64().expect("a count");
    assert_eq!(figures["methods"][1]["method"], "extractive bm25-3, learned from the others");
    assert_eq!((right(0), right(1)), (0, 19), "{figures}");
}

#[test]
fn people_get_tables() {
    let rows = [&first_row("Customer: the crocuses are out", "Parking")];
    let printed = evaluate_lines(&rows.map(String::as_str), &["--provider", "extractive"]).fine();
    for text in ["extractive bm25-3", "always the default code", "word overlap", "100.0 %", "none", "median"] {
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
