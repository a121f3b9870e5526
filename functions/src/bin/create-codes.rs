//! `POST code`: creates and updates wrap-up codes.

use std::collections::HashSet;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Envelope, MOST_ANSWER_BYTES, Route};
use wrapup::codes::{CodeRequest, Codes, Label, ShownCode};
use wrapup::document::{Fields, Problem, Violations};
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = CreateCodes::new(&system);
    run(system, endpoint).await
}

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

    fn served_beside(&self) -> &'static [Method] {
        // `list-codes` serves it.
        const LISTED: &[Method] = &[Method::GET];
        LISTED
    }

    fn envelope(&self) -> Envelope {
        Envelope::Result
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let entries = call.read(|request| read_entries(request.body))?;
        let admission = self.codes.admit(entries.iter().filter(|entry| entry.is_ok()).count())?;
        judge_size(&self.codes, call, &entries).await?;
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
        let outcomes = admission.upsert(&requests, true, &call.caller.user_name).await;
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
        // None of them is stored, so what is wrong with one is wrong with the request.
        for entry in body.objects("codes").iter().flatten() {
            CodeRequest::read(entry);
        }
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

/// As many codes as always fit into an answer, whatever is stored of them: for these the table is not asked.
const SURE: usize = 5_000_000;

/// What the answer has around its entries.
const FRAME: usize = 1_000;

/// Bytes of a code that is shown with as much as there can be: four texts, of which no character takes more than 7, and
/// what stands around them.
const MOST_OF_A_CODE: usize = 7 * 2 * (255 + CodeRequest::LONGEST_DESCRIPTION) + 500;

/// Judges by its entries whether a request's answer will fit, before anything is stored: a request whose answer cannot be
/// sent would be sent again for ever. For the usual one that is a multiplication; where what the table may hold could make
/// the answer too large, the table is asked, 100 codes a request.
///
/// # Errors
/// [`Error::AnswerTooLarge`], with the number of entries that fit.
async fn judge_size(codes: &Codes, call: &Call, entries: &[Result<CodeRequest, Failed>]) -> Result<(), Error> {
    let roughly = entries.iter().map(|entry| match entry {
        Ok(_) => MOST_OF_A_CODE,
        Err(failed) => failed.bytes_at_most(),
    });
    if roughly.sum::<usize>() <= SURE {
        return Ok(());
    }
    let widest = call.widest_character();
    let at_most = entries.iter().map(|entry| match entry {
        Ok(request) => call.bytes_of(&request.at_most(&call.wish, widest).shown(&call.wish)),
        Err(failed) => call.bytes_of(failed),
    });
    if fitting(at_most, SURE) == entries.len() {
        return Ok(());
    }
    let requests: Vec<CodeRequest> = entries.iter().filter_map(|entry| entry.as_ref().ok()).cloned().collect();
    let mut foreseen = codes.foresee(&requests).await?.into_iter();
    let exactly = entries.iter().map(|entry| match entry {
        Ok(_) => foreseen.next().map_or(0, |code| call.bytes_of(&code.shown(&call.wish))),
        Err(failed) => call.bytes_of(failed),
    });
    match fitting(exactly, MOST_ANSWER_BYTES - FRAME) {
        fit if fit < entries.len() => Err(Error::AnswerTooLarge { fit }),
        _ => Ok(()),
    }
}

/// How many of these sizes, from the first, come to at most so much.
fn fitting(sizes: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut sum = 0;
    sizes
        .take_while(|size| {
            sum += size;
            sum <= most
        })
        .count()
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WrapUpCodesAnswer"))]
struct Body<'a> {
    result: CodesResult<'a>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WrapUpCodesResult"))]
struct CodesResult<'a> {
    /// What was done, or every violation where no code was stored.
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_map: Option<ResultMap<'a>>,
    /// Whether at least one code was stored.
    success: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "StoredWrapUpCodes"))]
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

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::codes::CodeRequest;
    use wrapup::openapi::{self, Documented, Link, Object, Operation, Schemas, Topic, json};

    use super::{Body, CreateCodes, MOST_CODES};

    impl Documented for CreateCodes {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let answer = schemas.answer::<Body<'static>>();
            let code = json!({ "code_id": "$response.body#/result/result_map/created_wrap_up_codes/0/sys_id" });
            Operation {
                id: "createCodes",
                topic: Topic::Codes,
                summary: "Create and update wrap-up codes",
                description: "A code whose label exists already is updated and keeps its sys_id. Of entries with one label \
                              the first counts. Entries fail one by one: with some of them stored the answer is 207, with \
                              none of them 400.",
                parameters: Vec::new(),
                body: Some(described()),
                answers: vec![
                    (200, "All codes are stored.", answer.clone()),
                    (207, "Some codes are stored; the others are in `failed_wrap_up_codes`.", answer),
                ],
                not_found: None,
                links: vec![Link { name: "code", operation: "getCode", parameters: code }],
            }
        }
    }

    /// What [`super::read_entries`] reads.
    fn described() -> openapi::Body {
        let codes = Object::new("NewWrapUpCodes", "Codes to be created or updated.").required_objects(
            "codes",
            CodeRequest::described(),
            MOST_CODES,
            "The codes, each label once.",
        );
        openapi::Body::new([codes]).example(
            "codes",
            "Two codes, one of them in two languages",
            json!({ "codes": [
                {
                    "code": "Refund",
                    "description": "Money goes back",
                    "active": true,
                    "translations": [
                        { "language": "de", "code": "Erstattung", "description": "Geld geht zurück" },
                        { "language": "fr", "code": "Remboursement", "description": "L'argent est rendu" }
                    ]
                },
                { "code": "General Enquiry" }
            ] }),
        )
    }
}
