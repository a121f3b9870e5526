//! The Lambda function `create-codes`.

use create_codes::CreateCodes;
use wrapup::System;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = CreateCodes::new(&system);
    run(system, endpoint).await
}
