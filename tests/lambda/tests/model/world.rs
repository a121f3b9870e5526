//! A deployment whose instances have clocks that differ, and callers who all come when its wrap-ups are due.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use fastrand::Rng;
use futures_util::future::{Either, select};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use wrapup::System;
use wrapup::codes::{CodeImport, CodeRequest};
use wrapup::configurations::{Configurations, Definition};
use wrapup::date_time::DateTime;
use wrapup::document::Document;
use wrapup::dynamodb::{ATTEMPTS, Connection, Dynamo, Stamp, Tables, connect, tables};
use wrapup::error::Kind as ErrorKind;
use wrapup::interactions::{Interaction, Interactions};
use wrapup::segment_tables::built_in;
use wrapup_functions::close_overdue::CloseOverdue;
use wrapup_functions::{JobFunction, StreamFunction};
use wrapup_lambda_tests::{Event, Instance, Reply, ScriptedProvider, StreamRecord, filler};

use super::code::{self, Desk, LANGUAGES, Said};
use super::history::{Ask, By, Outcome, Seen};
use super::network::{Network, Stored, Trouble};
use super::segment::{CODES, FILLED, Place, Rules, Shown, Update};
use super::timeline::{BEGIN, CALL, Call, Happening, Timeline};

/// Milliseconds by which the clocks of the instances are fast: within a second of each other.
const SKEWS: [i64; 5] = [-500, 500, 0, 370, -210];

/// Whose clock the AI filler has.
const FILLER: usize = 1;

const USERS: [&str; 3] = ["jane", "joe", "desk"];

/// Codes that callers write.
const DESKS: usize = 8;

/// A label that no configuration allows, and no code has.
const UNKNOWN_CODE: &str = "Nonsense";

/// A call that will be made.
struct Planned {
    at: u64,
    /// The place's number, or the code's.
    place: usize,
    ask: Task,
    instance: usize,
    user: &'static str,
}

/// What a call has to do with.
#[derive(Clone, Copy)]
enum Task {
    Segment(Kind),
    Code(CodeKind),
}

/// What it will ask for of a segment; by which identifier is decided when it is made.
#[derive(Clone, Copy)]
enum Kind {
    Create,
    Read,
    Draft,
    Update,
    Configure,
    Advise,
    Fill,
    /// An update that is always refused, which stores first what is overdue.
    Refused,
    /// A run of the job that stores ends that nobody has stored.
    Sweep,
    /// A read by one of the identifiers, when all is over.
    LastRead(u8),
    /// The same as [`Kind::Refused`] of the segment opened last.
    LastWrite,
}

/// What it will ask for of a code.
#[derive(Clone, Copy)]
enum CodeKind {
    Post,
    Import,
    Open,
    Read,
    /// A read by one of its sys_ids, when all is over.
    LastRead {
        by_kept: bool,
    },
}

/// A world, and all that has happened in it.
pub struct World {
    timeline: Timeline,
    network: Network,
    /// Milliseconds after which Lambda ends a run of a job.
    longest_run: u64,
    operator: System,
    instances: Vec<Instance>,
    filler: StreamFunction,
    configurations: BTreeMap<Rules, String>,
    places: Vec<Place>,
    desks: Vec<Desk>,
    /// What each call has seen: its place, and that.
    seen: Mutex<Vec<Option<(usize, Seen)>>>,
    /// What each call of a code has seen: the call's number, the code's, and that.
    seen_of_codes: Mutex<Vec<(usize, usize, code::Seen)>>,
    /// The sys_ids that callers know, by place.
    known: Mutex<Vec<Vec<String>>>,
    random: Mutex<Rng>,
}

/// What came of a world.
pub struct Outcomes {
    /// The places, each with what its callers have seen.
    pub histories: Vec<(Place, Vec<Seen>)>,
    /// The codes, each with what its callers have seen.
    pub codes: Vec<(Desk, Vec<code::Seen>)>,
    /// What reads the codes, when all is over.
    pub operator: System,
    /// What reads the configurations of segments.
    pub configurations: Configurations,
    /// All that was stored of segments, in order.
    pub stored: Vec<Stored>,
}

