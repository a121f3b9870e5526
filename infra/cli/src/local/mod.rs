//! The whole API on one machine: the embedded DynamoDB, the functions' own endpoints, and what
//! API Gateway does in front of them.

mod consumers;
pub mod demo;
mod engine;
mod gateway;
mod jobs;
mod keys;
mod lambda;
mod page;
pub mod served;
mod server;
mod signals;
mod webhooks;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use lambda_http::Context;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wrapup::System;
use wrapup::ai::{AiSettings, AiSettingsError, ProviderKind, learns_from_env};
use wrapup::api::{Api, Origins, TOKEN_PATH};
use wrapup::aws::own_endpoint;
use wrapup::clock::Clock;
use wrapup::dynamodb::{Table, Tables, tables};
use wrapup::language::Language;
use wrapup::openapi::{Contract, Form};
use wrapup::redaction::Redactor;
use wrapup::segment_tables;
use wrapup::segments::EventForm;
use wrapup::settings::{self, SettingsError};
use wrapup::system::StartError;
use wrapup_functions::{ConsumerParts, JobFunction, StreamFunction, console};

use crate::connect::{DYNAMODB_PORT, LAMBDA_PORT, TeamTables, ai_provider, on_this_machine, registry};
use crate::output;
use crate::span;
use crate::webhook::{Narrator, OutboxError, Poster, WebhookUrl, WebhookUrlError};
use consumers::EventSource;
pub use engine::files::{self, OUTBOX};
use engine::{Engine, MEND, StreamError};
use server::{Guard, Limits, Server};
pub use signals::Signals;
use webhooks::Webhook;

/// How long the requests that run may take to finish once the process is told to end: callers that have
/// stalled would keep it for good.
const DRAIN: Duration = Duration::from_secs(30);

