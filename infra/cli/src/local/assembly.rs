//! A local system, put together out of its parts: what serves the API and DynamoDB, and what works beside them. For tests
//! another one takes the place of one that runs (`serving.rs`), so nothing here is done but once for each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use wrapup::System;
use wrapup::ai::Provider;
use wrapup::api::{Api, Origins};
use wrapup::aws::own_endpoint;
use wrapup::clock::Clock;
use wrapup::dynamodb::{Table, Tables, tables};
use wrapup::language::Language;
use wrapup::redaction::Redactor;
use wrapup::segment_tables;
use wrapup::segments::EventForm;
use wrapup::settings;
use wrapup::system::StartError;
use wrapup_functions::{Consumer, ConsumerParts, JobFunction, StreamFunction};

use super::clock::{LocalClock, Setting};
use super::consumers::EventSource;
use super::demo::{self, Demo};
use super::engine::Engine;
use super::keys::LocalKeys;
use super::traffic::{Feed, Traffic};
use super::webhooks::{self, Webhook};
use super::{LocalError, OUTBOX, gateway, jobs, served};
use crate::connect::{TeamTables, on_this_machine, registry};
use crate::webhook::{Narrator, Poster, WebhookUrl};

/// What every system here is made of.
pub struct Parts {
    /// The data folder, if there is one.
    pub data: Option<PathBuf>,
    /// The team's own segment tables.
    pub team: TeamTables,
    /// The port of the Lambda Invoke API.
    pub lambda_port: u16,
    /// Receivers of events, each once.
    pub webhooks: Vec<WebhookUrl>,
    /// How long an event is posted to them.
    pub patience: Duration,
    /// Whether the AI filler learns.
    pub learns: bool,
    /// What suggests codes and notes, if anything does.
    pub provider: Option<Arc<dyn Provider>>,
    /// What it is shown.
    pub redactor: Redactor,
    /// Pages that may call.
    pub origins: Origins,
    /// How its clock is set; the machine's where there is none.
    pub clock: Option<Setting>,
    /// What is told of each event.
    pub traffic: Arc<Traffic>,
}

/// A system that is put together, and does not work yet.
pub struct Assembled {
    engine: Engine,
    /// Its time.
    pub clock: LocalClock,
    /// The system.
    pub system: System,
    /// Those who take events, with those that are off.
    pub consumers: Vec<Box<dyn Consumer>>,
    webhooks: Vec<Webhook>,
    narrator: Narrator,
    /// The demo data, where the demo user can sign in.
    pub demo: Option<Demo>,
}

/// A system that works.
pub struct Working {
    /// The API, and where tokens are fetched.
    pub api: Router,
    /// DynamoDB's HTTP API, and which segment tables are served.
    pub dynamodb: Router,
    /// Its time.
    pub clock: LocalClock,
    /// The system.
    pub system: System,
    /// What works beside them, for as long as this is there.
    _in_background: JoinSet<()>,
    /// The data, likewise.
    _engine: Engine,
}

impl Parts {
    /// Puts a system together on this database.
    pub async fn assemble(&self, engine: Engine) -> Result<Assembled, LocalError> {
        // As the functions do, so that they can run on this DynamoDB in the same environment.
        let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
        let dynamo = engine.dynamo(tables);
        let clock = self.clock.map_or_else(LocalClock::of_the_machine, LocalClock::set);
        let failed = |error| engine.cause_of(wrapup::Error::from(error));
        tables::create_missing(&dynamo).await.map_err(failed)?;
        tables::add_missing_indexes(&dynamo).await.map_err(failed)?;
        tables::enable_expiry(&dynamo).await.map_err(failed)?;
        let connect_lambda = || {
            let mut lambda = on_this_machine(self.lambda_port);
            // Not the endpoint of all services: wherever those are, the functions of `--function` are here.
            lambda.endpoint = own_endpoint(segment_tables::LAMBDA_ENDPOINT).or(lambda.endpoint);
            segment_tables::connect(lambda)
        };
        let segment_tables = registry(&dynamo, connect_lambda, self.team)?;
        let keys = LocalKeys::open(self.data.as_deref(), clock.clock())?;
        let system = System::new(dynamo, segment_tables, clock.clock(), Language::from_env()?)
            .with_deadlines_from_env()?
            .with_retention_from_env()?
            .with_notes_redactor(Redactor::of_notes_from_env()?)
            .with_oauth(Arc::new(keys));
        // Whoever wants events of a local system is told them by it, without a bus.
        let parts = ConsumerParts {
            system: system.clone(),
            provider: self.provider.clone(),
            learns: self.learns,
            redactor: self.redactor,
            bus: None,
        };
        let consumers = wrapup_functions::consumers(&parts);
        let is_heard = consumers.iter().any(|consumer| consumer.is_on() && consumer.hears_conversations());
        // The console reads the one where nobody else does.
        let read = [(Table::Segments, true), (Table::Interactions, is_heard)];
        let read: Vec<_> = read.into_iter().filter_map(|(table, is_read)| is_read.then_some(table)).collect();
        tables::enable_streams(system.dynamo(), &read).await.map_err(failed)?;
        // What is wrong with the form is said also where nobody is told yet.
        let narrator = Narrator::new(system.configurations().clone(), EventForm::from_env(&system.dynamo().tables)?);
        let webhooks = self.make_webhooks(&engine, &system, &clock, &narrator)?;
        let demo = demo::ensure(&system).await.map_err(|error| engine.cause_of(error))?;
        Ok(Assembled { engine, clock, system, consumers, webhooks, narrator, demo })
    }