impl World {
    /// A world with so many places, in which the network is in this trouble.
    async fn new(seed: u64, places: usize, trouble: Trouble) -> Self {
        let timeline = Timeline::default();
        let network = Network::new(timeline.clone(), trouble, seed);
        let operator = system(&timeline, &network, 0);
        tables::create_missing(operator.dynamo()).await.expect("the tables");
        let stamp = Stamp::now("operator", &timeline.clock(0));
        for label in CODES {
            let request = document(&json!({"code": label})).read(CodeRequest::read).expect("a code");
            let stored = operator.codes().admit(1).expect("room").upsert(&[request], false, "operator").await;
            assert!(stored.into_iter().all(|stored| stored.is_ok()), "{label}");
        }
        let interaction = Interaction {
            sys_id: "interaction".to_owned(),
            short_description: None,
            transcript: Some("Customer: I was charged twice.".to_owned()),
            language: None,
        };
        Interactions::new(operator.dynamo().clone()).put(&interaction, &stamp).await.expect("a put");
        let mut random = Rng::with_seed(seed);
        let mut configurations = BTreeMap::new();
        let places: Vec<Place> = (0..places).map(|number| place(number, &mut random)).collect();
        for place in places.iter().filter(|place| place.external_segment_id.is_none()) {
            if let Entry::Vacant(missing) = configurations.entry(place.rules) {
                let mut file = configuration(place.rules);
                file["name"] = json!(format!("{:?}", place.rules));
                file["allowed_codes"] = json!(CODES);
                let definition = document(&file).read(Definition::read).expect("a configuration");
                operator.configurations().put(&definition, &stamp).await.expect("a put");
                missing.insert(definition.sys_id);
            }
        }
        let instances =
            SKEWS.map(|skew| Instance::new(system(&timeline, &network, skew), None).patient()).into_iter().collect();
        let provider = ScriptedProvider::new(Some((FILLED.0, 0.9)), Some(FILLED.1));
        let filler = filler(system(&timeline, &network, SKEWS[FILLER]), Arc::new(provider));
        Self {
            timeline,
            network,
            longest_run: trouble.longest_run,
            operator,
            instances,
            filler,
            configurations,
            desks: (0..DESKS).map(Desk::new).collect(),
            seen: Mutex::default(),
            seen_of_codes: Mutex::default(),
            known: Mutex::new(vec![Vec::new(); places.len()]),
            places,
            random: Mutex::new(random),
        }
    }

    /// Lets it all happen.
    pub async fn run(seed: u64, places: usize, trouble: Trouble) -> Outcomes {
        let world = Arc::new(Self::new(seed, places, trouble).await);
        // Of three worlds there is one in which the job does not run before all is over.
        let planned = world.plan(!seed.is_multiple_of(3));
        *lock(&world.seen) = (0..planned.len()).map(|_| None).collect();
        for (number, call) in planned.iter().enumerate() {
            world.timeline.after(call.at, Happening::Begin(number));
        }
        let mut tasks = tokio::task::JoinSet::new();
        while let Some(happening) = world.timeline.next().await {
            match happening {
                Happening::Arrive(exchange) => world.network.arrive(exchange),
                Happening::Answer(exchange) => world.network.answer(&exchange),
                Happening::Begin(number) => {
                    let Planned { place, ask, instance, user, .. } = planned[number];
                    if matches!(ask, Task::Segment(Kind::LastRead(_)) | Task::Code(CodeKind::LastRead { .. })) {
                        world.network.calm();
                    }
                    let call = Arc::new(Call::new(number, SKEWS[instance]));
                    let timeline = world.timeline.clone();
                    let (world, done_by) = (Arc::clone(&world), Arc::clone(&call));
                    let work = CALL.scope(Arc::clone(&call), async move {
                        match ask {
                            Task::Segment(kind) => {
                                let seen = world.call(&done_by, place, kind, instance, user).await;
                                lock(&world.seen)[done_by.number] = Some((place, seen));
                            }
                            Task::Code(kind) => {
                                let seen = world.call_for_code(number, place, kind, instance, user).await;
                                lock(&world.seen_of_codes).push((number, place, seen));
                            }
                        }
                    });
                    tasks.spawn(timeline.follow(&call, work));
                }
            }
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a call that goes to its end");
        }
        world.outcomes()
    }

