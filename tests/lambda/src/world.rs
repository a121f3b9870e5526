use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use serde_json::{Value, json};
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::configurations::Definition;
use wrapup::document::Document;
use wrapup::dynamodb::{Connection, Dynamo, Item, Stamp, Table, Tables, connect, tables};
use wrapup::segment_tables::{Registry, built_in};
use wrapup::users::oauth::NewClient;
use wrapup::users::{Generated, NewSecret, NewUser, Password, UserName};
use wrapup_test_support::merged;

use crate::engine::{ACCESS_KEY, Engine};
use crate::event::Event;
use crate::instance::Instance;
use crate::keys::HeldKeys;
use crate::proxy::{Proxy, Rule, Traffic};
use crate::reports::Reports;
use crate::samples::codes_of;

/// 2024-09-16 18:00:00 UTC, when every test begins.
const BEGIN: u64 = 1_726_509_600;

/// A deployment of its own: a DynamoDB in memory, the proxy in front of it, and a clock that moves
/// only when it is told to.
pub struct World {
    proxy: Proxy,
    url: String,
    engine_url: String,
    engine: Dynamo,
    milliseconds: Arc<AtomicU64>,
    keys: Arc<HeldKeys>,
}

/// What an instance can have other than usual.
#[derive(Default)]
pub struct Parts {
    /// The interaction segment tables; the built-in ones where absent.
    pub segment_tables: Option<Registry>,
    /// The deployment's language.
    pub language: Option<&'static str>,
    /// Where calls are reported to.
    pub reports: Option<Reports>,
    /// Whether there are no keys, and so no tokens.
    pub without_oauth: bool,
}

impl World {
    /// A deployment with empty tables.
    pub async fn start() -> Self {
        let world = Self::without_tables().await;
        tables::create_missing(&world.engine).await.expect("the tables");
        world
    }

    /// A deployment whose tables nobody has created.
    pub async fn without_tables() -> Self {
        let Engine { url: engine_url, access_key } = Engine::start().await;
        let engine = dynamo(&engine_url, &access_key);
        let (proxy, url) = Proxy::start(engine_url.clone(), access_key).await;
        let milliseconds = Arc::new(AtomicU64::new(BEGIN * 1_000));
        let shown = Arc::clone(&milliseconds);
        let keys = Arc::new(HeldKeys::new(clock_of(shown)));
        Self { proxy, url, engine_url, engine, milliseconds, keys }
    }

    /// Where this deployment's DynamoDB is, behind the proxy.
    pub fn dynamodb_url(&self) -> &str {
        &self.url
    }

    /// A fresh instance of every function, with caches and connections of its own.
    pub fn instance(&self) -> Instance {
        self.instance_with(Parts::default())
    }

    /// A fresh instance with some parts changed.
    pub fn instance_with(&self, parts: Parts) -> Instance {
        let dynamo = dynamo(&self.url, ACCESS_KEY);
        let segment_tables = parts.segment_tables.unwrap_or_else(|| built_in(&dynamo));
        let language = parts.language.map(language);
        let reporter = parts.reports.map(|reports| reports.reporter(self.clock()));
        let system = System::new(dynamo, segment_tables, self.clock(), language);
        let keys: Arc<HeldKeys> = Arc::clone(&self.keys);
        Instance::new(if parts.without_oauth { system } else { system.with_oauth(keys) }, reporter)
    }

    /// A fresh instance that gives up neither a call nor a request to DynamoDB, for calls that a test holds back.
    pub fn patient_instance(&self) -> Instance {
        let Dynamo { client, tables } = dynamo(&self.url, ACCESS_KEY);
        let config = client.config().to_builder().timeout_config(TimeoutConfig::disabled()).build();
        let dynamo = Dynamo::new(Client::from_conf(config), tables);
        let segment_tables = built_in(&dynamo);
        Instance::new(System::new(dynamo, segment_tables, self.clock(), None), None).patient()
    }

    /// The stores themselves, on a way past the proxy: for what a test prepares and checks.
    pub fn stores(&self) -> System {
        System::new(self.engine.clone(), built_in(&self.engine), self.clock(), None)
    }

    /// Where the functions find DynamoDB: the proxy's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where DynamoDB itself is, on a way past the proxy.
    pub fn engine_url(&self) -> &str {
        &self.engine_url
    }

    /// The SDK's client, on a way past the proxy.
    pub fn client(&self) -> &Client {
        &self.engine.client
    }