/// What an invocation of a consumer or a job may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The folder in which data is kept where none is chosen.
pub const DATA: &str = ".wrapup";

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
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// A Lambda function to run beside the API, started by a command and speaking the Lambda Runtime
    /// API, as a table of WRAPUP_SEGMENT_TABLES names it; may be repeated
    #[arg(long = "function", value_name = "NAME=COMMAND")]
    functions: Vec<lambda::Function>,
    /// Port of the Lambda Invoke API in front of these functions; 0 takes a free one
    #[arg(long, default_value_t = LAMBDA_PORT)]
    lambda_port: u16,
    /// A receiver to which each event of a wrap-up is posted, as a CloudEvent; may be repeated
    #[arg(long = "webhook", value_name = "URL")]
    webhooks: Vec<String>,
    /// How long an event that a receiver does not take is posted again before it is put aside
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = patience)]
    webhook_patience: Duration,
    /// Have the AI filler learn from the codes that agents pick, as WRAPUP_AI_LEARN=on does
    #[arg(long)]
    ai_learn: bool,
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
    /// The database is none any more.
    #[error("the database in {}, {}, is damaged or none at all: {MEND}", data.display(), files::DATABASE)]
    Damaged { data: PathBuf },
    /// The events for webhooks are none any more.
    #[error(
        "what is kept for webhooks in {} is damaged or none at all: move the file aside, and the next start makes a new one, \
         without the events in it that no webhook has taken", file.display()
    )]
    DamagedOutbox { file: PathBuf },
    /// Two functions would answer to one name.
    #[error("two functions are named {name}, `{first}` and `{second}`; each --function needs a name of its own")]
    FunctionTwice { name: String, first: String, second: String },
    /// A webhook that is none.
    #[error("--webhook {0}")]
    Webhook(#[from] WebhookUrlError),
    /// Two webhooks are one.
    #[error("two webhooks are {url}; each gets every event once")]
    WebhookTwice { url: WebhookUrl },
    /// A webhook cannot be called.
    #[error("webhook {url} cannot be called: {problem}")]
    WebhookOutOfReach { url: WebhookUrl, problem: io::Error },
    /// What is kept for webhooks cannot be used.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
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
    /// What consumers take cannot be read.
    #[error("a table's stream: {0}")]
    Stream(#[from] StreamError),
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
pub async fn run(options: Options, team: TeamTables) -> Result<(), LocalError> {
    let urls = webhook_urls(&options.webhooks)?;
    lambda::refuse_same_names(&options.functions)?;
    let api_listener = listen(options.port, "--port").await?;
    let engine_listener = listen(options.dynamodb_port, "--dynamodb-port").await?;
    let (api_port, engine_port) = (api_listener.local_addr()?.port(), engine_listener.local_addr()?.port());

    let limits = Limits::of_this_process();
    let data = (!options.in_memory).then_some(options.data);
    let engine = Engine::open(data.as_deref())?;
    // As the functions do, so that they can run on this DynamoDB in the same environment.
    let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
    let dynamo = engine.dynamo(tables);
    let failed = |error| engine.cause_of(wrapup::Error::from(error));
    tables::create_missing(&dynamo).await.map_err(failed)?;
    tables::add_missing_indexes(&dynamo).await.map_err(failed)?;
    tables::enable_expiry(&dynamo).await.map_err(failed)?;
    let lambda_port = start_functions(options.lambda_port, options.functions, limits).await?;
    let connect_lambda = || {
        let mut lambda = on_this_machine(lambda_port.unwrap_or(options.lambda_port));
        // Not the endpoint of all services: wherever those are, the functions of `--function` are here.
        lambda.endpoint = own_endpoint(segment_tables::LAMBDA_ENDPOINT).or(lambda.endpoint);
        segment_tables::connect(lambda)
    };
    let segment_tables = registry(&dynamo, connect_lambda, team)?;
    let system = System::new(dynamo, segment_tables, Clock::system(), Language::from_env()?)
        .with_deadlines_from_env()?
        .with_retention_from_env()?
        .with_notes_redactor(Redactor::of_notes_from_env()?)
        .with_oauth(Arc::new(keys::LocalKeys::open(data.as_deref())?));
    let provider = ai_provider(AiSettings::from_env(ProviderKind::Extractive)?).await?;
    let redactor = Redactor::from_env()?;
    // Whoever wants events of a local system is told them by it, without a bus.
    let learns = options.ai_learn || learns_from_env()?;
    let parts = ConsumerParts { system: system.clone(), provider, learns, redactor, bus: None };
    let consumers = wrapup_functions::consumers(&parts);
    let (mut is_read, mut is_heard) = (!urls.is_empty(), false);
    for consumer in consumers.iter().filter(|consumer| consumer.is_on()) {
        (is_read, is_heard) = (true, is_heard || consumer.hears_conversations());
    }
    let read = [(Table::Segments, is_read), (Table::Interactions, is_heard)];
    let read: Vec<_> = read.into_iter().filter_map(|(table, is_read)| is_read.then_some(table)).collect();
    tables::enable_streams(system.dynamo(), &read).await.map_err(failed)?;
    let webhooks = start_webhooks(&urls, options.webhook_patience, &engine, &system, data.as_deref())?;
    // Served only from here on: a change that others make while a stream is switched would be in none, and a new webhook
    // gets what happens from its first start on.
    let (stop_engine, told_to_stop) = oneshot::channel::<()>();
    let beside = served::routes(system.segment_tables());
    let engine_served = Server::new(engine.routes().merge(beside), Guard::for_programs(engine_port), limits)
        .serve(engine_listener, async { drop(told_to_stop.await) });
    let engine_served = tokio::spawn(engine_served);
    let demo = demo::ensure(&system).await.map_err(|error| engine.cause_of(error))?;
    let endpoints = wrapup_functions::documented(&system);
    let document = serde_json::to_string(&Contract::new(&endpoints, "/", Form::Plain)).map_err(io::Error::from)?;
    let origins = Origins::from_env()?;
    let endpoints = endpoints.into_iter().map(|endpoint| endpoint as _).collect();
    let api = Api::new(&system, endpoints).map_err(StartError::from)?.with_origins(origins.clone());

    // Whoever has read the first line may tell the process to end.
    let mut signals = Signals::listen()?;
    let base = format!("http://127.0.0.1:{api_port}");
    output::line(format!("Wrap Up API   {base}/api/now/wrapup"))?;
    output::line(format!("To try it on  {base}/ and {base}{}", page::DOCUMENT))?;
    output::line(format!("Supervisors   {base}{}", console::PATH))?;
    output::line(format!("DynamoDB      http://127.0.0.1:{engine_port}"))?;
    if let Some(port) = lambda_port {
        output::line(format!("Lambda        http://127.0.0.1:{port}"))?;
    }
    for consumer in &consumers {
        output::line(format!("{:<14}{}", consumer.title(), consumer.setting()))?;
    }
    for url in &urls {
        let until = if data.is_none() { " (what it has not taken is lost at the end)" } else { "" };
        output::line(format!("Webhook       {url}{until}"))?;
    }
    output::line(match &data {
        Some(data) => format!("Data          {}", data.display()),
        None => "Data          in memory, lost at the end".to_owned(),
    })?;
    if let Some(demo) = demo {
        output::line(format!("Demo user     {} with password {}", demo::USER, demo::PASSWORD))?;
        if demo.client {
            let (id, secret) = (demo::CLIENT, demo::CLIENT_SECRET);
            output::line(format!("Demo client   {id} with secret {secret}, for {base}{TOKEN_PATH}"))?;
        }
        output::line(format!("Demo configuration for internal wrap-ups: {}\n", demo.configuration))?;
        output::line("Try it:\n")?;
        output::line(demo.curl(&base))?;
    }
    let mut in_background = JoinSet::new();
    for consumer in consumers.into_iter().filter(|consumer| consumer.is_on()) {
        let function = Arc::new(StreamFunction::new(consumer, Clock::system()));
        let hears = function.consumer().hears_conversations();
        for table in [Some(Table::Segments), Some(Table::Interactions).filter(|_| hears)].into_iter().flatten() {
            let stream = engine.stream(&system.dynamo().tables.name(table))?;
            in_background.spawn(EventSource::new(table, stream, Arc::clone(&function), data.as_deref()).run());
        }
    }
    for webhook in webhooks {
        in_background.spawn(webhook.run());
    }
    for job in wrapup_functions::jobs(&system) {
        in_background.spawn(jobs::keep_running(JobFunction::new(job, Clock::system())));
    }
    in_background.spawn(engine.expiry().keep_removing());
    let token = wrapup_functions::oauth_token::endpoint(&system).with_origins(origins.clone());
    let token = gateway::token_route(Arc::new(token));
    let supervisor = gateway::page_routes(Arc::new(console::page()));
    let routes = gateway::routes(Arc::new(api), page::routes(document).merge(token).merge(supervisor));
    let server = Server::new(routes, Guard::for_pages(api_port, origins), limits);
    let (end, told_to_end) = oneshot::channel::<()>();
    let finished = async {
        server.serve(api_listener, async { drop(told_to_end.await) }).await;
        // Records that consumers have not come to are taken at the next start.
        in_background.abort_all();
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

/// The webhooks, of which each is given once.
fn webhook_urls(given: &[String]) -> Result<Vec<WebhookUrl>, LocalError> {
    let mut urls = Vec::new();
    for text in given {
        let url: WebhookUrl = text.parse()?;
        if urls.contains(&url) {
            return Err(LocalError::WebhookTwice { url });
        }
        urls.push(url);
    }
    Ok(urls)
}

/// Makes the webhooks, so that they get whatever happens from now on.
fn start_webhooks(
    urls: &[WebhookUrl],
    patience: Duration,
    engine: &Engine,
    system: &System,
    data: Option<&Path>,
) -> Result<Vec<Webhook>, LocalError> {
    let tables = &system.dynamo().tables;
    // What is wrong with it is said also where nobody is told yet.
    let form = EventForm::from_env(tables)?;
    let was_there = data.is_some_and(|data| data.join(OUTBOX).exists());
    if urls.is_empty() && !was_there {
        return Ok(Vec::new());
    }
    let outbox = Arc::new(webhooks::outbox(data)?);
    webhooks::name_those_that_are_gone(&outbox, urls)?;
    if urls.is_empty() {
        return Ok(Vec::new());
    }
    let narrator = Narrator::new(system.configurations().clone(), form);
    let webhook = |url: &WebhookUrl| {
        let out_of_reach = |problem| LocalError::WebhookOutOfReach { url: url.clone(), problem };
        let poster = Poster::new(url.clone()).map_err(out_of_reach)?;
        let stream = engine.stream(&tables.name(Table::Segments))?;
        Webhook::new(Arc::clone(&outbox), poster, stream, narrator.clone(), Clock::system(), patience)
    };
    urls.iter().map(webhook).collect()
}

/// Reads how long an event is posted again.
fn patience(text: &str) -> Result<Duration, &'static str> {
    span::parse(text).ok_or("has to be a time such as 30s, 10m, 1h or 1d")
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

/// What Lambda tells a function of an invocation that begins now.
fn invocation() -> Context {
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    let deadline = Clock::system().since_epoch() + TIMEOUT;
    context.deadline = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    context
}

/// Listens on loopback only: the demo user's password is public.
async fn listen(port: u16, option: &'static str) -> Result<TcpListener, LocalError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => LocalError::PortTaken { port, option },
        _ => LocalError::Listen { port, source },
    })
}