    fn outcomes(&self) -> Outcomes {
        let stored = self.network.stored().clone();
        let late: BTreeSet<usize> = stored.iter().filter(|stored| stored.given_up).map(|stored| stored.call).collect();
        // Of several writes the first one stays.
        let wrote: BTreeMap<usize, u64> = stored.iter().rev().map(|stored| (stored.call, stored.at)).collect();
        let mut histories: Vec<_> = self.places.iter().map(|place| (place.clone(), Vec::new())).collect();
        for (number, (place, mut seen)) in std::mem::take(&mut *lock(&self.seen)).into_iter().flatten().enumerate() {
            seen.is_late = late.contains(&number);
            seen.wrote = wrote.get(&number).copied();
            // What says nothing and does nothing tells nothing.
            if matches!(seen.ask, Ask::Fill) && seen.wrote.is_none() {
                continue;
            }
            if matches!(seen.ask, Ask::Sweep) {
                // What it has given up of one it does not say; the others are stored all the same.
                let mut swept = BTreeMap::<&String, bool>::new();
                for stored in stored.iter().filter(|stored| stored.call == number) {
                    let agent = stored.after["agent"].as_s().expect("an agent");
                    *swept.entry(agent).or_default() |= stored.given_up;
                }
                for (place, history) in &mut histories {
                    let Some(is_late) = swept.get(&place.agent).copied() else { continue };
                    let outcome = if is_late { Outcome::Unknown } else { seen.outcome.clone() };
                    history.push(Seen { is_late, outcome, ..seen.clone() });
                }
                continue;
            }
            if is_forgotten(&stored, number, seen.to) {
                // Once, or once more when its answer was lost, or both.
                seen.outcome = Outcome::Unknown;
                histories[place].1.push(seen.clone());
            }
            if seen.is_late && !matches!(seen.outcome, Outcome::Unknown) {
                // Tried again, it has been answered; what was given up has come beside it.
                histories[place].1.push(Seen { outcome: Outcome::Unknown, ..seen.clone() });
            }
            histories[place].1.push(seen);
        }
        let codes = self.histories_of_codes();
        let operator = self.operator.clone();
        Outcomes { histories, codes, configurations: operator.configurations().clone(), operator, stored }
    }

    fn histories_of_codes(&self) -> Vec<(Desk, Vec<code::Seen>)> {
        let mut codes: Vec<_> = self.desks.iter().map(|desk| (desk.clone(), Vec::new())).collect();
        let late = self.network.late_codes();
        for (number, desk, seen) in std::mem::take(&mut *lock(&self.seen_of_codes)) {
            // What was given up and is carried out later may come beside what was answered.
            for _ in late.iter().filter(|late| **late == number) {
                codes[desk].1.push(code::Seen { outcome: code::Outcome::Unknown, ..seen.clone() });
            }
            codes[desk].1.push(seen);
        }
        codes
    }

