//! The whole API on one machine: the embedded DynamoDB, the functions' own endpoints, and what
//! API Gateway does in front of them.

mod assembly;
mod clock;
mod consumers;
mod control;
pub mod demo;
mod engine;
mod faults;
mod gateway;
mod jobs;
mod keys;
mod lambda;
mod page;
mod ports;
mod ready;
mod reset;
pub mod served;
mod server;
mod serving;
mod signals;
mod traffic;
mod trying;
mod webhooks;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use lambda_http::Context;
use tokio::sync::oneshot;
use wrapup::ai::{AiSettings, AiSettingsError, ProviderKind, learns_from_env};
use wrapup::api::{Origins, TOKEN_PATH};
use wrapup::clock::Clock;
use wrapup::openapi::{Contract, Form};
use wrapup::redaction::Redactor;
use wrapup::segment_tables;
use wrapup::settings::SettingsError;
use wrapup::system::StartError;
use wrapup_functions::console;

use crate::connect::{DYNAMODB_PORT, LAMBDA_PORT, TeamTables, ai_provider};
use crate::output;
use crate::span;
use crate::webhook::{OutboxError, WebhookUrl, WebhookUrlError};
use assembly::Parts;
use control::Control;
pub use engine::files::{self, OUTBOX};
use engine::{Engine, MEND, StreamError};
use faults::{Faults, RuleError};
use ports::{Holder, listen};
use ready::{Ready, ReadyFile};
use server::{Guard, Limits, Server};
use serving::{Serving, Successors};
pub use signals::Signals;
use traffic::{KnownFields, Traffic};
use trying::Trying;

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
    #[command(flatten)]
    traffic: traffic::Options,
    #[command(flatten)]
    trying: Trying,
}