    /// What keeps the keys of tokens.
    pub fn keys_of_tokens(&self) -> &HeldKeys {
        &self.keys
    }

    /// Adds an OAuth client of a user's; answers its id and its secret.
    pub async fn add_client(&self, user: &str) -> (String, String) {
        let secret = Generated::make().expect("randomness");
        let stores = self.stores();
        let client = stores.clients().add(stores.users(), NewClient::of(user, &secret), &self.stamp()).await;
        (client.expect("a client").id, secret.reveal().to_owned())
    }

    /// All records of a table.
    pub async fn records(&self, table: Table) -> Vec<Item> {
        let scan = self.client().scan().table_name(table.platform_name()).consistent_read(true);
        let pages = scan.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        let mut records = pages.expect("a scan");
        records.sort_by_key(key_of);
        records
    }

    /// The record of a table with this key, if there is one.
    pub async fn record(&self, table: Table, sys_id: &str) -> Option<Item> {
        self.records(table).await.into_iter().find(|record| key_of(record) == sys_id)
    }

    /// The record of the segment with this sys_id.
    pub async fn segment_record(&self, sys_id: &str) -> Item {
        self.record(Table::Segments, sys_id).await.expect("a segment")
    }

    /// The keys of all records of a table.
    pub async fn keys(&self, table: Table) -> Vec<String> {
        self.records(table).await.iter().map(key_of).collect()
    }

    /// The keys of the segment table's segments, without the records that find them.
    pub async fn segment_keys(&self) -> Vec<String> {
        self.keys(Table::Segments).await.into_iter().filter(|key| !key.contains(':')).collect()
    }

    /// Adds an API user whose password is `secret`.
    pub async fn add_user(&self, name: &str, roles: &[&str], user_language: Option<&str>) {
        let user = NewUser {
            user_name: UserName::new(name).expect("a name"),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            language: user_language.map(language),
            secret: NewSecret::known_to_everybody(Password::new("secret")),
            expires_on: None,
        };
        assert!(self.stores().users().add(user, &self.stamp()).await.expect("a new user"));
    }

    /// Stores an active configuration with so many codes, which are added too; `flags` are further fields of it.
    /// Answers its sys_id.
    pub async fn put_configuration(&self, name: &str, codes: usize, flags: &Value) -> String {
        self.instance().call(&Event::post("code").json(&json!({"codes": codes_of(codes)}))).await.expect(200);
        let labels: Vec<String> = (0..codes).map(|index| format!("Code {index:03}")).collect();
        let file = json!({"name": name, "enable_codes": true, "allowed_codes": labels, "default_code": "Code 000"});
        let file = merged(file, flags).to_string();
        let document = Document::from_json(file.as_bytes()).expect("JSON");
        let definition = document.read(Definition::read).expect("a configuration");
        self.stores().configurations().put(&definition, &self.stamp()).await.expect("a put");
        definition.sys_id
    }

    /// An operator who changes records now.
    pub fn stamp(&self) -> Stamp {
        Stamp::now("operator", &self.clock())
    }

    /// Sets the clock back.
    pub fn set_back(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).expect("some hours");
        self.milliseconds.fetch_sub(milliseconds, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).expect("a short time");
        self.milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Makes requests to DynamoDB fail from now on.
    pub fn fail(&self, rule: Rule) {
        self.proxy.add(rule);
    }

    /// Makes all well again.
    pub fn recover(&self) {
        self.proxy.clear_rules();
    }

    /// How many requests have failed because a test wanted it.
    pub fn faults(&self) -> usize {
        self.proxy.faults()
    }

    /// What DynamoDB was asked since the last time this was called.
    pub fn traffic(&self) -> Traffic {
        self.proxy.traffic()
    }

    /// The deployment's clock.
    pub fn clock(&self) -> Clock {
        clock_of(Arc::clone(&self.milliseconds))
    }
}

fn clock_of(milliseconds: Arc<AtomicU64>) -> Clock {
    Clock::from_fn(move || SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds.load(Ordering::SeqCst)))
}

fn dynamo(url: &str, access_key: &str) -> Dynamo {
    let connection = Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some(url.to_owned()),
        credentials: Credentials::new(access_key, "test", None, None, "test"),
    };
    Dynamo::new(connect(connection), Tables::default())
}

fn language(text: &str) -> wrapup::language::Language {
    text.to_owned().try_into().expect("a language")
}

fn key_of(item: &Item) -> String {
    item.get("sys_id").and_then(|key| key.as_s().ok()).cloned().expect("a key")
}
