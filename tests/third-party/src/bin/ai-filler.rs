//! The Lambda function `ai-filler`, with the team's segment tables.

use wrapup::system::StartError;
use wrapup_functions::ai_filler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    ai_filler::run(third_party_segments::system()?).await
}
