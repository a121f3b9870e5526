//! The Lambda function `ai-filler`.

use wrapup::system::StartError;
use wrapup::{System, segment_tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    ai_filler::run(system.with_segment_tables(segment_tables)).await
}
