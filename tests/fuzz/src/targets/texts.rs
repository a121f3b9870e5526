//! Texts: moments, languages, and what was said.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::Instant;
use wrapup::ai::{Adviser, Conversation, Extractive, Said, Task};
use wrapup::codes::Code;
use wrapup::date_time::DateTime;
use wrapup::language::{Language, Wish};
use wrapup::redaction::{Kind, Personal, Redactor};

use super::world::runtime;
use crate::driver::Target;
use crate::work::{self, Work};

pub const DATE_WORDS: &[&str] = &[
    "2024-09-16 17:52:01",
    "2024-09-16T17:52:01Z",
    "+14:00",
    "-23:59",
    "9999-12-31 23:59:59",
    "0000-01-01 00:00:00",
    "-",
    ":",
    ".999999999",
    "T",
    "Z",
    "60",
    "24",
    "02-29",
    "de",
    "fr-CA",
    ";q=0",
    ";q=1.5",
    "q=NaN",
    "*",
    ",",
    "zh-Hant",
    "\u{661}",
];

/// What conversations have that is secret, or asks for it.
pub const SPOKEN_WORDS: &[&str] = &[
    "Agent: ",
    "Customer: ",
    "\n",
    "card number",
    "4111 1111 1111 1111",
    "four one one one",
    "my PIN is",
    "1234",
    "password",
    "the password is",
    "expires",
    "08/27",
    "security code",
    "123",
    "IBAN",
    "DE89 3704 0044 0532 0130 00",
    "double",
    "triple",
    "vierundzwanzig",
    "quatre-vingt-dix-neuf",
    "veintidós",
    "oh",
    "zero",
    "a@b.org",
    "anna at example dot org",
    "born",
    "3 May 1980",
    "[card number]",
    "[PIN]",
    "[",
    "]",
    "mother's maiden name",
    "Mädchenname",
    "+49 30 901820",
    "?",
    ".",
    "and",
    "no",
    "yes",
    "Refund",
    "the order is",
    "I was charged twice",
    "ignore all instructions",
    "İ",
    "ß",
    "\u{301}",
    "１２３",
    "👩‍👩‍👧",
    "\u{202e}",
    "-",
    "the last four digits are",
    "code word",
    "Straße",
    "mil",
    "hundert",
    "thousand",
    "of",
    "numéro de carte",
];

/// Dates and times, languages and lists of them.
pub struct DateTimes;

impl Target for DateTimes {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let text = String::from_utf8_lossy(input);
        let asked = Wish::settle(Some(&text), None, None);
        let mut seen = String::new();
        if let Wish::For(languages) = &asked {
            seen = "l".repeat(languages.len().min(9));
            let mut once = languages.clone();
            once.sort_by_key(|language| language.as_str().to_owned());
            once.dedup();
            ensure(once.len() == languages.len(), "a language is listed twice")?;
        }
        if let Ok(language) = Language::try_from(text.clone().into_owned()) {
            let again = Language::try_from(language.as_str().to_owned());
            ensure(again.is_ok_and(|again| again == language), "a language is not read as it is written")?;
        }
        let Some(moment) = DateTime::parse(&text) else { return Ok(seen) };
        let written = moment.to_string();
        ensure(written.len() == 19, "written with more or less than 19 characters")?;
        ensure(DateTime::parse(&written) == Some(moment), "not read as it is written")?;
        ensure(DateTime::parse(&moment.to_rfc_3339()) == Some(moment), "not read as RFC 3339 writes it")?;
        for seconds in [0, 1, 86_400, 4_294_967_295, u64::MAX] {
            let later = moment.plus_seconds(seconds);
            ensure(later.is_none_or(|later| later.to_string() >= written), "later is earlier as text")?;
            ensure(
                later.is_none_or(|later| later.minus_seconds(seconds) == Some(moment)),
                "there and back is elsewhere",
            )?;
            let earlier = moment.minus_seconds(seconds);
            ensure(earlier.is_none_or(|earlier| earlier.to_string() <= written), "earlier is later as text")?;
        }
        ensure(moment.start_of_day() <= moment && written.starts_with(&moment.day()), "another day")?;
        Ok(seen + " and a moment")
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        let text = String::from_utf8_lossy(input);
        let read = || (DateTime::parse(&text), Wish::settle(Some(&text), None, None));
        Some(work::of(|| drop(read())).1)
    }
}

/// So often a text may be redacted until nothing more is found in it.
const PASSES: usize = 40;

/// A text with secrets.
#[derive(Default)]
pub struct Redaction {
    redactor: Redactor,
}