    /// Who calls when: half of them while a segment is due, many of those together.
    fn plan(&self, sweeps: bool) -> Vec<Planned> {
        let mut random = lock(&self.random);
        let mut planned = Vec::new();
        let runs = (5_000..110_000).step_by(7_000).filter(|_| sweeps).chain([315_000]);
        for (number, at) in runs.enumerate() {
            let (instance, user) = (number % SKEWS.len(), USERS[0]);
            planned.push(Planned { at, place: 0, ask: Task::Segment(Kind::Sweep), instance, user });
        }
        for place in &self.places {
            let begins = place.begins;
            let due = (begins / 1_000 + place.rules.duration.max(5)) * 1_000;
            let is_left_alone = random.u8(0..4) == 0;
            let mut plan = |at: u64, ask: Kind| {
                let instance = if matches!(ask, Kind::Fill) { FILLER } else { random.usize(0..SKEWS.len()) };
                let user = USERS[random.usize(0..USERS.len())];
                planned.push(Planned { at, place: place.number, ask: Task::Segment(ask), instance, user });
            };
            plan(begins, Kind::Create);
            let mut random = Rng::with_seed(begins ^ 0xA5A5);
            for _ in 0..random.u8(0..2) {
                plan(begins + random.u64(0..2_500), Kind::Create);
            }
            for _ in 0..random.u8(2..5) {
                let ask = match random.u8(0..10) {
                    0..4 => Kind::Draft,
                    4 => Kind::Advise,
                    5 => Kind::Configure,
                    6 | 7 => Kind::Fill,
                    _ => Kind::Read,
                };
                plan(begins + random.u64(10..due - begins - 500), ask);
            }
            let crowds: [u64; 4] = std::array::from_fn(|_| random.u64(0..3_100));
            for _ in 0..random.u8(12..17) {
                let ask = match random.u8(0..24) {
                    0..5 => Kind::Draft,
                    5..11 if !is_left_alone => Kind::Update,
                    11 | 12 => Kind::Advise,
                    13 => Kind::Refused,
                    14 => Kind::Create,
                    15 => Kind::Fill,
                    16 => Kind::Configure,
                    _ => Kind::Read,
                };
                let at = if random.bool() { random.choice(crowds).unwrap_or(0) } else { random.u64(0..3_100) };
                plan(due - 500 + at + random.u64(0..400), ask);
            }
            for _ in 0..random.u8(2..5) {
                let ask = match random.u8(0..6) {
                    0 => Kind::Draft,
                    1 | 2 if !is_left_alone => Kind::Update,
                    3 => Kind::Refused,
                    _ => Kind::Read,
                };
                plan(due + 3_000 + random.u64(0..5_000), ask);
            }
            for _ in 0..random.u8(2..4) {
                let ask = if random.bool() { Kind::Update } else { Kind::Read };
                plan(due + 50_000 + random.u64(0..20_000), ask);
            }
            // What nobody has stored is shown all the same, and is no other once it is stored.
            for by in 0..2 {
                plan(300_000 + random.u64(0..1_000), Kind::LastRead(by));
            }
            plan(310_000, Kind::LastWrite);
            plan(320_000, Kind::LastRead(0));
        }
        // Behind all others: they have numbers of their own.
        for number in 0..self.desks.len() {
            self.plan_of_code(number, &mut random, &mut planned);
        }
        planned
    }

    /// Who writes a code when: most of them in crowds.
    fn plan_of_code(&self, number: usize, random: &mut Rng, planned: &mut Vec<Planned>) {
        let begins = 1_000 + random.u64(0..3_000);
        let crowds: [u64; 5] = std::array::from_fn(|crowd| begins + crowd as u64 * 9_000 + random.u64(0..6_000));
        let mut plan = |at: u64, kind: CodeKind, random: &mut Rng| {
            let (instance, user) = (random.usize(0..SKEWS.len()), USERS[random.usize(0..USERS.len())]);
            planned.push(Planned { at, place: number, ask: Task::Code(kind), instance, user });
        };
        for _ in 0..random.u8(22..30) {
            let kind = match random.u8(0..12) {
                0..5 => CodeKind::Post,
                5 | 6 => CodeKind::Import,
                7 if self.desks[number].has_segments => CodeKind::Open,
                _ => CodeKind::Read,
            };
            let at = random.choice(crowds).unwrap_or(begins) + random.u64(0..900);
            plan(at, kind, random);
        }
        for by_kept in [false, true] {
            plan(300_000 + random.u64(0..1_000), CodeKind::LastRead { by_kept }, random);
        }
    }

