use serde_json::{Map, Value};

use super::{ProviderError, SuggestedCode, Suggestion, Task};

/// Reads what a language model answered in the form it was given. Nothing of it gets into an error: it may
/// quote the conversation, and so may the messages of a parser.
pub fn suggestion(answer: &Value, task: &Task<'_>) -> Result<Suggestion, ProviderError> {
    let Value::Object(answer) = answer else { return Err(malformed("the answer is no JSON object")) };
    let code = match text(answer, "code")? {
        Some(label) if !task.codes.is_empty() && !label.trim().is_empty() => {
            Some(SuggestedCode { label: label.to_owned(), confidence: confidence(answer) })
        }
        _ => None,
    };
    let notes = text(answer, "notes")?.map(str::trim).filter(|notes| task.notes && !notes.is_empty());
    Ok(Suggestion { code, notes: notes.map(str::to_owned), ..Suggestion::default() })
}

/// An answer that is not what was asked for.
pub fn malformed(problem: impl Into<String>) -> ProviderError {
    ProviderError::Malformed { problem: problem.into() }
}

/// What was cut off at the model's limit.
pub fn cut_off() -> ProviderError {
    malformed("it was cut off at the most tokens that an answer may have")
}

/// A refusal, for a reason in the provider's terms.
pub fn declined(reason: impl Into<String>) -> ProviderError {
    ProviderError::Declined { reason: reason.into() }
}

fn text<'a>(answer: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, ProviderError> {
    match answer.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("'{name}' is no text"))),
    }
}

/// A code is of use without it too, so what is no number from 0 to 1 counts as not said.
fn confidence(answer: &Map<String, Value>) -> Option<f64> {
    answer.get("confidence")?.as_f64().filter(|given| (0.0..=1.0).contains(given))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::ai::{Conversation, Said};
    use crate::codes::{Code, Label};
    use crate::document::FromText;
    use crate::redaction::Redactor;

    fn read(answer: &Value, code: bool, notes: bool) -> Result<Suggestion, String> {
        let conversation = Conversation::redacted(Said::default(), Redactor::default());
        let codes = [Arc::new(Code::new_external(Label::from_text("Refund").expect("a label")))];
        let codes = if code { &codes[..] } else { &[] };
        suggestion(answer, &Task { conversation: &conversation, codes, notes }).map_err(|error| error.to_string())
    }

    #[test]
    fn a_code_is_of_use_without_a_confidence() {
        for confidence in [json!(null), json!("high"), json!(1.01), json!(-0.1), json!(90)] {
            let suggestion =
                read(&json!({"code": "Refund", "confidence": confidence}), true, true).expect("a suggestion");
            let code = Some(SuggestedCode { label: "Refund".to_owned(), confidence: None });
            assert_eq!(suggestion.code, code, "{confidence}");
        }
        let blank = read(&json!({"code": " ", "notes": "Hung up."}), true, true).expect("a suggestion");
        assert_eq!((blank.code, blank.notes.as_deref()), (None, Some("Hung up.")));
    }

    #[test]
    fn what_was_not_asked_for_is_left_out() {
        let answer = json!({"code": "Refund", "confidence": 0.5, "notes": " Paid twice. "});
        let code = Some(SuggestedCode { label: "Refund".to_owned(), confidence: Some(0.5) });
        let notes = Some("Paid twice.".to_owned());
        assert_eq!(
            read(&answer, true, true),
            Ok(Suggestion { code: code.clone(), notes: notes.clone(), ..Suggestion::default() })
        );
        assert_eq!(read(&answer, true, false), Ok(Suggestion { code, ..Suggestion::default() }));
        assert_eq!(read(&answer, false, true), Ok(Suggestion { notes, ..Suggestion::default() }));
    }

    #[test]
    fn an_answer_of_nothing_is_an_answer() {
        for answer in [json!({}), json!({"code": null, "confidence": null, "notes": null}), json!({"notes": " \n"})] {
            assert_eq!(read(&answer, true, true), Ok(Suggestion::default()), "{answer}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong_and_quote_nothing() {
        for (answer, problem) in [
            (json!("secret"), "the answer is no JSON object"),
            (json!(["secret"]), "the answer is no JSON object"),
            (json!({"code": {"secret": 1}}), "'code' is no text"),
            (json!({"notes": ["secret"]}), "'notes' is no text"),
        ] {
            assert_eq!(read(&answer, true, true), Err(format!("it answered what cannot be read: {problem}")));
        }
    }
}
