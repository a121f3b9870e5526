//! `GET configuration`: the configurations that an administrator keeps for internal wrap-ups, by name.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::configurations::{ConfigurationListRequest, Configurations, Place, ShownDefinition};
use wrapup::cursors::Cursors;
use wrapup::system::{StartError, run};
use wrapup::{Error, System};
use wrapup_functions::fitting;

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = ListConfigurations::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the configuration table's index and the table itself, and where there is or comes another page the
/// keys that cursors are signed with.
pub struct ListConfigurations {
    configurations: Configurations,
    cursors: Cursors,
}

impl ListConfigurations {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { configurations: system.configurations().clone(), cursors: system.cursors().clone() }
    }
}

#[async_trait]
impl Endpoint for ListConfigurations {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/configuration"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let request = call.read(|request| ConfigurationListRequest::read(request.query))?;
        let after: Option<Place> = match &request.paging.cursor {
            Some(cursor) => Some(self.cursors.position(&request.question, cursor).await?),
            None => None,
        };
        let page = self.configurations.page(&request, after).await?;
        let (shown, last) = fitting(call, &page.configurations, |definition| definition.shown());
        let next_cursor = match &last.map(|last| Place::of(last)).or(page.next) {
            Some(place) => Some(self.cursors.cursor(&request.question, place).await?),
            None => None,
        };
        let message = "Wrap up configurations retrieved successfully.";
        let answer = ConfigurationsAnswer { success: true, message, configurations: shown, next_cursor };
        Ok(call.answer(StatusCode::OK, &answer))
    }
}

/// The answer about a list of configurations.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct ConfigurationsAnswer<'a> {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What has been done.
    message: &'static str,
    /// The configurations, by name.
    configurations: Vec<ShownDefinition<'a>>,
    /// What the next page is asked by; absent where the list has ended. A page may have fewer configurations than were asked
    /// for, or none, and still have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::configurations::ConfigurationListRequest;
    use wrapup::openapi::{Documented, Operation, Parameter, Schemas, Topic};

    use super::{ConfigurationsAnswer, ListConfigurations};

    impl Documented for ListConfigurations {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let query = Parameter::of_query(ConfigurationListRequest::described());
            Operation {
                id: "listConfigurations",
                topic: Topic::Configurations,
                summary: "List wrap-up configurations",
                description: "Those that an administrator keeps, by name. One that has just been stored may be missing for a \
                              moment.",
                parameters: query,
                body: None,
                answers: vec![(200, "A page of the list.", schemas.answer::<ConfigurationsAnswer<'static>>())],
                not_found: None,
                links: Vec::new(),
            }
        }
    }
}
