//! What has to hold of all that is stored of segments and codes, whatever callers have seen of it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use wrapup::System;
use wrapup::configurations::Configurations;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Item, Tables};
use wrapup::segments::{EventForm, EventKind, Found, LastEvent, SegmentEvent};

use super::code::{self, Desk};
use super::network::Stored;
use super::segment::CODES;
use super::timeline::BEGIN;

/// What is wrong with what was stored, in order, and how many segments their deadline has closed.
pub async fn problems(stored: &[Stored], configurations: &Configurations) -> (Vec<String>, usize) {
    let form = EventForm::new(&Tables::default(), None).with_notes(true);
    let mut problems = Vec::new();
    let mut events: BTreeMap<String, Vec<EventKind>> = BTreeMap::new();
    let mut last: BTreeMap<String, Item> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut timed_out = 0;
    for write in stored {
        let sys_id = text(&write.after, "sys_id");
        let mut wrong = |problem: String| problems.push(format!("{sys_id}: {problem}: {write:?}"));
        if last.insert(sys_id.clone(), write.after.clone()) != write.before {
            wrong("the stream has a gap".to_owned());
        }
        let expected = write.before.as_ref().map_or(Some(0), |before| Some(number(before, "sys_mod_count")? + 1));
        if number(&write.after, "sys_mod_count") != expected {
            wrong("sys_mod_count does not count its changes".to_owned());
        }
        let event = || SegmentEvent::from_images(write.before.clone(), write.after.clone());
        let told = event();
        // Whatever is delivered again is the same event.
        assert_eq!(event(), told);
        match told {
            Err(error) => wrong(error.to_string()),
            Ok(None) => {
                let kept = ["sys_updated_by", "sys_updated_on", "event_number", "event_type", "state"];
                let before = |column: &str| write.before.as_ref().and_then(|before| before.get(column));
                if kept.iter().any(|column| before(column) != write.after.get(*column)) {
                    wrong("a draft has changed more than itself".to_owned());
                }
            }
            Ok(Some(event)) => {
                let configuration = configurations.snapshot(&event.after.configuration).await.expect("a snapshot");
                let told = form.of(&event, &configuration).expect("JSON").expect("an event");
                let segment = event.after.clone();
                let replayed = form.again(&Found { segment, configuration, interaction_segment: None });
                if replayed.expect("JSON").json() != told.json() {
                    wrong(format!("replayed, it is another event than {}", told.json()));
                }
                if told.sequence().parse() != text(&write.after, "sys_mod_count").parse::<u64>() {
                    wrong(format!("an event out of sequence: {}", told.json()));
                }
                if !ids.insert(told.id().to_owned()) {
                    wrong(format!("two events have one id: {}", told.json()));
                }
                let kind = told.kind();
                let after = &event.after;
                let last =
                    after.updated.as_ref().map(|stamp| LastEvent { number: after.version, kind, time: stamp.at });
                if after.last_event != last {
                    wrong(format!("the segment does not keep {kind:?} as its last event"));
                }
                let before = events.entry(sys_id.clone()).or_default();
                let was_closed = before.contains(&EventKind::Closed);
                let fits = match kind {
                    EventKind::Opened => before.is_empty(),
                    EventKind::Configured | EventKind::AiSuggested | EventKind::Closed => {
                        !before.is_empty() && !was_closed
                    }
                    EventKind::Confirmed | EventKind::Corrected => was_closed,
                    // No client of this model asks for it.
                    EventKind::Erased => false,
                };
                if !fits {
                    wrong(format!("{kind:?} after {before:?}"));
                }
                before.push(kind);
            }
        }
        let Some(before) = write.before.as_ref().filter(|before| text(before, "state") == "open") else { continue };
        let is_closed = text(&write.after, "state") == "closed";
        if is_closed && write.after.keys().any(|column| column.starts_with("draft_")) {
            wrong("the draft of a closed segment is there".to_owned());
        }
        let due = DateTime::parse(&text(before, "due_on")).map(|due| due.since_epoch().as_millis());
        let due =
            due.and_then(|due| i64::try_from(due).ok()).map(|due| due - i64::try_from(BEGIN * 1_000).unwrap_or(0));
        if is_closed && write.after.get("timed_out") == Some(&AttributeValue::Bool(true)) {
            timed_out += 1;
            let drafted =
                before.get("draft_code").filter(|code| code.as_s().is_ok_and(|code| CODES.contains(&code.as_str())));
            if before.get("draft_notes") != write.after.get("notes")
                || drafted.is_some_and(|drafted| write.after.get("code") != Some(drafted))
            {
                wrong("its deadline has not closed it with its draft".to_owned());
            }
            if due.is_none_or(|due| write.sent < due + 2_000) {
                wrong("its deadline has closed it too early".to_owned());
            }
        } else if let Some(due) = due {
            if write.sent >= due + 2_000 {
                wrong(format!("taken for open {} ms after its deadline", write.sent - due));
            }
            if write.carried_out > due + 4_000 && !write.given_up {
                wrong(format!("waited for until {} ms after its deadline", write.carried_out - due));
            }
        }
    }
    for (sys_id, item) in last {
        if text(&item, "state") == "open" {
            problems.push(format!("{sys_id} is open for good: {item:?}"));
        }
    }
    (problems, timed_out)
}

/// What is wrong with the codes, when all is over: each is there once, and each of its sys_ids leads to it.
pub async fn problems_of_codes(operator: &System, codes: &[(Desk, Vec<code::Seen>)]) -> Vec<String> {
    let listed = operator.codes().list().await.expect("a list");
    let mut problems: Vec<String> = listed.unreadable.iter().map(ToString::to_string).collect();
    for (desk, history) in codes {
        let there = listed.records.iter().filter(|code| code.code.as_str() == desk.label).count();
        let is_answered = |seen: &code::Seen| matches!(seen.outcome, code::Outcome::Shown(_) | code::Outcome::Opened);
        let imported = history.iter().any(|seen| is_answered(seen) && matches!(seen.ask, code::Ask::Import(_)));
        if there > 1 || (there == 0 && history.iter().any(is_answered)) {
            problems.push(format!("{} is there {there} times", desk.label));
        }
        for (sys_id, is_sure) in [(desk.own(), there == 1), (desk.kept.clone(), imported)] {
            let found = operator.codes().get(&sys_id).await.ok();
            if is_sure && found.is_none_or(|code| code.code.as_str() != desk.label) {
                problems.push(format!("{sys_id} does not lead to {}", desk.label));
            }
        }
    }
    problems
}

/// A column of an item, as text; `""` where it has none.
pub fn text(item: &Item, column: &str) -> String {
    match item.get(column) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
        _ => String::new(),
    }
}

fn number(item: &Item, column: &str) -> Option<u64> {
    item.get(column)?.as_n().ok()?.parse().ok()
}
