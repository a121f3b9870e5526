//! What the demo's contact centre wraps up, and how.

use fastrand::Rng;
use serde_json::{Value, json};
use wrapup::System;
use wrapup::clock::{Clock, DAY};
use wrapup::codes::{CodeRequest, Label};
use wrapup::configurations::Definition;
use wrapup::document::{Document, FromText, Id};
use wrapup::dynamodb::Stamp;
use wrapup::segments::{Address, CloseRequest, DraftRequest, Filling, OpenRequest, Provenance};

use super::written;
use crate::commands::CommandError;

/// Whose calls they are.
const CALLER: &str = "demo";

/// Agents, by their sys_ids.
const AGENTS: [&str; 12] = [
    "amira.haddad",
    "ben.okafor",
    "carla.weiss",
    "dmitri.sokolov",
    "elif.yilmaz",
    "farid.nazari",
    "grace.lin",
    "hugo.martin",
    "ines.costa",
    "jonas.berg",
    "kiran.rao",
    "lena.novak",
];

/// Codes with their German labels, and how often each is meant of a hundred.
const SUPPORT: [(&str, &str, u32); 6] = [
    ("Delivery Delayed", "Lieferung verspätet", 34),
    ("Wrong Item", "Falscher Artikel", 14),
    ("Refund", "Erstattung", 21),
    ("Invoice Question", "Frage zur Rechnung", 17),
    ("Complaint", "Beschwerde", 6),
    ("General Enquiry", "Allgemeine Anfrage", 8),
];
const SALES: [(&str, &str, u32); 4] = [
    ("New Order", "Neue Bestellung", 41),
    ("Order Changed", "Bestellung geändert", 27),
    ("Offer Sent", "Angebot verschickt", 19),
    ("General Enquiry", "Allgemeine Anfrage", 13),
];

const NOTES: [&str; 5] = [
    "Told the customer when it will arrive.",
    "Customer calls back tomorrow.",
    "Sent the form by mail.",
    "Everything settled on the phone.",
    "Passed on to the second line.",
];

/// A kind of work: a configuration, and how it is wrapped up.
struct Work {
    name: &'static str,
    codes: &'static [(&'static str, &'static str, u32)],
    /// Seconds that a wrap-up may take.
    limit: u64,
    /// Of a hundred, how often agents are late.
    late: u32,
    /// Whether the contact centre's own system opens it, and confirms it.
    external: bool,
}

const WORK: [Work; 3] = [
    Work { name: "Phone support", codes: &SUPPORT, limit: 180, late: 4, external: true },
    Work { name: "Chat support", codes: &SUPPORT, limit: 120, late: 7, external: false },
    Work { name: "Sales", codes: &SALES, limit: 300, late: 2, external: true },
];

