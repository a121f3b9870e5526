//! The contract of [`InteractionSegment`], as checks that any implementation can be put through.
//!
//! In a test of your own: `contract::verify(Arc::new(my_table)).await.assert_passed()`. The checks
//! create records under ids of their own; run them against a table that may hold such records.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment};
use crate::date_time::DateTime;

/// The interaction of the checks' records.
const INTERACTION: &str = "contract-interaction";

/// How long a check gives a table for one call.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long after a deadline a call may still take to come back.
const GRACE: Duration = Duration::from_secs(3);

/// What came out of the checks.
#[derive(Debug)]
pub struct Report(Vec<Check>);

/// One clause of the contract, and whether it held.
#[derive(Debug)]
pub struct Check {
    /// The clause.
    pub clause: &'static str,
    /// What broke it.
    pub outcome: Result<(), Breach>,
}

/// How a clause was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", cause.as_ref().map(|cause| format!(" failed with: {cause}")).unwrap_or_default())]
pub struct Breach {
    /// What the table answered; or the call that failed.
    pub what: String,
    /// What that call failed with. Where a table cannot be asked at all, it is the same in every clause.
    pub cause: Option<String>,
}

impl From<String> for Breach {
    fn from(what: String) -> Self {
        Self { what, cause: None }
    }
}

impl From<&str> for Breach {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

impl Report {
    /// All checks, in the order they ran.
    pub fn checks(&self) -> &[Check] {
        &self.0
    }

    /// Whether every clause held.
    pub fn passed(&self) -> bool {
        self.0.iter().all(|check| check.outcome.is_ok())
    }

