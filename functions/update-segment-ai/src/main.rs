//! The Lambda function `update-segment-ai`.

use update_segment_ai::UpdateSegmentAi;
use wrapup::System;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = UpdateSegmentAi::new(&system);
    run(system, endpoint).await
}
