//! The Lambda function `authorizer`.

use authorizer::Authorizer;
use lambda_runtime::service_fn;
use wrapup::clock::Clock;
use wrapup::system::StartError;
use wrapup::watch::Reporter;
use wrapup::{System, logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::init();
    let authorizer = Authorizer::new(&System::from_env()?).with_reporter(Reporter::stdout(Clock::system()));
    Ok(lambda_runtime::run(service_fn(|event| authorizer.handle(event))).await?)
}