    /// Makes the webhooks, so that they get whatever happens from now on.
    fn make_webhooks(
        &self,
        engine: &Engine,
        system: &System,
        clock: &LocalClock,
        narrator: &Narrator,
    ) -> Result<Vec<Webhook>, LocalError> {
        let data = self.data.as_deref();
        let was_there = data.is_some_and(|data| data.join(OUTBOX).exists());
        if self.webhooks.is_empty() && !was_there {
            return Ok(Vec::new());
        }
        let outbox = Arc::new(webhooks::outbox(data)?);
        webhooks::name_those_that_are_gone(&outbox, &self.webhooks)?;
        if self.webhooks.is_empty() {
            return Ok(Vec::new());
        }
        let webhook = |url: &WebhookUrl| {
            let out_of_reach = |problem| LocalError::WebhookOutOfReach { url: url.clone(), problem };
            let poster = Poster::new(url.clone()).map_err(out_of_reach)?;
            let stream = engine.stream(&system.dynamo().tables.name(Table::Segments))?;
            Webhook::new(Arc::clone(&outbox), poster, stream, narrator.clone(), clock.clone(), self.patience)
        };
        self.webhooks.iter().map(webhook).collect()
    }

    /// Sets a system to work, whose clock begins now.
    pub fn begin(&self, assembled: Assembled) -> Result<Working, LocalError> {
        let Assembled { engine, clock, system, consumers, webhooks, narrator, .. } = assembled;
        clock.begin_anew();
        let endpoints = wrapup_functions::endpoints(&system).into_iter().map(|(_, endpoint)| endpoint).collect();
        let api = Api::new(&system, endpoints).map_err(StartError::from)?.with_origins(self.origins.clone());
        let token = wrapup_functions::oauth_token::endpoint(&system).with_origins(self.origins.clone());
        let api = gateway::routes(Arc::new(api), gateway::token_route(Arc::new(token)));
        let mut in_background = JoinSet::new();
        for consumer in consumers.into_iter().filter(|consumer| consumer.is_on()) {
            // Of an invocation's time as much is over as is by the machine's clock.
            let function = Arc::new(StreamFunction::new(consumer, Clock::system()));
            let hears = function.consumer().hears_conversations();
            for table in [Some(Table::Segments), Some(Table::Interactions).filter(|_| hears)].into_iter().flatten() {
                let stream = engine.stream(&system.dynamo().tables.name(table))?;
                let source = EventSource::new(table, stream, Arc::clone(&function), self.data.as_deref());
                in_background.spawn(source.run());
            }
        }
        for webhook in webhooks {
            in_background.spawn(webhook.run());
        }
        let stream = engine.stream(&system.dynamo().tables.name(Table::Segments))?;
        in_background.spawn(Feed::new(Arc::clone(&self.traffic), stream, narrator).run());
        for job in wrapup_functions::jobs(&system) {
            let function = JobFunction::new(job, Clock::system());
            in_background.spawn(jobs::keep_running(function, clock.clone()));
        }
        in_background.spawn(engine.expiry(clock.clone()).keep_removing());
        let dynamodb = engine.routes().merge(served::routes(system.segment_tables()));
        Ok(Working { api, dynamodb, clock, system, _in_background: in_background, _engine: engine })
    }
}
