//! The Lambda function `find-segment`.

use find_segment::FindSegment;
use wrapup::System;
use wrapup::api::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = FindSegment::new(&system);
    run(system, endpoint).await
}
