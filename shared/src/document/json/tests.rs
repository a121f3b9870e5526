#![expect(clippy::panic, reason = "a test that cannot go on says so by panicking")]

use serde_json::json;

use super::super::value::to_json;
use super::*;

#[track_caller]
fn fields(json: &str) -> Object {
    match parse(json.as_bytes()) {
        Ok(fields) => fields,
        Err(error) => panic!("{json}: {error}"),
    }
}

fn refused(json: &str) -> String {
    parse(json.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_key_that_is_given_twice_is_refused_at_every_depth() {
    for (json, place) in [
        (r#"{"notes": "a", "notes": "b"}"#, "line 1, column 22: 'notes' is given twice"),
        ("{\"codes\": [\n{\"code\": 1, \"code\": null}]}", "line 2"),
        (r#"{"notes": "a", "n\u006ftes": "b"}"#, "is given twice"),
    ] {
        let error = refused(json);
        assert!(error.contains(place) && error.contains("is given twice"), "{error}");
    }
    assert!(parse(br#"{"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}, {"x": 1}]}"#).is_ok());
}

#[test]
fn numbers_are_kept_as_they_are_written() {
    let fields = fields(
        r#"{"a-1": [0, -0, 7, -7, 1.50, 1e3, 1E+3, 120.0, 123456789012345678901234567890], "\"2\\": {"3": 4}, "b": 5}"#,
    );
    let written: Vec<_> = match &fields["a-1"] {
        Value::List(list) => list.clone(),
        other => panic!("{other:?}"),
    };
    let numbers = ["0", "-0", "7", "-7", "1.50", "1e3", "1E+3", "120.0", "123456789012345678901234567890"];
    assert_eq!(written, numbers.map(|number| Value::Number(number.to_owned())));
    let whole: Vec<_> = written.iter().filter_map(Value::whole).collect();
    assert_eq!(whole, ["0", "-0", "7", "-7", "123456789012345678901234567890"]);
    assert_eq!(fields["b"], Value::Number("5".to_owned()));
}

#[test]
fn half_of_a_pair_is_a_replacement_character_and_remembered_of_its_text_alone() {
    let half = |text: &str| Value::Text(Text { text: text.to_owned(), has_half: true });
    let whole = |text: &str| Value::Text(text.to_owned().into());
    for (escaped, expected) in [
        (r"a\ud83d", half("a\u{fffd}")),
        (r"\uDE42a", half("\u{fffd}a")),
        (r"\ude42\ud83d", half("\u{fffd}\u{fffd}")),
        (r"\ud83d\ud83d\ude42", half("\u{fffd}\u{1f642}")),
        (r"\ud83d\ude42\ude42", half("\u{1f642}\u{fffd}")),
        (r"\ud83dx\ude42", half("\u{fffd}x\u{fffd}")),
        (r"\ud83d\n\ude42", half("\u{fffd}\n\u{fffd}")),
        (r"\\\ud83d", half("\\\u{fffd}")),
        (r#"\"\ud83d\""#, half("\"\u{fffd}\"")),
        (r"\uD83D\uDE42", whole("\u{1f642}")),
        (r"\\ud83d", whole("\\ud83d")),
        (r"\ufffd", whole("\u{fffd}")),
        (r"\ud7ff\ue000", whole("\u{d7ff}\u{e000}")),
        ("ä\u{1f642}", whole("ä\u{1f642}")),
    ] {
        let fields = fields(&format!(r#"{{"k\ud83d": 1, "before": "b", "x": ["{escaped}", "after"], "z": "z"}}"#));
        assert_eq!(fields["x"], Value::List(vec![expected, whole("after")]), "{escaped}");
        assert_eq!((&fields["before"], &fields["z"]), (&whole("b"), &whole("z")), "{escaped}");
    }
    // Where it is broken, the place is that in what was sent.
    assert_eq!(refused("{\"a\": \"\\ud83d\",\n\"\\ud83d\\ud83d\" 1}"), "line 2, column 16: expected `:`");
    assert!(refused(r#"{"a": "\ud83"}"#).contains("invalid escape"));
    assert!(refused(r#"{"a": "\ud83d"#).contains("EOF while parsing a string"));
}

#[test]
fn what_is_not_utf_8_says_so_and_where() {
    for bytes in
        [&b"{\"a\":\n \"x\xe4\"}"[..], b"{\"a\":\n \"x\xed\xa0\xbd\xed\xb9\x82\"}", b"{\"a\":\n \"x\xf0\x9f\"}"]
    {
        let error = parse(bytes).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("line 2, column 4: ") && error.contains("UTF-8"), "{error}");
    }
    assert!(parse(b"\xff\xfe{\0}\0").err().is_some_and(|error| error.to_string().contains("UTF-8")));
}

/// Texts of all kinds are read as the parser reads them by itself, and refused where it refuses them.
#[test]
fn everything_else_is_as_the_parser_reads_it() {
    let text =
        "{\"a\": [1, -2.5, \"b\\n\\u00e4\", {\"c\": null, \"d\\\"\": true}, [], {}], \"ä\": \"\\\\\", \"e\": 1e-3}";
    let mut texts = vec![text.to_owned()];
    for (at, character) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
        texts.push(format!("{before}{after}"));
        for other in ["\"", "\\", "{", "}", "[", "]", ",", ":", "-", "0", "9", ".", "e", "u", " ", "ä", "null"] {
            texts.push(format!("{before}{other}{after}"));
            texts.push(format!("{before}{other}{character}{after}"));
        }
    }
    let (mut read, mut other) = (0, 0);
    for text in texts {
        let here = parse(text.as_bytes());
        match (here, serde_json::from_str::<serde_json::Value>(&text)) {
            (Ok(here), Ok(there)) => {
                read += 1;
                assert_eq!(serde_json::Value::Object(to_json(&here)), there, "{text}");
            }
            (Err(ParseError::NotAnObject { .. }), Ok(_)) | (Err(_), Err(_)) => other += 1,
            (Err(error), Ok(_)) => assert!(error.to_string().contains("is given twice"), "{text}: {error}"),
            (Ok(here), Err(error)) => panic!("{text}: {here:?}, and not {error}"),
        }
    }
    assert!(read > 300 && other > 300, "{read} read, {other} not");
    assert_eq!(serde_json::Value::Object(to_json(&fields(text)))["e"], json!(0.001));
}
