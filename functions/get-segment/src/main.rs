//! The Lambda function `get-segment`.

use get_segment::GetSegment;
use wrapup::system::{StartError, run};
use wrapup::{System, segment_tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    let system = system.with_segment_tables(segment_tables);
    let endpoint = GetSegment::new(&system);
    run(system, endpoint).await
}
