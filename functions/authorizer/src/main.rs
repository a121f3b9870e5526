//! The Lambda function `authorizer`.

use authorizer::Authorizer;
use lambda_runtime::{Error, service_fn};
use wrapup::{System, logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init();
    let authorizer = Authorizer::new(&System::from_env()?);
    lambda_runtime::run(service_fn(|event| authorizer.handle(event))).await
}
