//! `GET configuration/{sys_id}`: one of the configurations that an administrator keeps for internal wrap-ups.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use serde::Serialize;
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::configurations::{Configurations, ShownDefinition};
use wrapup::document::Id;
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = GetConfiguration::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the configuration table, one item a call.
pub struct GetConfiguration {
    configurations: Configurations,
}

impl GetConfiguration {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { configurations: system.configurations().clone() }
    }
}

#[async_trait]
impl Endpoint for GetConfiguration {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/configuration/{sys_id}"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let sys_id: Id = call.read(|request| request.path.required("sys_id"))?;
        let definition = self.configurations.get(sys_id.as_str()).await?;
        let message = "Wrap up configuration retrieved successfully.";
        let answer = ConfigurationAnswer { success: true, message, configuration: definition.shown() };
        Ok(call.answer(StatusCode::OK, &answer))
    }
}

/// The answer about a configuration.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct ConfigurationAnswer<'a> {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What has been done.
    message: &'static str,
    configuration: ShownDefinition<'a>,
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::document::Id;
    use wrapup::openapi::{Documented, Object, Operation, Parameter, Schemas, Topic};
    use wrapup::sys_id::{Kind, derive};

    use super::{ConfigurationAnswer, GetConfiguration};

    impl Documented for GetConfiguration {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let path = Object::new("ConfigurationId", "Which configuration.")
                .required::<Id>("sys_id", "sys_id of the wrap-up configuration.");
            let example = derive(Kind::Configuration, &["Demo"]);
            Operation {
                id: "getConfiguration",
                topic: Topic::Configurations,
                summary: "Get a wrap-up configuration",
                description: "One of those that an administrator keeps, by its sys_id.",
                parameters: Parameter::with_example(Parameter::of_path(path), "sys_id", example),
                body: None,
                answers: vec![(200, "The configuration.", schemas.answer::<ConfigurationAnswer<'static>>())],
                not_found: Some("No configuration has this sys_id."),
                links: Vec::new(),
            }
        }
    }
}
