//! `POST code`: creates and updates wrap-up codes.

mod fits;
#[cfg(feature = "openapi")]
mod openapi;

use std::collections::HashSet;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Envelope, Route};
use wrapup::codes::{CodeRequest, Codes, Label, ShownCode};
use wrapup::document::{Fields, Problem, Violations};
use wrapup::{Error, System};

/// The endpoint. Updates the code table, one item a code.
pub struct CreateCodes {
    codes: Codes,
}

impl CreateCodes {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { codes: system.codes().clone() }
    }
}

#[async_trait]
impl Endpoint for CreateCodes {
    fn route(&self) -> Route {
        Route { method: Method::POST, paths: &["wrapup/code"] }
    }

    fn envelope(&self) -> Envelope {
        Envelope::Result
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let entries = call.read(|request| read_entries(request.body))?;
        let admission = self.codes.admit(entries.iter().filter(|entry| entry.is_ok()).count())?;
        fits::judge(&self.codes, call, &entries).await?;
        let (mut requests, mut indices, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.into_iter().enumerate() {
            match entry {
                Ok(request) => {
                    requests.push(request);
                    indices.push(index);
                }
                Err(refused) => failed.push(refused),
            }
        }
        let mut created = Vec::with_capacity(requests.len());
        let outcomes = admission.upsert(&requests, true).await;
        for ((outcome, index), request) in outcomes.into_iter().zip(indices).zip(&requests) {
            match outcome {
                Ok(code) => created.push(code),
                Err(Error::Invalid(violations)) => {
                    let code = Some(request.label.as_str().to_owned());
                    let message = violations.within(&format!("codes[{index}]")).to_string();
                    failed.push(Failed { index, code, message });
                }
                Err(error) => return Err(error),
            }
        }
        failed.sort_by_key(|failed| failed.index);
        let (status, success, message) = match (created.is_empty(), failed.is_empty()) {
            (_, true) => (StatusCode::OK, true, "All wrap up codes created successfully.".to_owned()),
            (false, false) => (StatusCode::MULTI_STATUS, true, "Some wrap up codes could not be created.".to_owned()),
            (true, false) => {
                let messages = failed.drain(..).map(|failed| failed.message).collect::<Vec<_>>();
                (StatusCode::BAD_REQUEST, false, messages.join("; "))
            }
        };
        let created_wrap_up_codes: Vec<_> = created.iter().map(|code| code.shown(&call.wish)).collect();
        let result_map = success.then_some(ResultMap { created_wrap_up_codes, failed_wrap_up_codes: failed });
        Ok(call.answer(status, &Body { result: CodesResult { message, result_map, success } }))
    }
}

/// Codes that one request may have: what an instance stores well within the 29 s for which API Gateway
/// waits.
const MOST_CODES: usize = 5_000;

/// Reads `codes`, where one entry's violations do not stop the others. Of entries with one label
/// the later ones are refused.
fn read_entries(body: &Fields<'_>) -> Option<Vec<Result<CodeRequest, Failed>>> {
    if !body.has("codes") {
        body.violation("codes", Problem::Required);
        return None;
    }
    let entries = body.each_object("codes")?;
    if entries.len() > MOST_CODES {
        body.violation("codes", Problem::TooMany { most: MOST_CODES });
        return None;
    }
    let mut labels: HashSet<Label> = HashSet::new();
    // What the messages of all entries may name together.
    let mut left = Violations::MOST_NAMED;
    let mut refused = |index, code: Option<&str>, violations: Violations| {
        let message = violations.describe(left.max(1));
        left = left.saturating_sub(violations.as_slice().len());
        Failed { index, code: code.map(str::to_owned), message }
    };
    let entries = entries.into_iter().enumerate().map(|(index, entry)| {
        let entry = entry.map_err(|violation| refused(index, None, violation.into()))?;
        let request = entry.attempt(|entry| {
            let request = CodeRequest::read(entry)?;
            if !labels.insert(request.label.clone()) {
                entry.violation("code", Problem::Repeats { value: request.label.as_str().to_owned() });
            }
            Some(request)
        });
        request.map_err(|violations| refused(index, entry.as_given("code"), violations))
    });
    Some(entries.collect())
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CodesAnswer"))]
struct Body<'a> {
    result: CodesResult<'a>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
struct CodesResult<'a> {
    /// What was done, or every violation where no code was stored.
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_map: Option<ResultMap<'a>>,
    /// Whether at least one code was stored.
    success: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
struct ResultMap<'a> {
    /// In the request's order.
    created_wrap_up_codes: Vec<ShownCode<'a>>,
    /// Entries that break rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed_wrap_up_codes: Vec<Failed>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FailedCode"))]
struct Failed {
    /// Position in the request's `codes`, counted from 0.
    index: usize,
    /// The label as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What is wrong with it.
    message: String,
}

impl Failed {
    /// Bytes that it takes of an answer, at the most.
    fn bytes_at_most(&self) -> usize {
        7 * (self.message.len() + self.code.as_ref().map_or(0, String::len)) + 200
    }
}
