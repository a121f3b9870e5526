//! The whole API on one machine: the embedded DynamoDB, the functions' own endpoints, and what
//! API Gateway does in front of them.

mod demo;
mod engine;
mod gateway;
mod lambda;
mod page;
mod server;
mod signals;
mod stream;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ai_filler::AiFiller;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wrapup::System;
use wrapup::ai::{AiSettings, AiSettingsError, Filler, Provider, ProviderKind};
use wrapup::api::{Api, Origins, StartError};
use wrapup::clock::Clock;
use wrapup::dynamodb::{Tables, tables};
use wrapup::openapi::Contract;
use wrapup::segment_tables;
use wrapup::settings::{self, SettingsError};

use crate::connect::{DYNAMODB_PORT, LAMBDA_PORT, ai_provider, on_this_machine};
use crate::endpoints::endpoints;
use crate::output;
use engine::Engine;
use server::{Guard, Limits, Server};
use signals::Signals;

/// How long the requests that run may take to finish once the process is told to end: callers that have
/// stalled would keep it for good.
const DRAIN: Duration = Duration::from_secs(30);

/// What `wrapup local` takes.
#[derive(Args, Clone)]
pub struct Options {
    /// Port of the API; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the embedded DynamoDB; 0 takes a free one
    #[arg(long, default_value_t = DYNAMODB_PORT)]
    dynamodb_port: u16,
    /// Folder in which data outlives a restart
    #[arg(long, value_name = "DIR", default_value = ".wrapup")]
    data: PathBuf,
    /// A Lambda function to run beside the API, started by a command and speaking the Lambda Runtime
    /// API, as a table of WRAPUP_SEGMENT_TABLES names it; may be repeated
    #[arg(long = "function", value_name = "NAME=COMMAND")]
    functions: Vec<lambda::Function>,
    /// Port of the Lambda Invoke API in front of these functions; 0 takes a free one
    #[arg(long, default_value_t = LAMBDA_PORT)]
    lambda_port: u16,
    /// Keep the data in memory instead, and lose it at the end
    #[arg(long, conflicts_with = "data")]
    in_memory: bool,
}