    /// Makes a call that has to do with a code, and says what its caller has seen.
    async fn call_for_code(
        &self,
        number: usize,
        desk: usize,
        kind: CodeKind,
        instance: usize,
        user: &'static str,
    ) -> code::Seen {
        let desk = &self.desks[desk];
        let (ask, language) = {
            let mut random = lock(&self.random);
            let language = random.usize(0..LANGUAGES.len());
            let mut text = || (random.u8(0..3) != 0).then(|| format!("{} {}", desk.label, random.u16(..)));
            let (description, translated) = (text(), [text(), text()]);
            let active = (!desk.has_segments && random.u8(0..2) == 0).then(|| random.bool());
            let said = Said { description, active, translated };
            let ask = match kind {
                CodeKind::Post => code::Ask::Post(said),
                CodeKind::Import => code::Ask::Import(said),
                CodeKind::Open => code::Ask::Open,
                CodeKind::Read => code::Ask::Read { by_kept: random.bool() },
                CodeKind::LastRead { by_kept } => code::Ask::Read { by_kept },
            };
            (ask, language)
        };
        let from = self.timeline.now();
        let outcome = match &ask {
            code::Ask::Import(said) => self.import(desk, said, instance).await,
            code::Ask::Post(said) => {
                let event = Event::post("code").json(&json!({"codes": [body_of(desk, said)]}));
                let code = |answer: Value| answer["result"]["result_map"]["created_wrap_up_codes"][0].clone();
                self.outcome_of_code(event, instance, user, language, code).await
            }
            code::Ask::Read { by_kept } => {
                let sys_id = if *by_kept { desk.kept.clone() } else { desk.own() };
                let event = Event::get(&format!("code/{sys_id}"));
                let code = |answer: Value| answer["result"]["result_map"]["wrap_up_code"].clone();
                self.outcome_of_code(event, instance, user, language, code).await
            }
            code::Ask::Open => {
                let event = Event::post("segment/create").json(&json!({
                    "agent_sys_id": format!("agent of {}", desk.label), "interaction_sys_id": "none", "external": true,
                    "external_segment_id": format!("{} {number}", desk.label),
                    "opened_on": time(i64::try_from(BEGIN + from / 1_000).expect("a time of this age")),
                    "configuration": {
                        "enable_codes": true, "allowed_codes": [{"code": desk.label}], "default_code": desk.label,
                        "show_timer": true, "duration": 5,
                    },
                }));
                match self.outcome_of_code(event, instance, user, language, |answer| answer).await {
                    code::Outcome::Shown(_) => code::Outcome::Opened,
                    other => other,
                }
            }
        };
        code::Seen { ask, from, to: self.timeline.now(), outcome }
    }

    async fn outcome_of_code(
        &self,
        event: Event,
        instance: usize,
        user: &str,
        language: usize,
        code: impl Fn(Value) -> Value,
    ) -> code::Outcome {
        let event = event.authorizer(json!({"wrapup_user": user, "principalId": user}));
        let reply = self.instances[instance].call(&event.header("Accept-Language", LANGUAGES[language])).await;
        match reply.status() {
            200 => code::Outcome::Shown(code::Shown::read(&code(reply.json()), language)),
            404 => code::Outcome::NotFound,
            503 => code::Outcome::Unknown,
            other => panic!("{other}: {}", reply.text()),
        }
    }

    /// Imports a code as the operator's command does.
    async fn import(&self, desk: &Desk, said: &Said, instance: usize) -> code::Outcome {
        let mut file = body_of(desk, said);
        file["sys_id"] = json!(desk.kept);
        let import = document(&file).read(CodeImport::read).expect("a code");
        let codes = self.instances[instance].system.codes();
        let imported = codes.admit(1).expect("room").import(&[&import], "operator").await.remove(0);
        match imported {
            Ok(code) => code::Outcome::Shown(code::Shown::of(&code)),
            Err(error) if matches!(error.kind(), ErrorKind::Contended | ErrorKind::Unavailable) => {
                code::Outcome::Unknown
            }
            Err(error) => panic!("{error}, to an import of {}", desk.label),
        }
    }

