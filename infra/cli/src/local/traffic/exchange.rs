use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;
use wrapup::api::TOKEN_PATH;

use super::ignored::Ignored;
use super::masks;

/// Bytes of a body that are kept.
const MOST_OF_A_BODY: usize = 64 * 1024;

/// A request and its answer, without credentials.
#[derive(Debug, Serialize)]
pub struct Exchange {
    /// When the request's head was there, in milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// Until it was answered, or its caller gone.
    pub took_ms: u64,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub request: Message,
    /// Fields of the request that its call does not know.
    pub ignored: Vec<Ignored>,
    /// None where the caller has gone before there was one.
    pub answer: Option<Answer>,
}

/// An answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub status: u16,
    #[serde(flatten)]
    pub message: Message,
}

/// Headers and a body.
#[derive(Debug, Serialize)]
pub struct Message {
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Bytes that came, of which `body` may be fewer.
    pub bytes: usize,
    /// Whether there was more of the body than is kept.
    pub cut: bool,
}

/// A body as far as it has come.
#[derive(Debug, Default)]
pub struct Taken {
    kept: Vec<u8>,
    bytes: usize,
}

impl Taken {
    /// One more part of it.
    pub fn take(&mut self, part: &[u8]) {
        self.bytes += part.len();
        let room = MOST_OF_A_BODY - self.kept.len();
        self.kept.extend_from_slice(part.get(..room).unwrap_or(part));
    }

    /// All of it; none where it is larger than what is kept.
    pub fn whole(&self) -> Option<&[u8]> {
        (self.bytes == self.kept.len()).then_some(&self.kept)
    }
}

/// What becomes of a body before it is kept.
#[derive(Clone, Copy)]
enum Masked {
    Form,
    Answer,
    No,
}

impl Message {
    fn new(headers: &HeaderMap, taken: &Taken, masked: Masked) -> Self {
        let cut = taken.bytes > taken.kept.len();
        let compressed = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
        let text = if compressed { "".into() } else { String::from_utf8_lossy(&taken.kept) };
        let body = match masked {
            Masked::No => text.into_owned(),
            Masked::Form => masks::form(&text),
            Masked::Answer => masks::token_answer(&text),
        };
        Self { headers: masks::headers(headers), body, bytes: taken.bytes, cut }
    }

    fn size(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }
}

impl Exchange {
    /// A request that has not been answered.
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap, taken: &Taken) -> Self {
        let masked = if uri.path().starts_with(TOKEN_PATH) { Masked::Form } else { Masked::No };
        Self {
            began_ms: 0,
            took_ms: 0,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(masks::query),
            request: Message::new(headers, taken, masked),
            ignored: Vec::new(),
            answer: None,
        }
    }

    /// The same with its answer.
    pub fn answered(self, status: u16, headers: &HeaderMap, taken: &Taken) -> Self {
        let masked = if self.path.starts_with(TOKEN_PATH) { Masked::Answer } else { Masked::No };
        Self { answer: Some(Answer { status, message: Message::new(headers, taken, masked) }), ..self }
    }

    /// What it takes in memory, roughly.
    pub fn bytes(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, |answer| answer.message.size());
        let ignored: usize = self.ignored.iter().map(|ignored| 100 + ignored.field.len()).sum();
        500 + ignored + self.path.len() + self.query.as_ref().map_or(0, String::len) + self.request.size() + answer
    }
}