/// Why the API does not run here.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Somebody listens there already.
    #[error("port {port} is taken{holder}; choose another port by {option}")]
    PortTaken { port: u16, option: &'static str, holder: Holder },
    /// The port cannot be listened on.
    #[error("cannot listen on port {port}: {source}")]
    Listen { port: u16, source: io::Error },
    /// The data folder cannot be used.
    #[error("cannot use {} for the data: {problem}", path.display())]
    Data { path: PathBuf, problem: String },
    /// The data folder cannot be emptied.
    #[error("--reset leaves {} as it is: {problem}", data.display())]
    Reset { data: PathBuf, problem: String },
    /// Whoever was asked does not want it emptied.
    #[error("nothing in {} was removed, and nothing started", data.display())]
    NotReset { data: PathBuf },
    /// The clock would begin in the future of what is kept.
    #[error(
        "--clock begins in the future, by which what is over in {} would be ended, or removed for good: {problem}",
        data.display()
    )]
    FromTheFuture { data: PathBuf, problem: io::Error },
    /// The file that tells others where everything is cannot be written.
    #[error("--ready-file {}: {problem}", path.display())]
    ReadyFile { path: PathBuf, problem: String },
    /// A fault is about nothing that there is.
    #[error(transparent)]
    Fault(#[from] RuleError),
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
    let trying = options.trying;
    let mut ready_file = trying.ready_file.as_deref().map(ReadyFile::at).transpose()?;
    let api_listener = listen(options.port, "--port").await?;
    let engine_listener = listen(options.dynamodb_port, "--dynamodb-port").await?;
    let (api_port, engine_port) = (api_listener.local_addr()?.port(), engine_listener.local_addr()?.port());

    let limits = Limits::of_this_process();
    let data = (!options.in_memory && !trying.for_tests).then_some(options.data);
    if let Some(data) = data.as_deref().filter(|_| trying.reset) {
        reset::reset(data, trying.yes)?;
    }
    if let (Some(data), Some(clock)) = (&data, trying.clock) {
        reset::look_at_the_clock(data, clock, trying.yes)?;
    }
    output::say(&match &data {
        Some(data) => format!("starting the API on port {api_port}, with the data in {}", data.display()),
        None => format!("starting the API on port {api_port}, with its data in memory"),
    });
    let engine = Engine::open(data.as_deref())?;
    let lambda_port = start_functions(options.lambda_port, options.functions, limits).await?;
    let origins = Origins::from_env()?;
    let traffic = Traffic::new(&options.traffic, Clock::system());
    let parts = Parts {
        data: data.clone(),
        team,
        lambda_port: lambda_port.unwrap_or(options.lambda_port),
        webhooks: urls.clone(),
        patience: options.webhook_patience,
        learns: options.ai_learn || learns_from_env()?,
        provider: ai_provider(AiSettings::from_env(ProviderKind::Extractive)?).await?,
        redactor: Redactor::from_env()?,
        origins: origins.clone(),
        clock: trying.clock(),
        traffic: Arc::clone(&traffic),
    };
    let assembled = Box::pin(parts.assemble(engine)).await?;
    let endpoints = wrapup_functions::documented(&assembled.system);
    let contract = Contract::new(&endpoints, "/", Form::Plain);
    let known = Arc::new(KnownFields::by(serde_json::to_value(&contract).map_err(io::Error::from)?));
    let document = serde_json::to_string(&contract).map_err(io::Error::from)?;
    let routes = faults::Routes::new(endpoints.iter().map(|endpoint| endpoint.route()));
    let faults = Arc::new(Faults::new(trying.faults, trying.fault_seed, routes)?);

    // Whoever has read the first line may tell the process to end.
    let mut signals = Signals::listen()?;
    let base = format!("http://127.0.0.1:{api_port}");
    output::line(format!("Wrap Up API   {base}/api/now/wrapup"))?;
    output::line(format!("Console       {base}/"))?;
    output::line(format!("To try it on  {base}{} and {base}{}", page::PATH, page::DOCUMENT))?;
    output::line(format!("Supervisors   {base}{}", console::PATH))?;
    output::line(format!("DynamoDB      http://127.0.0.1:{engine_port}"))?;
    if let Some(port) = lambda_port {
        output::line(format!("Lambda        http://127.0.0.1:{port}"))?;
    }
    for consumer in &assembled.consumers {
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
    for line in faults.lines() {
        output::line(format!("Faults        {line}"))?;
    }
    if trying.clock.is_some() {
        output::line(format!("Clock         {}", assembled.clock))?;
    }
    if let Some(demo) = &assembled.demo {
        output::line(format!("Demo user     {} with password {}", demo::USER, demo::PASSWORD))?;
        if demo.client {
            let (id, secret) = (demo::CLIENT, demo::CLIENT_SECRET);
            output::line(format!("Demo client   {id} with secret {secret}, for {base}{TOKEN_PATH}"))?;
        }
        output::line(format!("Demo configuration for internal wrap-ups: {}\n", demo.configuration))?;
        output::line("Try it:\n")?;
        output::line(demo.curl(&base))?;
    }
    let mut facts = vec![
        ("Base URL".to_owned(), format!("{base}/api/now/v1/wrapup")),
        ("Version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("Data".to_owned(), data.as_ref().map_or_else(|| "in memory".to_owned(), |data| data.display().to_string())),
        ("DynamoDB".to_owned(), format!("http://127.0.0.1:{engine_port}")),
    ];
    facts.extend(lambda_port.map(|port| ("Lambda".to_owned(), format!("http://127.0.0.1:{port}"))));
    facts.extend(assembled.consumers.iter().map(|consumer| (consumer.title().to_owned(), consumer.setting())));
    facts.extend(urls.iter().map(|url| ("Webhook".to_owned(), url.to_string())));
    facts.extend(faults.lines().into_iter().map(|line| ("Faults".to_owned(), line)));
    facts.extend(trying.clock.map(|_| ("Clock".to_owned(), assembled.clock.to_string())));
    let demo_user = assembled.demo.as_ref().map(|_| traffic::DemoUser { user: demo::USER, password: demo::PASSWORD });
    let ready = Ready::new(&base, (api_port, engine_port, lambda_port), assembled.demo.as_ref());
    let working = parts.begin(assembled)?;
    let serving = Serving::new(parts, working);
    let (stop_engine, told_to_stop) = oneshot::channel::<()>();
    let engine_served = Server::new(serving.dynamodb(), Guard::for_programs(engine_port), limits)
        .serve(engine_listener, async { drop(told_to_stop.await) });
    let engine_served = tokio::spawn(engine_served);
    let api = traffic.taken_down(faults.in_front_of(serving.api()), &known);
    let refusals = traffic.refusals(&known);
    let served = Arc::clone(&serving);
    let system = Box::new(move || served.system());
    let front = traffic::Console { traffic: Arc::clone(&traffic), system, demo: demo_user, facts };
    let successors = trying.for_tests.then(|| Successors::of(Arc::clone(&serving)));
    let control = Control { serving: Arc::clone(&serving), successors, faults };
    let supervisor = gateway::page_routes(Arc::new(console::page()));
    let beside = page::routes(document).merge(supervisor).merge(front.routes()).merge(control.routes());
    let server =
        Server::new(beside.fallback_service(api), Guard::for_pages(api_port, origins), limits).with_refusals(refusals);
    let (end, told_to_end) = oneshot::channel::<()>();
    if let Some(file) = &mut ready_file {
        file.write(&ready)?;
    }
    let finished = async {
        let end = async {
            drop(told_to_end.await);
            traffic.end();
        };
        server.serve(api_listener, end).await;
        drop(stop_engine);
        engine_served.await.map_err(io::Error::other)?;
        // Records that consumers have not come to are taken at the next start.
        serving.end();
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
