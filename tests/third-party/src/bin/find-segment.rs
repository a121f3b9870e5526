//! The Lambda function `find-segment`, with the team's segment tables.

use wrapup::system::{StartError, run};
use wrapup_functions::find_segment::FindSegment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = third_party_segments::system()?;
    let endpoint = FindSegment::new(&system);
    run(system, endpoint).await
}
