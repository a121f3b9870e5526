//! Whoever calls: a system with wrap-ups of its own, beside others that write the same codes, and open some of the same
//! wrap-ups.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use wrapup_test_support::{Api, Call};

use super::plan::{Kind, Step, text};
use super::wrap_up::{Change, WrapUp};

/// The language in which each caller writes codes: of a code that several write, each knows what is to be found.
const LANGUAGES: [&str; super::plan::CALLERS] = ["de", "fr", "es", "it", "nl", "pt"];

/// Labels of codes that all callers write.
const LABELS: u64 = 40;

/// Codes that wrap-ups allow.
pub const ALLOWED: [&str; 2] = ["Billing Issue", "Store Issue"];

/// Why a caller stops.
pub enum Stop {
    /// No answer came: the process is gone.
    Unanswered,
    /// Something else than what has to be answered was.
    Wrong(String),
}

/// A code's texts in one language: label and description.
pub type Texts = (String, String);

/// What is the same for all callers of a round.
pub struct Round<'a> {
    pub api: Api,
    pub number: usize,
    /// An administrator's configuration, for internal wrap-ups.
    pub configuration: &'a str,
    /// Answers so far.
    pub answers: &'a AtomicUsize,
    pub answered: &'a Notify,
    /// Wrap-ups that any caller opens, by their external ids: what each was answered with.
    pub shared: &'a Mutex<BTreeMap<String, Option<Value>>>,
}

/// A caller, and all that it knows.
pub struct Caller {
    pub number: usize,
    pub wrap_ups: Vec<WrapUp>,
    /// By label, the texts that were answered.
    pub codes: BTreeMap<String, Texts>,
    /// Those that were sent and not answered.
    pub unanswered_codes: BTreeMap<String, Texts>,
    opened: usize,
}

impl Caller {
    pub fn new(number: usize) -> Self {
        Self { number, wrap_ups: Vec::new(), codes: BTreeMap::new(), unanswered_codes: BTreeMap::new(), opened: 0 }
    }