/// A wrap-up, and all that is done to it.
pub struct Plan {
    work: &'static Work,
    agent: &'static str,
    interaction: String,
    /// When it opens, in seconds since the Unix epoch.
    pub opened: u64,
    closed: Option<u64>,
    drafted: bool,
    confirmed: Option<u64>,
    code: Option<&'static str>,
    suggested: Option<(&'static str, f64)>,
    notes: &'static str,
}

/// One thing that is done.
pub enum Step {
    Open,
    Suggest,
    Draft,
    Close,
    Confirm(u64),
}

/// The wrap-ups of a day, counted from the Unix epoch: the same each time, the more the longer into it.
pub fn day(day: u64, many: u64) -> Vec<Plan> {
    // The first of January 1970 was a Thursday.
    let weekend = matches!((day + 4) % 7, 0 | 6);
    let many = if weekend { many * 2 / 5 } else { many * 31 / 25 };
    let plan = |number| {
        let mut random = Rng::with_seed(day * 1_000_003 + number);
        // Most calls come between eight and six, by twos for a hill at noon.
        let hour = 7 + (random.u64(0..6) + random.u64(0..7));
        plan(format!("IMS{day}{number:05}"), day * DAY + hour * 3_600 + random.u64(0..3_600), &mut random)
    };
    let mut plans: Vec<Plan> = (0..many.max(1)).map(plan).collect();
    plans.sort_by_key(|plan| plan.opened);
    plans
}

/// A wrap-up that opens now.
pub fn any(now: u64, random: &mut Rng) -> Plan {
    plan(format!("IMS{now}{:04}", random.u32(0..10_000)), now, random)
}

fn plan(interaction: String, opened: u64, random: &mut Rng) -> Plan {
    let one_of = |random: &mut Rng, percent: u32| random.u32(0..100) < percent;
    let work = &WORK[random.choice([0, 0, 0, 1, 1, 2, 2]).unwrap_or(0)];
    let meant = pick(work, random);
    let sure = (random.f64() + random.f64()) / 2.0;
    // The surer the AI is, the oftener it is right.
    let suggested = one_of(random, 80).then(|| {
        let right = random.f64() < 0.35 + 0.6 * sure;
        (if right { meant } else { pick(work, random) }, (sure * 0.7 + 0.3).min(0.99))
    });
    let took = 12 + random.u64(0..work.limit / 3) + random.u64(0..work.limit / 2);
    let late = one_of(random, work.late);
    let closed = (!late).then_some(opened + took);
    let ended = closed.unwrap_or(opened + work.limit);
    // One in thirty is forgotten, and those of the last minutes wait.
    let confirmed = (work.external && !one_of(random, 3)).then(|| ended + 60 + random.u64(0..1_500));
    Plan {
        work,
        agent: random.choice(AGENTS).unwrap_or(AGENTS[0]),
        interaction,
        opened,
        closed,
        drafted: late || one_of(random, 30),
        confirmed,
        code: (!one_of(random, 9)).then_some(meant),
        suggested,
        notes: random.choice(NOTES).unwrap_or(NOTES[0]),
    }
}

/// A code, by how often each is meant.
fn pick(work: &Work, random: &mut Rng) -> &'static str {
    let mut left = random.u32(0..work.codes.iter().map(|(_, _, often)| often).sum());
    for (label, _, often) in work.codes {
        match left.checked_sub(*often) {
            Some(rest) => left = rest,
            None => return label,
        }
    }
    work.codes[0].0
}

impl Plan {
    /// What is done, and when.
    pub fn steps(&self) -> Vec<(u64, Step)> {
        let mut steps = vec![(self.opened, Step::Open)];
        let ended = self.closed.unwrap_or(self.opened + self.work.limit);
        if self.suggested.is_some() {
            steps.push((self.opened + 2, Step::Suggest));
        }
        if self.drafted {
            steps.push((self.opened + (ended - self.opened) / 2, Step::Draft));
        }
        steps.extend(self.closed.map(|closed| (closed, Step::Close)));
        steps.extend(self.confirmed.map(|confirmed| (confirmed, Step::Confirm(confirmed))));
        steps
    }

    fn address(&self) -> Option<Address> {
        let id = |text: &str| Id::from_text(text).ok();
        Some(match self.work.external {
            true => Address::External(id(&self.interaction)?),
            false => Address::AgentInteraction { agent: id(self.agent)?, interaction: id(&self.interaction)? },
        })
    }
}

/// The contact centre.
pub struct Desk {
    system: System,
}

impl Desk {
    /// With its codes and its configurations, which are made where they are not there.
    pub async fn open(system: System) -> Result<Self, CommandError> {
        let stamp = Stamp::now(CALLER, &Clock::system());
        for work in &WORK {
            let document = Document::from_json(json!({"codes": codes(work, true)}).to_string().as_bytes());
            let requests = document
                .map_err(CommandError::refused)?
                .read(|fields| fields.objects("codes")?.iter().map(CodeRequest::read).collect::<Option<Vec<_>>>());
            let requests = requests.map_err(CommandError::refused)?;
            for outcome in system.codes().admit(requests.len())?.upsert(&requests, false, CALLER).await {
                outcome?;
            }
            let mut file = rules(work, false);
            file["name"] = json!(work.name);
            let document = Document::from_json(file.to_string().as_bytes()).map_err(CommandError::refused)?;
            let definition = document.read(Definition::read).map_err(CommandError::refused)?;
            system.configurations().put(&definition, &stamp).await?;
        }
        Ok(Self { system })
    }

