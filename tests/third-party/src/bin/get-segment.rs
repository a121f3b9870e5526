//! The Lambda function `get-segment`, with the team's segment tables.

use get_segment::GetSegment;
use wrapup::system::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = third_party_segments::system()?;
    let endpoint = GetSegment::new(&system);
    run(system, endpoint).await
}
