//! The Lambda function `get-segment`, with the team's segment tables.

use wrapup::system::{StartError, run};
use wrapup_functions::get_segment::GetSegment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = third_party_segments::system()?;
    let endpoint = GetSegment::new(&system);
    run(system, endpoint).await
}