/// Why the API does not run here.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Another program listens there.
    #[error("port {port} is taken by another program; choose another by {option}")]
    PortTaken { port: u16, option: &'static str },
    /// The port cannot be listened on.
    #[error("cannot listen on port {port}: {source}")]
    Listen { port: u16, source: io::Error },
    /// The data folder cannot be used.
    #[error("cannot use {} for the data: {problem}", path.display())]
    Data { path: PathBuf, problem: String },
    /// Two functions would answer to one name.
    #[error("two functions are named {name}; each --function needs a name of its own")]
    FunctionTwice { name: String },
    /// The environment says something that is of no use.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The segment tables cannot be put together.
    #[error(transparent)]
    SegmentTables(#[from] segment_tables::SegmentTablesError),
    /// The AI provider cannot be put together.
    #[error(transparent)]
    Ai(#[from] AiSettingsError),
    /// The functions cannot be put together.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The tables or the demo data could not be made.
    #[error(transparent)]
    Wrapup(#[from] wrapup::Error),
    /// Requests were running when there was no more time for them.
    #[error("ended before all requests were finished")]
    CutShort,
    /// The server broke down.
    #[error("the server broke down: {0}")]
    Serve(#[from] io::Error),
}

/// Runs until it is told to end, finishes the requests that run, and ends at once when told a second time.
pub async fn run(options: Options) -> Result<(), LocalError> {
    let api_listener = listen(options.port, "--port").await?;
    let engine_listener = listen(options.dynamodb_port, "--dynamodb-port").await?;
    let (api_port, engine_port) = (api_listener.local_addr()?.port(), engine_listener.local_addr()?.port());

    let limits = Limits::of_this_process();
    let data = (!options.in_memory).then_some(options.data);
    let engine = Engine::open(data.as_deref())?;
    let (stop_engine, told_to_stop) = oneshot::channel::<()>();
    let engine_served = Server::new(engine.routes(), Guard::for_programs(engine_port), limits)
        .serve(engine_listener, async { drop(told_to_stop.await) });
    let engine_served = tokio::spawn(engine_served);
    // As the functions do, so that they can run on this DynamoDB in the same environment.
    let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
    let dynamo = engine.dynamo(on_this_machine(engine_port), tables);
    tables::create_missing(&dynamo).await.map_err(wrapup::Error::from)?;
    let lambda_port = start_functions(options.lambda_port, options.functions, limits).await?;
    let connect_lambda = || {
        let mut lambda = on_this_machine(lambda_port.unwrap_or(options.lambda_port));
        lambda.endpoint = settings::optional(segment_tables::LAMBDA_ENDPOINT).or(lambda.endpoint);
        segment_tables::connect(lambda)
    };
    let segment_tables = match settings::optional(segment_tables::SEGMENT_TABLES) {
        Some(json) => segment_tables::from_json(&json, &dynamo, connect_lambda)?,
        None => segment_tables::built_in(&dynamo),
    };
    let system = System::new(dynamo, segment_tables, Clock::system(), settings::language()?)
        .with_notes_redactor(settings::notes_redactor()?);
    let demo = demo::ensure(&system).await?;
    let endpoints = endpoints(&system);
    let document = serde_json::to_string(&Contract::new(&endpoints, "/")).map_err(io::Error::from)?;
    let origins = Origins::from_env()?;
    let api =
        Api::new(&system, endpoints.into_iter().map(|endpoint| endpoint as _).collect())?.with_origins(origins.clone());
    let provider = ai_provider(AiSettings::from_env(ProviderKind::Extractive)?).await?;
    if provider.is_some() {
        tables::enable_missing_streams(system.dynamo()).await.map_err(wrapup::Error::from)?;
    }
    let filled_by = provider.as_ref().map_or_else(|| "off".to_owned(), |provider| name_of(provider.as_ref()));

    // Whoever has read the first line may tell the process to end.
    let mut signals = Signals::listen()?;
    let base = format!("http://127.0.0.1:{api_port}");
    output::line(format!("Wrap Up API   {base}/api/now/wrapup"))?;
    output::line(format!("To try it on  {base}/ and {base}{}", page::DOCUMENT))?;
    output::line(format!("DynamoDB      http://127.0.0.1:{engine_port}"))?;
    if let Some(port) = lambda_port {
        output::line(format!("Lambda        http://127.0.0.1:{port}"))?;
    }
    output::line(format!("AI filler     {filled_by}"))?;
    output::line(match &data {
        Some(data) => format!("Data          {}", data.display()),
        None => "Data          in memory, lost at the end".to_owned(),
    })?;
    if let Some(demo) = demo {
        output::line(format!("Demo user     {} with password {}", demo::USER, demo::PASSWORD))?;
        output::line(format!("Demo configuration for internal wrap-ups: {}\n", demo.configuration))?;
        output::line("Try it:\n")?;
        output::line(demo.curl(&base))?;
    }
    let streams = stream::connect(on_this_machine(engine_port), engine.http_client());
    let filler = match provider {
        Some(provider) => Some(start_filler(provider, &system, streams, data.as_deref()).await?),
        None => None,
    };
    let routes = gateway::routes(Arc::new(api), page::routes(document));
    let server = Server::new(routes, Guard::for_pages(api_port, origins), limits);
    let (end, told_to_end) = oneshot::channel::<()>();
    let finished = async {
        server.serve(api_listener, async { drop(told_to_end.await) }).await;
        // What it has not come to, the next start goes on with.
        filler.inspect(JoinHandle::abort);
        drop(stop_engine);
        engine_served.await.map_err(io::Error::other)?;
        drop(engine);
        Ok(())
    };
    let cut_short = async {
        signals.next().await;
        drop(end);
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(DRAIN) => {}
        }
    };
    tokio::select! {
        finished = finished => finished,
        () = cut_short => Err(LocalError::CutShort),
    }
}

/// Starts the functions beside the API, if there are any; answers the port they are invoked on.
async fn start_functions(
    port: u16,
    functions: Vec<lambda::Function>,
    limits: Limits,
) -> Result<Option<u16>, LocalError> {
    if functions.is_empty() {
        return Ok(None);
    }
    let listener = listen(port, "--lambda-port").await?;
    let port = listener.local_addr()?.port();
    lambda::start(listener, functions, limits).await?;
    Ok(Some(port))
}

fn name_of(provider: &dyn Provider) -> String {
    format!("{} ({})", provider.source(), provider.model())
}

/// Starts the AI filler on the segment table's stream.
async fn start_filler(
    provider: Arc<dyn Provider>,
    system: &System,
    streams: aws_sdk_dynamodbstreams::Client,
    data: Option<&Path>,
) -> Result<JoinHandle<()>, LocalError> {
    let filler = Filler::new(system, provider).with_redactor(settings::redactor()?);
    let function = AiFiller::new(Some(filler), Clock::system());
    let reader = stream::Reader::new(system.dynamo(), streams, data, Clock::system()).await;
    Ok(tokio::spawn(reader.map_err(wrapup::Error::from)?.run(function)))
}

/// Listens on loopback only: the demo user's password is public.
async fn listen(port: u16, option: &'static str) -> Result<TcpListener, LocalError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => LocalError::PortTaken { port, option },
        _ => LocalError::Listen { port, source },
    })
}
