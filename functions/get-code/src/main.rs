//! The Lambda function `get-code`.

use get_code::GetCode;
use wrapup::System;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = GetCode::new(&system);
    run(system, endpoint).await
}
