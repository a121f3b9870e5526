//! `GET report/{name}`: counts of what was wrapped up.

use std::time::Duration;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use tokio::time::Instant;
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::reports::{ReportRequest, Reports};
use wrapup::system::{StartError, run};
use wrapup::users::Role;
use wrapup::{Error, System};

/// How long counting may take: what is left of the 25 seconds of a call is for the answer.
const WITHIN: Duration = Duration::from_secs(20);

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = Report::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the segment table's index by time, what of the table has passed its deadline, and snapshots in the
/// configuration table.
pub struct Report {
    reports: Reports,
}

impl Report {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { reports: system.reports() }
    }
}

#[async_trait]
impl Endpoint for Report {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/report/{name}"] }
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::Supervisor]
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let request = call.read(|request| ReportRequest::read(request.path, request.query))?;
        let report = self.reports.report(&request, Some(Instant::now() + WITHIN)).await?;
        Ok(call.answer(StatusCode::OK, &ReportAnswer { success: true, message: "Report made.", report }))
    }
}

/// The answer about a report.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct ReportAnswer {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What has been done.
    message: &'static str,
    report: wrapup::reports::Report,
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Documented, Operation, Parameter, Schemas, Topic};
    use wrapup::reports::ReportRequest;

    use super::{Report, ReportAnswer};

    impl Documented for Report {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let path = Parameter::of_path(ReportRequest::described_path());
            let query = Parameter::of_query(ReportRequest::described_query());
            let path = Parameter::with_example(path, "name", "codes");
            let query = Parameter::with_example(query, "from", "2026-01-05 00:00:00");
            let query = Parameter::with_example(query, "to", "2026-01-06 00:00:00");
            Operation {
                id: "makeReport",
                topic: Topic::Segments,
                summary: "Count what was wrapped up",
                description: "Wrap-ups that ended within a time, none of them sampled; those whose deadline has passed count \
                              as ended. Asks for the role `wrapup_supervisor`.",
                parameters: path.into_iter().chain(query).collect(),
                body: None,
                answers: vec![(200, "The report.", schemas.answer::<ReportAnswer>())],
                not_found: None,
                links: Vec::new(),
            }
        }
    }
}
