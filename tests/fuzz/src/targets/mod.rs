//! What is given inputs, and what has to hold.

mod calls;
mod documents;
mod imports;
mod pairs;
mod stored;
mod texts;
mod world;

use crate::driver::Target;

/// A target, and how it is given inputs.
pub struct Subject {
    /// Its name, which its folder of the corpus has too.
    pub name: &'static str,
    /// What inputs are.
    pub about: &'static str,
    /// What mutations put into inputs.
    pub words: &'static [&'static str],
    /// How many inputs it is given by `cargo test`.
    pub cases: u64,
    /// Bytes of the largest input.
    pub largest: usize,
    /// Makes one that has seen nothing.
    pub make: fn() -> Box<dyn Target>,
}

/// All of them.
pub const SUBJECTS: &[Subject] = &[
    Subject {
        name: "json",
        about: "a JSON body, read",
        words: documents::JSON_WORDS,
        cases: 40_000,
        largest: 8_192,
        make: || Box::new(documents::Json),
    },
    Subject {
        name: "xml",
        about: "an XML body, read",
        words: documents::XML_WORDS,
        cases: 25_000,
        largest: 8_192,
        make: || Box::new(documents::Xml),
    },
    Subject {
        name: "bodies",
        about: "a call whose JSON body is sent as the XML that says the same, too",
        words: pairs::WORDS,
        cases: 700,
        largest: 4_096,
        make: || Box::new(pairs::Pairs::new()),
    },
    Subject {
        name: "requests",
        about: "a call: method, path, query, headers, body",
        words: calls::WORDS,
        cases: 1_500,
        largest: 4_096,
        make: || Box::new(calls::Requests::new()),
    },
    Subject {
        name: "credentials",
        about: "the value of Authorization, for a function URL, the authorizer and where tokens are fetched",
        words: calls::CREDENTIAL_WORDS,
        cases: 300,
        largest: 2_048,
        make: || Box::new(calls::SignIns::new()),
    },
    Subject {
        name: "events",
        about: "an event as Lambda hands it on, of any kind",
        words: calls::EVENT_WORDS,
        cases: 1_500,
        largest: 8_192,
        make: || Box::new(calls::Events::new()),
    },
    Subject {
        name: "gzip",
        about: "the bytes of a compressed body",
        words: &["\u{1f}"],
        cases: 1_000,
        largest: 8_192,
        make: || Box::new(calls::Compressed::new()),
    },
    Subject {
        name: "stored",
        about: "an item of a table, and what reads it",
        words: stored::WORDS,
        cases: 500,
        largest: 16_384,
        make: || Box::new(stored::Stored::new()),
    },
    Subject {
        name: "date-times",
        about: "a date and time, a language, a header that lists languages",
        words: texts::DATE_WORDS,
        cases: 40_000,
        largest: 512,
        make: || Box::new(texts::DateTimes),
    },
    Subject {
        name: "redaction",
        about: "a text with secrets",
        words: texts::SPOKEN_WORDS,
        cases: 400,
        largest: 2_048,
        make: || Box::new(texts::Redaction::default()),
    },
    Subject {
        name: "transcripts",
        about: "a conversation, of which the embedded provider makes a code and notes",
        words: texts::SPOKEN_WORDS,
        cases: 150,
        largest: 2_048,
        make: || Box::new(texts::Transcripts::new()),
    },
    Subject {
        name: "imports",
        about: "a file of records: CSV, JSON or XML",
        words: imports::WORDS,
        cases: 15_000,
        largest: 8_192,
        make: || Box::new(imports::Imports),
    },
];
