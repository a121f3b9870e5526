//! `GET code`: wrap-up codes, by label.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Envelope, Route};
use wrapup::codes::{Code, CodeListRequest, Codes, Label, ShownCode};
use wrapup::cursors::Cursors;
use wrapup::system::{StartError, run};
use wrapup::users::Role;
use wrapup::{Error, System};
use wrapup_functions::LARGEST_PAGE;

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = ListCodes::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the code table's index and the table itself, and where there is or comes another page the keys that
/// cursors are signed with.
pub struct ListCodes {
    codes: Codes,
    cursors: Cursors,
}

impl ListCodes {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { codes: system.codes().clone(), cursors: system.cursors().clone() }
    }
}

#[async_trait]
impl Endpoint for ListCodes {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/code"] }
    }

    fn roles(&self) -> &'static [Role] {
        &Role::ALL
    }

    fn envelope(&self) -> Envelope {
        Envelope::Result
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let request = call.read(|request| CodeListRequest::read(request.query))?;
        let after: Option<Label> = match &request.paging.cursor {
            Some(cursor) => Some(self.cursors.position(&request.question, cursor).await?),
            None => None,
        };
        let page = self.codes.page(&request, after).await?;
        let mut shown = Vec::with_capacity(page.codes.len());
        let (mut bytes, mut next) = (0, page.next.as_ref());
        let mut last: Option<&Code> = None;
        for code in &page.codes {
            let entry = code.shown(&call.wish);
            bytes += call.bytes_of(&entry);
            if let Some(last) = last.filter(|_| bytes > LARGEST_PAGE) {
                next = Some(&last.code);
                break;
            }
            shown.push(entry);
            last = Some(code);
        }
        let next_cursor = match next {
            Some(label) => Some(self.cursors.cursor(&request.question, label).await?),
            None => None,
        };
        let result_map = CodeListMap { wrap_up_codes: shown, next_cursor };
        let result = CodeListResult { success: true, message: "Wrap up codes retrieved successfully.", result_map };
        Ok(call.answer(StatusCode::OK, &CodeListAnswer { result }))
    }
}

/// The answer about a list of codes.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct CodeListAnswer<'a> {
    result: CodeListResult<'a>,
}

/// What has been done, and the codes.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct CodeListResult<'a> {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What has been done.
    message: &'static str,
    result_map: CodeListMap<'a>,
}

/// A page of codes.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct CodeListMap<'a> {
    /// The codes, by label.
    wrap_up_codes: Vec<ShownCode<'a>>,
    /// What the next page is asked by; absent where the list has ended. A page may have fewer codes than were asked for, or
    /// none, and still have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::codes::CodeListRequest;
    use wrapup::openapi::{Documented, Operation, Parameter, Schemas, Topic};

    use super::{CodeListAnswer, ListCodes};

    impl Documented for ListCodes {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let query = Parameter::of_query(CodeListRequest::described());
            Operation {
                id: "listCodes",
                topic: Topic::Codes,
                summary: "List wrap-up codes",
                description: "By label. A code that has just been created may be missing for a moment. The role \
                              `wrapup_supervisor` is enough.",
                parameters: Parameter::with_example(query, "q", "refund"),
                body: None,
                answers: vec![(200, "A page of the list.", schemas.answer::<CodeListAnswer<'static>>())],
                not_found: None,
                links: Vec::new(),
            }
        }
    }
}
