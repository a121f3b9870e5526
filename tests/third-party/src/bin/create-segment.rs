//! The Lambda function `create-segment`, with the team's segment tables.

use wrapup::system::{StartError, run};
use wrapup_functions::create_segment::CreateSegment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = third_party_segments::system()?;
    let endpoint = CreateSegment::new(&system);
    run(system, endpoint).await
}
