//! The Lambda function `update-segment`.

use update_segment::UpdateSegment;
use wrapup::System;
use wrapup::redaction::Redactor;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_notes_redactor(Redactor::of_notes_from_env()?);
    let endpoint = UpdateSegment::new(&system);
    run(system, endpoint).await
}