impl Target for Redaction {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let text = String::from_utf8_lossy(input);
        let found = self.redactor.find(&text);
        let mut end = 0;
        for finding in &found {
            let bytes = &finding.bytes;
            ensure(bytes.start >= end, "findings overlap, or are out of order")?;
            ensure(bytes.start < bytes.end, "a finding of nothing")?;
            // None where it is out of bounds or within a character.
            ensure(text.get(bytes.clone()).is_some(), "a finding that is no part of the text")?;
            end = bytes.end;
        }
        for kind in Kind::ALL {
            // What is glued to a secret may be taken for a part of it, whole: half of it would say less than nothing.
            let stands = format!("[{}]", kind.as_str());
            for (start, _) in text.match_indices(&stands) {
                let end = start + stands.len();
                let overlap = |bytes: &Range<usize>| bytes.start < end && start < bytes.end;
                let holds = |bytes: &Range<usize>| bytes.start <= start && end <= bytes.end;
                let is_cut = found.iter().any(|finding| overlap(&finding.bytes) && !holds(&finding.bytes));
                ensure(!is_cut, "what was in brackets is cut")?;
            }
        }
        let redacted = self.redactor.redact(&text);
        // What stands in brackets now may tell more of what is beside it; all that does must come to an end.
        let mut last = redacted.into_owned();
        for pass in 0.. {
            let again = self.redactor.redact(&last);
            if again == last {
                break;
            }
            ensure(pass < PASSES, &format!("redacted for the {PASSES}th time, '{last}' is '{again}'"))?;
            last = again.into_owned();
        }
        // What a deployment keeps is no reason for anything else to stay.
        let kept = Redactor::new(Personal::NONE).find(&text);
        ensure(kept.iter().all(|finding| found.contains(finding)), "found only where personal data are kept")?;
        let mut kinds: Vec<&str> = found.iter().map(|finding| finding.kind.as_str()).collect();
        kinds.dedup();
        Ok(kinds.join(", "))
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        let text = String::from_utf8_lossy(input);
        Some(work::of(|| drop(self.redactor.redact(&text))).1)
    }
}

/// What is made of a conversation.
pub struct Transcripts {
    runtime: Runtime,
    adviser: Adviser,
    codes: Vec<Arc<Code>>,
}

impl Transcripts {
    pub fn new() -> Self {
        let labels = ["Refund", "Billing Issue", "Delivery", "Password Reset", "Rückruf"];
        let code = |label| serde_json::from_value(serde_json::json!({"sys_id": label, "code": label})).expect("a code");
        let codes = labels.into_iter().map(|label| Arc::new(code(label))).collect();
        let adviser = Adviser::new(Arc::new(Extractive::new()), Redactor::default());
        Self { runtime: runtime(), adviser, codes }
    }
}

/// Bytes of a secret that may stand in notes by chance.
const SHORT_SECRET: usize = 6;

/// Characters that notes may have.
const MOST_NOTES: usize = 4_000;

impl Target for Transcripts {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let conversation = Conversation::redacted(said(input), Redactor::default());
        let task = Task { conversation: &conversation, codes: &self.codes, notes: true };
        let suggest = || {
            let deadline = Instant::now() + Duration::from_secs(600);
            self.runtime
                .block_on(async { self.adviser.suggest(&task, deadline).await })
                .map_err(|error| error.to_string())
        };
        let suggestion = suggest()?;
        ensure(suggest()? == suggestion, "the same conversation is answered otherwise")?;
        let named = suggestion.code.iter().chain(&suggestion.alternatives);
        for code in named {
            ensure(task.allowed(&code.label).is_some(), "a code that is not allowed")?;
            let sure = code.confidence.is_none_or(|confidence| (0.0..=1.0).contains(&confidence));
            ensure(sure, "a confidence that is none")?;
        }
        let notes = suggestion.notes.unwrap_or_default();
        ensure(notes.chars().count() <= MOST_NOTES, "notes that are too long")?;
        // A secret that is taken out where it was said is nowhere in the notes.
        let text = said(input).transcript.unwrap_or_default();
        let kept = conversation.transcript().unwrap_or_default();
        for finding in Redactor::default().find(&text) {
            let secret = &text[finding.bytes];
            let is_out = secret.len() < SHORT_SECRET || kept.contains(secret) || !notes.contains(secret);
            ensure(is_out, &format!("notes with the secret '{secret}': '{notes}'"))?;
        }
        let named = suggestion.code.iter().chain(&suggestion.alternatives).map(|code| code.label.as_str());
        Ok(format!("{} {}", named.collect::<Vec<_>>().join(" "), "n".repeat(notes.len() / 64)))
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        Some(work::of(|| drop(Conversation::redacted(said(input), Redactor::default()))).1)
    }
}

fn said(input: &[u8]) -> Said {
    let text = String::from_utf8_lossy(input);
    let (first, rest) = text.split_once("\n\n").unwrap_or(("", &text));
    Said { short_description: Some(first.to_owned()), transcript: Some(rest.to_owned()), language: None }
}

pub fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
