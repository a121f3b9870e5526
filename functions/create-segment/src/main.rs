//! The Lambda function `create-segment`.

use create_segment::CreateSegment;
use wrapup::System;
use wrapup::api::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = CreateSegment::new(&system);
    run(system, endpoint).await
}
