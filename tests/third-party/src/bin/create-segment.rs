//! The Lambda function `create-segment`, with the team's segment tables.

use create_segment::CreateSegment;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = third_party_segments::system()?;
    let endpoint = CreateSegment::new(&system);
    run(system, endpoint).await
}
