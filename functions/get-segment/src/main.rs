//! The Lambda function `get-segment`.

use get_segment::GetSegment;
use wrapup::System;
use wrapup::api::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = GetSegment::new(&system);
    run(system, endpoint).await
}