    /// For tests: fails with every clause that was broken.
    ///
    /// # Panics
    /// Where a clause was broken.
    #[track_caller]
    pub fn assert_passed(&self) {
        let broken = self.0.iter().filter_map(|check| Some((check.clause, check.outcome.as_ref().err()?)));
        let broken: Vec<_> = broken.map(|(clause, problem)| format!("{clause}: {problem}")).collect();
        assert!(broken.is_empty(), "the contract is broken:\n{}", broken.join("\n"));
    }
}

/// Puts an implementation through the whole contract.
pub async fn verify(table: Arc<dyn InteractionSegment>) -> Report {
    let table = table.as_ref();
    Report(vec![
        Check { clause: "create answers the record that retrieve then sees", outcome: creates(table).await },
        Check {
            clause: "a new record has the interaction it was given, or none",
            outcome: keeps_it_apart(table).await,
        },
        Check { clause: "create is idempotent for a segment_id", outcome: is_idempotent(table).await },
        Check { clause: "an unknown segment_id is no such record", outcome: knows_what_it_lacks(table).await },
        Check { clause: "a segment_id may be any text", outcome: takes_any_id(table).await },
        Check { clause: "ids that look alike name different records", outcome: tells_ids_apart(table).await },
        Check { clause: "many creators at once make one record", outcome: survives_a_race(table).await },
        Check { clause: "deadlines are honoured", outcome: honours_deadlines(table).await },
    ])
}

async fn creates(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    let created = create(table, &id, "agent-1").await.map_err(in_call("create"))?;
    belongs(table, &created, &id)?;
    let retrieved = retrieve(table, &id).await.map_err(in_call("retrieve"))?;
    same(&created, &retrieved, "retrieve after create")
}

async fn keeps_it_apart(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    create(table, &id, "agent-1").await.map_err(in_call("create"))?;
    // Under any other, no wrap-up would get to see it, not even the one that it was created for.
    let retrieved = retrieve(table, &id).await.map_err(in_call("retrieve"))?;
    match retrieved.interaction.as_deref().filter(|interaction| !interaction.trim().is_empty()) {
        None | Some(INTERACTION) => Ok(()),
        Some(_) => Err("the record answers another interaction than it was created with".into()),
    }
}

async fn is_idempotent(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    let first = create(table, &id, "agent-1").await.map_err(in_call("create"))?;
    // Somebody else's retry must not rewrite what is there.
    let second = create(table, &id, "agent-2").await.map_err(in_call("the second create"))?;
    same(&first, &second, "the second create")?;
    let retrieved = retrieve(table, &id).await.map_err(in_call("retrieve"))?;
    same(&first, &retrieved, "retrieve after the second create")
}

async fn knows_what_it_lacks(table: &dyn InteractionSegment) -> Result<(), Breach> {
    match retrieve(table, &fresh_id()).await {
        Err(Error::NoSuchRecord { .. }) => Ok(()),
        Err(other) => Err(in_call("retrieve of an unknown id")(other)),
        Ok(_) => Err("retrieve of an unknown id answered a record".into()),
    }
}

async fn takes_any_id(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let long = "x".repeat(990);
    let hostile = [
        "with space",
        " ends with space ",
        "../../etc/passwd",
        "a/b?c=d&e#f%2F",
        "'; DROP TABLE x; --",
        "\"quoted\"\\",
        "{\"json\": [1]}",
        "<xml>&amp;</xml>",
        "latest:0",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "\u{1F642}\u{200d}\u{2764}",
        "line\nbreak\ttab",
        "nul\u{0}bell\u{7}",
        "${jndi:x}",
        "null",
        &long,
    ];
    for text in hostile {
        let id = format!("{}{text}", &fresh_id()[..24]);
        match create(table, &id, "agent-1").await {
            Ok(created) => {
                belongs(table, &created, &id)?;
                let retrieved = retrieve(table, &id).await.map_err(in_call(&format!("retrieve of {text:?}")))?;
                same(&created, &retrieved, &format!("retrieve of {text:?}"))?;
            }
            // A table need not hold every id, if it says so and keeps nothing.
            Err(Error::BadInput { .. }) => match retrieve(table, &id).await {
                Err(Error::NoSuchRecord { .. } | Error::BadInput { .. }) => {}
                _ => return Err(format!("{text:?} was refused, and is there all the same").into()),
            },
            Err(other) => return Err(in_call(&format!("create of {text:?}"))(other)),
        }
    }
    Ok(())
}

async fn tells_ids_apart(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    create(table, &format!("{id}a"), "agent-1").await.map_err(in_call("create"))?;
    for other in [format!("{id}A"), format!("{id}a "), format!(" {id}a"), format!("{id}a\u{301}"), id.clone()] {
        match retrieve(table, &other).await {
            Err(Error::NoSuchRecord { .. } | Error::BadInput { .. }) => {}
            Err(error) => return Err(in_call("retrieve of a look-alike")(error)),
            Ok(_) => return Err(format!("{other:?} finds the record of \"{id}a\"").into()),
        }
    }
    Ok(())
}

async fn survives_a_race(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    let agents: Vec<String> = (0..10).map(|number| format!("agent-{number}")).collect();
    let answers = join_all(agents.iter().map(|agent| create(table, &id, agent))).await;
    let records = answers.into_iter().collect::<Result<Vec<_>, _>>().map_err(in_call("create"))?;
    let kept = retrieve(table, &id).await.map_err(in_call("retrieve"))?;
    records.iter().try_for_each(|record| same(&kept, record, "one of ten creators"))
}

async fn honours_deadlines(table: &dyn InteractionSegment) -> Result<(), Breach> {
    let id = fresh_id();
    let past = Instant::now();
    let late = "did not come back after its deadline";
    let segment = sample(&id, "agent-1")?;
    let created = timeout(GRACE, table.create(&segment, past)).await.map_err(|_| format!("create {late}"))?;
    let retrieved = timeout(GRACE, table.retrieve(&wanted(&id), past)).await.map_err(|_| format!("retrieve {late}"))?;
    for answer in [created, retrieved] {
        if let Err(error) = answer
            && !matches!(error, Error::TryAgain(_) | Error::NoSuchRecord { .. })
        {
            return Err(in_call("a call that is too late has to end with TryAgain, and")(error));
        }
    }
    // Whatever became of the late call, the next one settles it.
    let settled = create(table, &id, "agent-1").await.map_err(in_call("create after a late one"))?;
    let retrieved = retrieve(table, &id).await.map_err(in_call("retrieve"))?;
    same(&settled, &retrieved, "retrieve after a late create")
}

async fn create(table: &dyn InteractionSegment, id: &str, agent: &str) -> Result<InteractionSegmentRecord, Error> {
    let segment = sample(id, agent).map_err(|problem| Error::Broken(problem.into()))?;
    let deadline = Instant::now() + PATIENCE;
    timeout(PATIENCE + GRACE, table.create(&segment, deadline)).await.unwrap_or_else(|_| Err(Error::too_late()))
}

async fn retrieve(table: &dyn InteractionSegment, id: &str) -> Result<InteractionSegmentRecord, Error> {
    let deadline = Instant::now() + PATIENCE;
    timeout(PATIENCE + GRACE, table.retrieve(&wanted(id), deadline)).await.unwrap_or_else(|_| Err(Error::too_late()))
}

fn wanted(segment_id: &str) -> WantedInteractionSegment<'_> {
    WantedInteractionSegment { segment_id, interaction: INTERACTION, caller: "contract" }
}

fn sample<'a>(segment_id: &'a str, agent: &'a str) -> Result<NewInteractionSegment<'a>, String> {
    let opened_on = DateTime::parse("2024-09-16 17:52:01").ok_or("a date")?;
    Ok(NewInteractionSegment {
        segment_id,
        interaction: INTERACTION,
        agent,
        external_segment_id: Some("contract-external"),
        opened_on,
        caller: "contract",
        called_on: opened_on,
        expires_at: None,
    })
}

fn fresh_id() -> String {
    format!("contract-{}", Uuid::new_v4().simple())
}

fn belongs(table: &dyn InteractionSegment, record: &InteractionSegmentRecord, id: &str) -> Result<(), Breach> {
    if record.id != id {
        return Err(format!("the record of {id:?} answers the id {:?}", record.id).into());
    }
    if record.table != table.segment_table() {
        let (answered, of) = (&record.table, table.segment_table());
        return Err(format!("the record answers the table {answered:?}, and is of {of:?}").into());
    }
    Ok(())
}

fn same(one: &InteractionSegmentRecord, other: &InteractionSegmentRecord, whose: &str) -> Result<(), Breach> {
    if one == other {
        return Ok(());
    }
    Err(format!("{whose} answers another record than the one that was created").into())
}

fn in_call(call: &str) -> impl FnOnce(Error) -> Breach {
    move |error| Breach { what: call.to_owned(), cause: Some(error.to_string()) }
}