    /// Makes a call, and says what its caller has seen.
    async fn call(&self, call: &Call, place: usize, kind: Kind, instance: usize, user: &'static str) -> Seen {
        let (ask, event) = self.ask(&self.places[place], kind, user);
        let clock = || i64::try_from(BEGIN * 1_000 + self.timeline.now()).expect("a time of this age") + call.skew;
        let (from, clock_from) = (self.timeline.now(), clock());
        let outcome = match event {
            Some(event) => self.outcome(place, &ask, self.instances[instance].call(&event).await),
            None if matches!(ask, Ask::Sweep) => self.sweep(&self.instances[instance]).await,
            None => self.fill(place).await,
        };
        let (to, clock_to) = (self.timeline.now(), clock());
        Seen { ask, user, from, to, clock_from, clock_to, outcome, wrote: None, is_late: false }
    }

    fn outcome(&self, place: usize, ask: &Ask, reply: Reply) -> Outcome {
        match reply.status() {
            200 => {
                let shown = Shown::read(&reply.json()["segment"]);
                let mut known = lock(&self.known);
                if matches!(ask, Ask::Create) && !known[place].contains(&shown.sys_id) {
                    known[place].push(shown.sys_id.clone());
                }
                Outcome::Shown(Box::new(shown))
            }
            400 => Outcome::Refused,
            404 => Outcome::NotFound,
            503 => Outcome::Unknown,
            other => panic!("{other}: {}, to {ask:?}", reply.text()),
        }
    }

    /// Delivers records of the stream to the AI filler, of which some have been delivered before.
    async fn fill(&self, place: usize) -> Outcome {
        let known = lock(&self.known)[place].clone();
        let is_known = |stored: &&Stored| known.iter().any(|id| stored.after["sys_id"].as_s() == Ok(id));
        let records: Vec<_> = self.network.stored().iter().filter(is_known).cloned().collect();
        let records = records.into_iter().rev().take(3).map(|stored| match stored.before {
            Some(before) => StreamRecord::modify(before, stored.after),
            None => StreamRecord::insert(stored.after),
        });
        let answer = self.filler.handle(StreamRecord::event(&records.collect::<Vec<_>>())).await;
        if answer.batch_item_failures.is_empty() { Outcome::Quiet } else { Outcome::Unknown }
    }

    /// Runs the job that stores ends that nobody has stored, as Lambda does, which ends it where it takes too long.
    async fn sweep(&self, instance: &Instance) -> Outcome {
        let clock = instance.system.clock();
        let function = JobFunction::new(Box::new(CloseOverdue::new(&instance.system)), clock.clone());
        let mut context = Context::default();
        // The function counts by the machine's clock, for which it is soon over: what ends a run is the world's.
        let deadline = clock.since_epoch() + Duration::from_secs(900);
        context.deadline = u64::try_from(deadline.as_millis()).expect("a time of this age");
        let payload = serde_json::from_value(json!({})).expect("any JSON");
        let run = std::pin::pin!(function.handle(LambdaEvent::new(payload, context)));
        match select(run, self.timeline.wait(self.longest_run)).await {
            Either::Left((Ok(()), _)) => Outcome::Quiet,
            Either::Left((Err(_), _)) | Either::Right(_) => Outcome::Unknown,
        }
    }