    pub fn language(&self) -> &'static str {
        LANGUAGES[self.number]
    }

    /// Goes through its steps until no answer comes.
    pub async fn run(&mut self, round: &Round<'_>, steps: &[Step], sends_again: bool) -> Result<(), String> {
        let steps = async {
            for index in 0..self.wrap_ups.len() {
                if let Some(change) = self.wrap_ups[index].again.take().filter(|_| sends_again) {
                    if self.wrap_ups[index].shown.is_none() {
                        self.becomes_latest(index);
                    }
                    self.change(round, index, change).await?;
                }
            }
            for step in steps {
                self.step(round, *step).await?;
            }
            Ok(())
        };
        match steps.await {
            Ok(()) | Err(Stop::Unanswered) => Ok(()),
            Err(Stop::Wrong(problem)) => Err(problem),
        }
    }

    async fn step(&mut self, round: &Round<'_>, Step { kind, draw }: Step) -> Result<(), Stop> {
        match kind {
            Kind::Codes => self.write_codes(round, draw).await,
            Kind::OpenExternal => self.open_external(round, json!({})).await.map(drop),
            Kind::OpenSegmented => {
                let segment = json!({"segmented": true, "segment_table": super::PHONE_LOG, "segment_id": format!("phone-{draw}")});
                self.open_external(round, segment).await.map(drop)
            }
            Kind::OpenInternal => self.open_internal(round, draw).await,
            Kind::OpenTimed => self.open_timed(round, draw).await,
            Kind::OpenShared => self.open_shared(round, draw).await,
            Kind::Draft => {
                let body = json!({"notes": text(draw), "wrap_up_code": code(draw)});
                let index = self.one(round, draw, WrapUp::is_open).await?;
                self.change(round, index, Change::Draft(body)).await
            }
            Kind::Update => {
                let body = json!({"notes": text(draw), "wrap_up_code": code(draw)});
                let which = if draw.is_multiple_of(4) { WrapUp::is_closed_external } else { WrapUp::is_open };
                let index = self.one(round, draw, which).await?;
                self.change(round, index, Change::Update(body)).await
            }
            Kind::Advise => {
                let body = json!({"ai_notes": text(draw), "ai_wrap_up_code": code(draw)});
                let takes_advice = |one: &WrapUp| one.is_open() && !one.external_id().is_empty();
                let index = self.one(round, draw, takes_advice).await?;
                self.change(round, index, Change::Advise(body)).await
            }
            Kind::Confirm => {
                let body = json!({"confirmed_on": "2024-09-16 18:52:01"});
                let index = self.one(round, draw, WrapUp::is_closed_external).await?;
                self.change(round, index, Change::Update(body)).await
            }
        }
    }

    /// One of the wrap-ups that are so, or a new one.
    async fn one(&mut self, round: &Round<'_>, draw: u64, is_so: impl Fn(&WrapUp) -> bool) -> Result<usize, Stop> {
        let fitting: Vec<_> = (0..self.wrap_ups.len()).filter(|index| is_so(&self.wrap_ups[*index])).collect();
        match fitting.len() {
            0 => self.open_external(round, json!({})).await,
            count => Ok(fitting[usize::try_from(draw % count as u64).unwrap_or(0)]),
        }
    }

    async fn open_external(&mut self, round: &Round<'_>, further: Value) -> Result<usize, Stop> {
        self.opened += 1;
        let id = format!("caller {}, {} of round {}", self.number, self.opened, round.number);
        let request = wrapup_test_support::merged(external(&format!("agent-{}", self.number), &id), &further);
        self.open(round, WrapUp::new(request)).await
    }

    /// Closes the last internal wrap-up of one of a few interactions, if it is open, and opens the next one.
    async fn open_internal(&mut self, round: &Round<'_>, draw: u64) -> Result<(), Stop> {
        let interaction = format!("inside-{}", draw % 4);
        let of_pair = |one: &WrapUp| one.request["interaction_sys_id"] == interaction.as_str() && one.is_latest;
        let last = self.wrap_ups.iter().position(of_pair);
        if let Some(index) = last.filter(|index| self.wrap_ups[*index].shown("state") == "open") {
            let close = json!({"notes": text(draw), "wrap_up_code": code(draw)});
            self.change(round, index, Change::Update(close)).await?;
        }
        let request = json!({
            "agent_sys_id": format!("agent-{}", self.number), "interaction_sys_id": interaction,
            "wrap_up_configuration_sys_id": round.configuration,
        });
        self.open(round, WrapUp::new(request)).await.map(drop)
    }

    /// Opens one whose time is up in a few seconds, with a draft, and leaves it alone.
    async fn open_timed(&mut self, round: &Round<'_>, draw: u64) -> Result<(), Stop> {
        let timed = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
        let index = self.open_external(round, timed).await?;
        self.change(round, index, Change::Draft(json!({"notes": text(draw), "wrap_up_code": code(draw)}))).await
    }

    /// Opens one that other callers open at the same time.
    async fn open_shared(&mut self, round: &Round<'_>, draw: u64) -> Result<(), Stop> {
        let id = format!("shared {} of round {}", draw % 8, round.number);
        let request = external("agent of all", &id);
        round.shared.lock().expect("a list").entry(id.clone()).or_default();
        let answer = round.ask(round.api.call(Method::POST, "segment/create").json(&request)).await?;
        let mut shared = round.shared.lock().expect("a list");
        let known = shared.get_mut(&id).expect("an entry");
        match known {
            Some(known) if *known != answer["segment"] => {
                Err(Stop::Wrong(format!("two callers were answered differently: {known} and {}", answer["segment"])))
            }
            _ => {
                *known = Some(answer["segment"].clone());
                Ok(())
            }
        }
    }

    async fn open(&mut self, round: &Round<'_>, new: WrapUp) -> Result<usize, Stop> {
        let (index, change) = (self.wrap_ups.len(), Change::Open(new.request.clone()));
        self.wrap_ups.push(new);
        self.becomes_latest(index);
        self.change(round, index, change).await?;
        Ok(index)
    }

    /// From now on agent and interaction of a wrap-up mean it, and none that was opened before.
    fn becomes_latest(&mut self, index: usize) {
        let (earlier, rest) = self.wrap_ups.split_at_mut(index);
        let Some((this, _)) = rest.split_first_mut() else { return };
        for one in earlier.iter_mut().filter(|one| one.pair() == this.pair()) {
            one.is_latest = false;
        }
        this.is_latest = true;
    }

    /// A wrap-up has not been opened: agent and interaction mean the one before, if there is one.
    pub fn was_not_opened(&mut self, index: usize) {
        self.wrap_ups[index].is_latest = false;
        let (earlier, rest) = self.wrap_ups.split_at_mut(index);
        let of_pair = |one: &&mut WrapUp| one.shown.is_some() && Some(one.pair()) == rest.first().map(WrapUp::pair);
        if let Some(before) = earlier.iter_mut().rfind(of_pair) {
            before.is_latest = true;
        }
    }

    /// Sends a change, and keeps what is answered.
    async fn change(&mut self, round: &Round<'_>, index: usize, change: Change) -> Result<(), Stop> {
        let one = &mut self.wrap_ups[index];
        let id = if one.external_id().is_empty() { "segment_sys_id" } else { "external_segment_id" };
        let named = if one.external_id().is_empty() { one.shown("sys_id") } else { one.external_id() }.to_owned();
        let put = |path: &str, body: &Value| round.api.call(Method::PUT, &format!("{path}?{id}={named}")).json(body);
        let call = match &change {
            Change::Open(body) => round.api.call(Method::POST, "segment/create").json(body),
            Change::Draft(body) => put("segment/draft", body),
            Change::Update(body) => put("segment/update", body),
            Change::Advise(body) => {
                let mut body = body.clone();
                body[id] = json!(named);
                round.api.call(Method::PUT, "segment/update/ai").json(&body)
            }
        };
        (one.is_touched, one.unanswered) = (true, Some(change.clone()));
        let answer = round.ask(call).await?;
        one.unanswered = None;
        if !change.is_in(&answer["segment"]) {
            return Err(Stop::Wrong(format!("{change:?} is not in its answer {answer}")));
        }
        one.shown = Some(answer["segment"].clone());
        Ok(())
    }

    /// Writes some codes that others write, too, each in a language of its own.
    async fn write_codes(&mut self, round: &Round<'_>, draw: u64) -> Result<(), Stop> {
        let labels =
            (0..=draw % 5).map(|more| (format!("Label {}", (draw / 7 + more) % LABELS), draw.wrapping_add(more)));
        let mut codes = Vec::new();
        for (label, draw) in labels {
            let texts = (format!("{label} {draw}"), format!("Description {draw}"));
            let translation = json!({"language": self.language(), "code": texts.0, "description": texts.1});
            codes.push(json!({"code": label, "translations": [translation]}));
            self.unanswered_codes.insert(label, texts);
        }
        round.ask(round.api.call(Method::POST, "code").json(&json!({"codes": codes}))).await?;
        self.codes.append(&mut self.unanswered_codes);
        Ok(())
    }
}

impl Round<'_> {
    /// Sends a call that is in order; answers its body.
    async fn ask(&self, call: Call) -> Result<Value, Stop> {
        let Some(reply) = call.try_send().await else { return Err(Stop::Unanswered) };
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.answered.notify_one();
        match (reply.status, serde_json::from_slice(&reply.body)) {
            (200, Ok(body)) => Ok(body),
            (status, _) => Err(Stop::Wrong(format!("answered {status}: {}", reply.text()))),
        }
    }
}

/// A request for an external wrap-up that takes AI content of others.
pub fn external(agent: &str, id: &str) -> Value {
    json!({
        "agent_sys_id": agent, "interaction_sys_id": format!("interaction of {id}"), "external": true, "external_segment_id": id,
        "configuration": {
            "enable_codes": true, "allowed_codes": ALLOWED.map(|code| json!({"code": code})), "default_code": ALLOWED[0],
            "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true,
        },
    })
}

fn code(draw: u64) -> &'static str {
    ALLOWED[usize::from(draw.is_multiple_of(3))]
}
