//! The Lambda function `update-segment`.

use update_segment::UpdateSegment;
use wrapup::api::{StartError, run};
use wrapup::{System, settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_notes_redactor(settings::notes_redactor()?);
    let endpoint = UpdateSegment::new(&system);
    run(system, endpoint).await
}
