//! The Lambda function `ai-filler`.

use ai_filler::AiFiller;
use lambda_runtime::service_fn;
use wrapup::ai::{AiSettings, Filler, ProviderKind, aws_of_function};
use wrapup::api::StartError;
use wrapup::clock::Clock;
use wrapup::{System, logging, segment_tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::init();
    let system = System::from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    let system = system.with_segment_tables(segment_tables);
    let clock = Clock::system();
    let provider = AiSettings::from_env(ProviderKind::Extractive)?.provider(&clock, aws_of_function)?;
    let filler = provider.map(|provider| Filler::new(&system, provider));
    let function = AiFiller::new(filler, clock);
    Ok(lambda_runtime::run(service_fn(|event| function.handle(event))).await?)
}
