//! What a check consists of. A check is data: requests to be sent in order, and what each has to be answered with.
//!
//! In texts, `{name}` stands for a value: `{run}` for what all data of this run begins with, `{id}` for this check's
//! own, `{agent}`, `{interaction}`, `{configuration}` and `{segment_table}` for what the data belongs to, `{client}`
//! and `{client_secret}` for an OAuth client as a form has them, and whatever an earlier step has kept. `{ID}` is the
//! value of `{id}` in capitals.

use hyper::Method;
use serde_json::{Value, json};

/// Whose word an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The reference's: it counts for everybody.
    Reference,
    /// `wrapup`'s, where the reference leaves something open, or beyond it.
    Addition,
}

/// A way to word requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// JSON, and paths that name the version.
    Json,
    /// XML, and paths that do not.
    Xml,
}

/// One thing that has to be so.
pub struct Check {
    pub source: Source,
    pub says: String,
    /// In which ways it is asked.
    pub ways: &'static [Way],
    /// The option without which it cannot be asked: what the API alone cannot make.
    pub needs: Option<&'static str>,
    pub steps: Vec<Step>,
}

/// What the reference says.
pub fn reference(says: impl Into<String>) -> Check {
    Check::new(Source::Reference, says.into())
}

/// What `wrapup` says where the reference is silent.
pub fn addition(says: impl Into<String>) -> Check {
    Check::new(Source::Addition, says.into())
}

impl Check {
    fn new(source: Source, says: String) -> Self {
        Self { source, says, ways: &[Way::Json, Way::Xml], needs: None, steps: Vec::new() }
    }

    /// Then this is sent.
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// It is about JSON, or about something that has no format.
    pub fn in_json(self) -> Self {
        Self { ways: &[Way::Json], ..self }
    }

    /// It is about XML.
    pub fn in_xml(self) -> Self {
        Self { ways: &[Way::Xml], ..self }
    }

    /// It needs what this option names.
    pub fn needs(self, option: &'static str) -> Self {
        Self { needs: Some(option), ..self }
    }
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The user.
    User,
    /// Nobody.
    Nobody,
    /// Somebody who is not known.
    Stranger,
}

/// A request's body.
pub enum Body {
    None,
    /// Fields, in the format of the way.
    Fields(Value),
    /// A text in a form of its own, and how its bytes are made.
    Text {
        content_type: &'static str,
        text: String,
        bytes: fn(&str) -> Vec<u8>,
    },
}

/// A request, and what it has to be answered with.
pub struct Step {
    pub method: Method,
    /// Below `wrapup/`; with a `/` in front, from the URL on.
    pub path: String,
    pub caller: Caller,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
    /// Those of which one has to come.
    pub statuses: &'static [u16],
    /// What the answer has to show; see [`super::compare`]. Null where its body does not matter.
    pub shows: Value,
    pub shows_headers: Vec<(&'static str, String)>,
    /// Values of the answer that later steps use: their names and JSON pointers.
    pub keeps: Vec<(&'static str, &'static str)>,
    /// Statuses by which a server says that it does not have this addition.
    pub unknown_by: &'static [u16],
}

/// A GET.
pub fn get(path: impl Into<String>) -> Step {
    Step::new(Method::GET, path)
}

/// A POST.
pub fn post(path: impl Into<String>, fields: Value) -> Step {
    Step { body: Body::Fields(fields), ..Step::new(Method::POST, path) }
}

/// A PUT.
pub fn put(path: impl Into<String>, fields: Value) -> Step {
    Step { body: Body::Fields(fields), ..Step::new(Method::PUT, path) }
}

impl Step {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            caller: Caller::User,
            headers: Vec::new(),
            body: Body::None,
            statuses: &[200],
            shows: Value::Null,
            shows_headers: Vec::new(),
            keeps: Vec::new(),
            unknown_by: &[],
        }
    }

    /// With a body that is not in the format of the way, in UTF-8.
    pub fn text(self, content_type: &'static str, text: impl Into<String>) -> Self {
        self.bytes(content_type, text, |text| text.as_bytes().to_vec())
    }

    /// With a body whose bytes are made otherwise.
    pub fn bytes(self, content_type: &'static str, text: impl Into<String>, bytes: fn(&str) -> Vec<u8>) -> Self {
        Self { body: Body::Text { content_type, text: text.into(), bytes }, ..self }
    }

    /// With a header, in place of what would be sent.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As somebody else than the user.
    pub fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    /// The answer has this status and shows this.
    pub fn answers(self, status: &'static [u16], shows: Value) -> Self {
        Self { statuses: status, shows, ..self }
    }

    /// The answer has this status, whatever it shows.
    pub fn has_status(self, status: &'static [u16]) -> Self {
        Self { statuses: status, ..self }
    }

    /// The answer shows this, with status 200.
    pub fn shows(self, shows: Value) -> Self {
        Self { shows, ..self }
    }

    /// The answer shows a segment that shows this, with status 200.
    pub fn shows_segment(self, segment: Value) -> Self {
        self.shows(json!({ "success": true, "segment": segment }))
    }

    /// It is refused with 400, as segment endpoints refuse, and the message mentions this.
    pub fn refused(self, mentions: &str) -> Self {
        self.answers(&[400], json!({ "success": false, "message": format!("<mentions {mentions}>") }))
    }

    /// The answer has this header.
    pub fn shows_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.shows_headers.push((name, value.into()));
        self
    }

    /// Later steps use what stands there.
    pub fn keeps(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.keeps.push((name, pointer));
        self
    }

    /// A server that does not have this addition says so by one of these statuses.
    pub fn unknown_by(self, statuses: &'static [u16]) -> Self {
        Self { unknown_by: statuses, ..self }
    }
}
