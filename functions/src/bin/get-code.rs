//! `GET code/{code_id}`: one wrap-up code by its sys_id.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Envelope, Route};
use wrapup::codes::{Codes, ShownCode};
use wrapup::document::Id;
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = GetCode::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the code table, one item a call.
pub struct GetCode {
    codes: Codes,
}

impl GetCode {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { codes: system.codes().clone() }
    }
}

#[async_trait]
impl Endpoint for GetCode {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/code/{code_id}"] }
    }

    fn envelope(&self) -> Envelope {
        Envelope::Result
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let code_id: Id = call.read(|request| request.path.required("code_id"))?;
        let code = self.codes.get(code_id.as_str()).await?;
        let result_map = ResultMap { wrap_up_code: code.shown(&call.wish) };
        let result = CodeResult { message: "Wrap up code found.", result_map, success: true };
        Ok(call.answer(StatusCode::OK, &Body { result }))
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WrapUpCodeAnswer"))]
struct Body<'a> {
    result: CodeResult<'a>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WrapUpCodeResult"))]
struct CodeResult<'a> {
    /// What was done.
    message: &'static str,
    result_map: ResultMap<'a>,
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FoundWrapUpCode"))]
struct ResultMap<'a> {
    wrap_up_code: ShownCode<'a>,
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::codes::Label;
    use wrapup::document::{FromText, Id};
    use wrapup::openapi::{Documented, Object, Operation, Parameter, Schemas, Topic};

    use super::{Body, GetCode};

    impl Documented for GetCode {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let path = Object::new("CodeId", "Which code.").required::<Id>("code_id", "sys_id of the wrap-up code.");
            let example = Label::from_text("Refund").map(|label| label.sys_id()).unwrap_or_default();
            Operation {
                id: "getCode",
                topic: Topic::Codes,
                summary: "Get a wrap-up code",
                description: "One wrap-up code by its sys_id, or by one that it had in another system.",
                parameters: Parameter::with_example(Parameter::of_path(path), "code_id", example),
                body: None,
                answers: vec![(200, "The code.", schemas.answer::<Body<'static>>())],
                not_found: Some("No code has this sys_id."),
                links: Vec::new(),
            }
        }
    }
}
