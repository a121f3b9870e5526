//! `POST /oauth_token.do`: tokens for OAuth clients. It stands beside the API: no authorizer is in front of it, since it
//! is where callers prove who they are.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, service_fn};
use wrapup::api::{Event, TokenEndpoint};
use wrapup::clock::Clock;
use wrapup::system::StartError;
use wrapup::watch::Reporter;
use wrapup::{System, logging};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    logging::init();
    let endpoint = endpoint(&System::from_env()?).with_reporter(Reporter::stdout(Clock::system()));
    // In a box, so that the futures of the runtime around it stay as small as their types.
    let service =
        service_fn(|event: LambdaEvent<Event>| Box::pin(async { Ok::<_, Infallible>(endpoint.invoke(event).await) }));
    Ok(lambda_runtime::run(service).await?)
}

/// The endpoint of a deployment. Reads the tables of clients and users, one item each.
pub fn endpoint(system: &System) -> TokenEndpoint {
    TokenEndpoint::new(system.oauth().cloned())
}