    fn ask(&self, place: &Place, kind: Kind, user: &str) -> (Ask, Option<Event>) {
        let mut random = lock(&self.random);
        let which = match kind {
            Kind::LastRead(which) => which,
            Kind::LastWrite => 0,
            _ => random.u8(0..3),
        };
        let by = match (which, &place.external_segment_id) {
            (0, _) => By::AgentInteraction,
            (1, Some(_)) => By::ExternalId,
            _ => {
                let known = lock(&self.known)[place.number].clone();
                let one = if random.u8(0..5) == 0 { random.choice(&known) } else { known.last() };
                By::SysId(one.cloned().unwrap_or_else(|| place.next_id(None)))
            }
        };
        let code = match random.u8(0..8) {
            0..3 => Some(CODES[0]),
            3..6 => Some(CODES[1]),
            6 => Some(UNKNOWN_CODE),
            _ => None,
        };
        let notes = (code.is_none() || random.bool()).then(|| format!("Notes {}", random.u16(..)));
        let put = |path: &str, body: Value| Some(Event::put(&format!("{path}?{}", query(place, &by))).json(&body));
        let (ask, event) = match kind {
            Kind::Create => {
                let body = match &place.external_segment_id {
                    Some(id) => json!({
                        "agent_sys_id": place.agent, "interaction_sys_id": "interaction", "external": true,
                        "external_segment_id": id,
                        "opened_on": time(place.opened.expect("a time")),
                        "configuration": configuration(place.rules),
                    }),
                    None => json!({
                        "agent_sys_id": place.agent, "interaction_sys_id": "interaction",
                        "wrap_up_configuration_sys_id": self.configurations[&place.rules],
                    }),
                };
                (Ask::Create, Some(Event::post("segment/create").json(&body)))
            }
            Kind::Read | Kind::LastRead(_) => {
                let path = match &by {
                    By::SysId(id) => id.clone(),
                    By::ExternalId => place.external_segment_id.clone().unwrap_or_default(),
                    By::AgentInteraction => format!("agent/{}/interaction/interaction", place.agent),
                };
                (Ask::Read(by), Some(Event::get(&format!("segment/{path}"))))
            }
            Kind::Draft => {
                let code = if random.u8(0..6) == 0 { Some("") } else { code };
                let notes = if random.u8(0..8) == 0 { Some(String::new()) } else { notes };
                let body = json!({"wrap_up_code": code, "notes": notes});
                let event = put("segment/draft", body);
                (Ask::Draft { by, code, notes }, event)
            }
            Kind::Update => {
                let confirmed =
                    (random.u8(0..4) == 0).then(|| i64::try_from(BEGIN).unwrap_or(0) + 3_600 + random.i64(0..3));
                let (code, notes) = if random.u8(0..5) == 0 { (None, None) } else { (code, notes) };
                let update = Update { code, notes, confirmed, rules: None };
                let event = put("segment/update", body(&update));
                (Ask::Update { by, update }, event)
            }
            Kind::Configure => {
                let rules = Rules { duration: random.u64(5..10), third_party_ai: random.bool() };
                let alone = random.u8(0..4) != 0;
                let (code, notes) = if alone { (None, None) } else { (code, notes) };
                let update = Update { code, notes, confirmed: None, rules: Some(rules) };
                let event = put("segment/update", body(&update));
                (Ask::Update { by, update }, event)
            }
            Kind::Refused | Kind::LastWrite => {
                let update = Update { code: Some(UNKNOWN_CODE), ..Update::default() };
                let event = put("segment/update", body(&update));
                (Ask::Update { by, update }, event)
            }
            Kind::Advise => {
                let mut body = match &by {
                    By::SysId(id) => json!({"segment_sys_id": id}),
                    By::ExternalId => json!({"external_segment_id": place.external_segment_id}),
                    By::AgentInteraction => {
                        json!({"agent_sys_id": place.agent, "interaction_sys_id": "interaction"})
                    }
                };
                body["ai_wrap_up_code"] = json!(code);
                body["ai_notes"] = json!(notes);
                (Ask::Advise { by, code, notes }, Some(Event::put("segment/update/ai").json(&body)))
            }
            Kind::Fill => (Ask::Fill, None),
            Kind::Sweep => (Ask::Sweep, None),
        };
        let vouched = |event: Event| event.authorizer(json!({"wrapup_user": user, "principalId": user}));
        (ask, event.map(vouched))
    }
}

