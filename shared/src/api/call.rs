use lambda_http::http::StatusCode;
use serde::Serialize;

use super::Caller;
use super::negotiate::Format;
use super::render::{RenderError, render};
use super::size::carried_text;
use crate::document::{Document, Fields, Violations, read_all};
use crate::language::Wish;

/// A request that has passed the edge's checks.
pub struct Call {
    pub(super) path: Document,
    pub(super) query: Document,
    pub(super) body: Document,
    pub(super) format: Format,
    pub(super) csv: bool,
    /// Who calls.
    pub caller: Caller,
    /// The languages that the answer's translations may be in.
    pub wish: Wish,
}

/// The parts of a request that hold fields.
pub struct RequestFields<'a> {
    /// The path's parameters, decoded.
    pub path: &'a Fields<'a>,
    /// The query's parameters, decoded.
    pub query: &'a Fields<'a>,
    /// The body's fields; none where the method has no body.
    pub body: &'a Fields<'a>,
}

/// A successful answer, written already.
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Result<Vec<u8>, RenderError>,
    pub(super) csv: bool,
}

/// What stands between two entries of a list.
const SEPARATOR: usize = ",".len();

impl Call {
    /// Reads what the endpoint needs from the request, or names every field that is wrong.
    pub fn read<T>(&self, read: impl FnOnce(RequestFields<'_>) -> Option<T>) -> Result<T, Violations> {
        read_all([&self.path, &self.query, &self.body], |[path, query, body]| read(RequestFields { path, query, body }))
    }

    /// Bytes that a part of an answer, such as an entry of a list, takes of
    /// [`MOST_ANSWER_BYTES`](super::MOST_ANSWER_BYTES), in the format that the caller accepts.
    pub fn bytes_of<T: Serialize>(&self, part: &T) -> usize {
        // What cannot be written is an error of the answer itself.
        render(self.format, part).map_or(0, |written| carried_text(&written) + SEPARATOR)
    }

    /// The character that takes most bytes of an answer in the format that the caller accepts.
    pub fn widest_character(&self) -> char {
        self.format.widest_character()
    }

    /// An answer in the format that the caller accepts.
    pub fn answer<T: Serialize>(&self, status: StatusCode, body: &T) -> Answer {
        Answer { status, body: render(self.format, body), csv: false }
    }

    /// Whether the caller accepts CSV, and rather than JSON and XML, of an endpoint that [has it](super::Endpoint::has_csv).
    pub fn wants_csv(&self) -> bool {
        self.csv
    }

    /// An answer in CSV.
    pub fn answer_csv(&self, csv: String) -> Answer {
        Answer { status: StatusCode::OK, body: Ok(csv.into_bytes()), csv: true }
    }
}
