use std::io::{self, IsTerminal};

use serde::Serialize;
use wrapup::ai::Lessons;
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::Stamp;
use wrapup::segment_tables::{self, Erased, WantedInteractionSegment};
use wrapup::segments::{Erasure, KeptOf, Segment};
use wrapup::watch::{CallIds, Reporter};

use super::super::CommandError;
use super::persons::{Stores, Whose, all_were_read, interactions_of, nobody};
use crate::connect::{Target, TeamTables};
use crate::output::{self, shown};

/// What has been done, to be kept: it has nothing personal but the operator's name.
#[derive(Serialize)]
struct Receipt {
    /// What is gone.
    erased: [&'static str; 4],
    /// Since when.
    erased_on: DateTime,
    /// By whom.
    erased_by: String,
    /// By what they were named whose data it was.
    selected_by: &'static str,
    /// sys_ids of the segments that have lost their texts, and of those that had lost them before.
    segments: Vec<String>,
    /// How many of them this run has changed.
    segments_changed: usize,
    /// How many of them something had been learned from, which is forgotten.
    learned_from: usize,
    /// Interaction segments' records that have lost their transcripts.
    interaction_segments_changed: usize,
    /// Interactions that have lost their transcripts and descriptions.
    interactions_changed: usize,
    /// sys_ids of the segments whose interaction segments are kept in a table that is erased by whoever has it.
    left_to_others: Vec<String>,
    /// What could not be done; standard error says why. The same command again does it.
    failed: usize,
}

/// Erases what was said and written in somebody's wrap-ups.
pub async fn run(whose: &Whose, yes: bool, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    let stores = Stores::of(target, team).await?;
    let found = stores.segments_of(whose).await?;
    // A receipt is kept as a proof, so there is none of somebody who is not there, or is misspelt.
    if found.is_nothing() && !stores.have_one_of(&interactions_of(whose, &found)).await? {
        return Err(nobody());
    }
    if !yes && !agrees(&found)? {
        return Err(CommandError::refused("nothing was erased"));
    }
    let stamp = target.stamp();
    // Erasing is logged also where it is done by hand.
    let reporter = Reporter::new(Clock::system(), |line| output::log(&line));
    let call = reporter.begin(CallIds { request_id: uuid::Uuid::new_v4().to_string(), ..CallIds::default() });
    let (receipt, _) = call.counted(Box::pin(erase(&stores, whose, &found, &stamp))).await;
    output::json(&receipt)?;
    all_were_read(&found, receipt.failed)
}

/// Asks whoever sits at the terminal.
fn agrees(found: &KeptOf) -> Result<bool, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::refused("nobody can be asked here: say --yes to erase, which nothing brings back"));
    }
    let question = format!(
        "Erase notes, AI notes, drafts and transcripts of {} wrap-ups for good? Type yes: ",
        found.segments.len()
    );
    Ok(output::ask(&question)?.trim() == "yes")
}

async fn erase(stores: &Stores, whose: &Whose, found: &KeptOf, stamp: &Stamp) -> Receipt {
    let mut receipt = Receipt {
        erased: ["notes", "ai_notes", "drafts", "transcripts"],
        erased_on: stamp.at,
        erased_by: stamp.by.clone(),
        selected_by: whose.kind(),
        segments: Vec::new(),
        segments_changed: 0,
        learned_from: 0,
        interaction_segments_changed: 0,
        interactions_changed: 0,
        left_to_others: Vec::new(),
        failed: 0,
    };
    let lessons = Lessons::new(stores.system.dynamo().clone(), stores.system.clock().clone());
    for kept in &found.segments {
        let sys_id = &kept.segment.sys_id;
        // Nothing is made of a transcript any more once its segment is erased, so that comes first.
        match stores.system.segments().erase(kept.segment.clone(), stamp).await {
            Ok((erased, erasure)) => {
                receipt.segments.push(sys_id.clone());
                receipt.segments_changed += usize::from(erasure == Erasure::Erased);
                // At once, and also where the deployment learns no more and nobody would hear of it.
                match Box::pin(lessons.take_out(&erased.segment, stamp)).await {
                    Ok(taken_out) => receipt.learned_from += usize::from(taken_out),
                    Err(error) => receipt.fail(&format!("what was learned from {sys_id}"), &error),
                }
            }
            Err(error) => receipt.fail(sys_id, &error),
        }
        match interaction_segment(stores, &kept.segment, stamp).await {
            Ok(Erased::Now) => receipt.interaction_segments_changed += 1,
            Ok(Erased::NothingLeft) => {}
            Ok(Erased::NotByUs) => receipt.left_to_others.push(sys_id.clone()),
            Err(error) => receipt.fail(&format!("interaction segment of {sys_id}"), &error),
        }
    }
    for sys_id in interactions_of(whose, found) {
        match stores.interactions.erase(&sys_id, stamp).await {
            Ok(changed) => receipt.interactions_changed += usize::from(changed),
            Err(error) => receipt.fail("an interaction", &error),
        }
    }
    receipt
}

impl Receipt {
    fn fail(&mut self, what: &str, error: &wrapup::Error) {
        self.failed += 1;
        output::complain(&shown(&format!("{what}: {error}")));
    }
}

/// Erases what was said in the interaction segment that a segment refers to.
async fn interaction_segment(stores: &Stores, segment: &Segment, stamp: &Stamp) -> Result<Erased, wrapup::Error> {
    let (Some(table), Some(segment_id)) = (&segment.given.segment_table, &segment.given.segment_id) else {
        return Ok(Erased::NothingLeft);
    };
    let Some(_) = stores.tables.get(table.as_str()) else { return Ok(Erased::NotByUs) };
    let wanted = WantedInteractionSegment {
        segment_id: segment_id.as_str(),
        interaction: segment.interaction.as_str(),
        caller: &stamp.by,
    };
    match stores.tables.erase(table.as_str(), &wanted, stamp).await {
        Ok(erased) => Ok(erased),
        // Deleted since, or of somebody else's wrap-up.
        Err(
            segment_tables::Error::NoSuchRecord { .. }
            | segment_tables::Error::BadInput { .. }
            | segment_tables::Error::AnotherInteraction,
        ) => Ok(Erased::NothingLeft),
        Err(error) => Err(error.of(table.as_str())),
    }
}