/// A place for a segment: every second one for a workspace's own.
fn place(number: usize, random: &mut Rng) -> Place {
    let rules = Rules { duration: random.u64(4..12), third_party_ai: random.u8(0..3) != 0 };
    let is_external = number.is_multiple_of(2);
    let begins = 1_000 + random.u64(0..40_000);
    let opened = i64::try_from(BEGIN + begins / 1_000).expect("a time of this age");
    Place {
        number,
        begins,
        agent: format!("agent-{number}"),
        external_segment_id: is_external.then(|| format!("CALL-{number}")),
        opened: is_external.then_some(opened),
        rules,
    }
}

/// Whether so many others have come since a call wrote, and before it ended, that the segment may no longer have had its
/// name: a write whose answer is lost is another one then.
fn is_forgotten(stored: &[Stored], call: usize, to: u64) -> bool {
    stored.iter().enumerate().filter(|(_, write)| write.call == call).any(|(index, write)| {
        let sys_id = &write.after["sys_id"];
        let since = stored[index + 1..].iter().take_while(|other| other.at <= to);
        since.filter(|other| other.after["sys_id"] == *sys_id).count() >= ATTEMPTS.len()
    })
}

fn configuration(rules: Rules) -> Value {
    json!({
        "enable_codes": true,
        "allowed_codes": CODES.map(|code| json!({"code": code})),
        "default_code": CODES[0],
        "enable_ai_code": true,
        "enable_ai_notes": true,
        "use_third_party_ai": rules.third_party_ai,
        "use_ai_as_default": true,
        "show_timer": true,
        "duration": rules.duration,
    })
}

/// What a request says of a code.
fn body_of(desk: &Desk, said: &Said) -> Value {
    let mut body = json!({"code": desk.label, "active": said.active, "description": said.description});
    let translations = LANGUAGES.iter().zip(&said.translated).filter_map(|(language, code)| {
        // Where the code has a description, so has each translation.
        Some(json!({"language": language, "code": code.as_ref()?, "description": "Text"}))
    });
    body["translations"] = translations.collect();
    body
}

fn body(update: &Update) -> Value {
    let fields = [
        ("wrap_up_code", update.code.map(|code| json!(code))),
        ("notes", update.notes.as_ref().map(|notes| json!(notes))),
        ("confirmed_on", update.confirmed.map(|confirmed| json!(time(confirmed)))),
        ("configuration", update.rules.map(configuration)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn query(place: &Place, by: &By) -> String {
    match by {
        By::SysId(id) => format!("segment_sys_id={id}"),
        By::ExternalId => format!("external_segment_id={}", place.external_segment_id.as_deref().unwrap_or_default()),
        By::AgentInteraction => format!("agent_sys_id={}&interaction_sys_id=interaction", place.agent),
    }
}

/// A time as requests say it.
fn time(seconds: i64) -> String {
    let time = wrapup::clock::Clock::from_fn(move || {
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds.unsigned_abs())
    });
    DateTime::from(time.now()).to_string()
}

fn document(value: &Value) -> Document {
    Document::from_json(value.to_string().as_bytes()).expect("JSON")
}

/// The parts of an instance whose clock is fast by so many milliseconds.
fn system(timeline: &Timeline, network: &Network, skew: i64) -> System {
    let client = connect(Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some("http://dynamodb.invalid".to_owned()),
        credentials: Credentials::new("test", "test", None, None, "test"),
    });
    let config = client.config().to_builder().http_client(network.clone()).sleep_impl(timeline.clone());
    let dynamo = Dynamo::new(Client::from_conf(config.build()), Tables::default());
    let tables = built_in(&dynamo);
    System::new(dynamo, tables, timeline.clock(skew), None)
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
