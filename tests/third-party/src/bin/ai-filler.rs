//! The Lambda function `ai-filler`, with the team's segment tables.

use wrapup::system::StartError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    ai_filler::run(third_party_segments::system()?).await
}