    /// Whether a wrap-up is there.
    pub async fn has(&self, plan: &Plan) -> Result<bool, CommandError> {
        let Some(address) = plan.address() else { return Ok(true) };
        match self.system.segments().find(&address).await {
            Ok(_) => Ok(true),
            Err(wrapup::Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Does one thing to a wrap-up. What is refused, such as a draft of one that its deadline has just ended, is nothing to
    /// worry about.
    pub async fn take(&self, plan: &Plan, step: &Step) -> Result<(), CommandError> {
        // In a box, so that what waits for a step stays small.
        match Box::pin(self.step(plan, step)).await {
            Ok(()) | Err(wrapup::Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn step(&self, plan: &Plan, step: &Step) -> Result<(), wrapup::Error> {
        let segments = self.system.segments();
        let Some(address) = plan.address() else { return Ok(()) };
        match step {
            Step::Open => {
                let tables = self.system.segment_tables();
                let request =
                    document(&plan.request()).read(|fields| OpenRequest::read(fields, tables, segments.now()))?;
                segments.open(&request, CALLER, tables).await?;
            }
            Step::Suggest => {
                let Some((code, sure)) = plan.suggested else { return Ok(()) };
                let found = segments.find(&address).await?;
                let provenance = Provenance {
                    source: CALLER.to_owned(),
                    model: CALLER.to_owned(),
                    confidence: Some(sure.into()),
                    took_ms: 800,
                };
                let filling = Filling {
                    code: Label::from_text(code).ok(),
                    alternatives: Vec::new(),
                    kept_back: None,
                    notes: None,
                    provenance,
                };
                // Nothing was said that could be read again.
                Box::pin(segments.fill(found, &filling, CALLER)).await?;
            }
            Step::Draft => {
                let typed = document(&json!({"wrap_up_code": plan.code, "notes": plan.notes}));
                segments.draft(&address, &typed.read(DraftRequest::read)?, CALLER).await?;
            }
            Step::Close => {
                let submitted = document(&json!({"wrap_up_code": plan.code, "notes": plan.notes}));
                segments.close(&address, &submitted.read(CloseRequest::read)?, CALLER).await?;
            }
            Step::Confirm(at) => {
                let confirmed = document(&json!({"confirmed_on": written(*at)}));
                segments.close(&address, &confirmed.read(CloseRequest::read)?, CALLER).await?;
            }
        }
        Ok(())
    }
}

impl Plan {
    /// The request that opens it.
    fn request(&self) -> Value {
        let mut request = json!({
            "agent_sys_id": self.agent,
            "interaction_sys_id": self.interaction,
            "opened_on": written(self.opened),
        });
        if self.work.external {
            request["external"] = json!(true);
            request["external_segment_id"] = json!(self.interaction);
            request["configuration"] = rules(self.work, true);
        } else {
            request["wrap_up_configuration_sys_id"] =
                json!(wrapup::sys_id::derive(wrapup::sys_id::Kind::Configuration, &[self.work.name]));
        }
        request
    }
}

/// The codes of a kind of work, with their translations.
fn codes(work: &Work, in_list: bool) -> Vec<Value> {
    let translations = if in_list { "translations" } else { "translation" };
    let code = |(label, german, _): &(&str, &str, u32)| json!({"code": label, translations: [{"language": "de", "code": german, "description": ""}]});
    work.codes.iter().map(code).collect()
}

/// What its configuration says.
fn rules(work: &Work, external: bool) -> Value {
    let labels = || work.codes.iter().map(|(label, _, _)| json!(label)).collect();
    json!({
        "enable_codes": true,
        "allowed_codes": if external { codes(work, false) } else { labels() },
        "default_code": work.codes.last().map(|(label, _, _)| label),
        "duration": work.limit,
        "show_timer": true,
        "enable_ai_code": true,
        "use_ai_as_default": true,
    })
}

fn document(value: &Value) -> Document {
    Document::from_json(value.to_string().as_bytes()).unwrap_or_else(|_| Document::empty())
}
