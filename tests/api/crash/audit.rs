//! What has to hold after a kill: all that was answered is there, complete, by every identifier; what was not is there whole or
//! not at all; nothing is there twice, and nothing points nowhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use hyper::Method;
use serde_json::Value;
use wrapup::sys_id::{Kind, derive};
use wrapup_test_support::{Api, Server};

use super::caller::{ALLOWED, Caller, Texts};

type Item = HashMap<String, AttributeValue>;

/// What is wrong with what callers know, if anything is: of what was touched since the last time, or of all.
pub async fn of_callers(api: &Api, callers: &mut [Caller], all: bool) -> Vec<String> {
    let looking = callers.iter_mut().map(|caller| async move {
        let mut problems = wrap_ups(api, caller, all).await;
        problems.extend(codes(api, caller, all).await);
        problems
    });
    futures_util::future::join_all(looking).await.concat()
}

async fn wrap_ups(api: &Api, caller: &mut Caller, all: bool) -> Vec<String> {
    let mut problems = Vec::new();
    // The last ones first: whether they were opened says whom agent and interaction mean of those before them.
    for index in (0..caller.wrap_ups.len()).rev() {
        let one = &caller.wrap_ups[index];
        if !(all || one.is_touched || one.again.is_some()) {
            continue;
        }
        let (agent, interaction) = one.pair();
        let by_pair = format!(
            "segment/agent/{}/interaction/{}",
            agent.as_str().unwrap_or_default(),
            interaction.as_str().unwrap_or_default()
        );
        let sys_id = one.shown("sys_id").to_owned();
        let external_id = one.external_id().to_owned();
        let is_known = |found: &Value| caller.wrap_ups.iter().any(|one| found["sys_id"] == one.shown("sys_id"));
        let found = match (sys_id.is_empty(), external_id.is_empty()) {
            (false, _) => segment(api, &format!("segment/{sys_id}")).await,
            (true, false) => segment(api, &format!("segment/{external_id}")).await,
            (true, true) => segment(api, &by_pair).await.map(|found| found.filter(|found| !is_known(found))),
        };
        let found = match found {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let one = &mut caller.wrap_ups[index];
        let name = format!("caller {}, wrap-up {sys_id} {external_id}", caller.number);
        if let Err(problem) = one.adopt(found.clone()) {
            problems.push(format!("{name}: {problem}"));
            continue;
        }
        if found.is_none() {
            if one.is_latest {
                caller.was_not_opened(index);
            }
            continue;
        }
        let mut paths: Vec<_> =
            sys_id.is_empty().then(|| format!("segment/{}", one.shown("sys_id"))).into_iter().collect();
        paths.extend((!external_id.is_empty()).then(|| format!("segment/{external_id}")));
        paths.extend(one.is_latest.then_some(by_pair));
        for path in paths {
            match segment(api, &path).await {
                Ok(again) if again == found => {}
                // Its deadline may come at any moment.
                Ok(Some(again)) if one.is_timed() && again["state"] == "closed" => {
                    if let Err(problem) = one.adopt(Some(again)) {
                        problems.push(format!("{name} by {path}: {problem}"));
                    }
                }
                Ok(again) => problems.push(format!("{name} is another one by {path}: {again:?} instead of {found:?}")),
                Err(problem) => problems.push(problem),
            }
        }
    }
    problems
}

/// The segment that a path leads to, if it leads to one.
async fn segment(api: &Api, path: &str) -> Result<Option<Value>, String> {
    let reply = api.get(path).await;
    match (reply.status, serde_json::from_slice::<Value>(&reply.body)) {
        (200, Ok(mut body)) => Ok(Some(body["segment"].take())),
        (404, Ok(_)) => Ok(None),
        (status, _) => Err(format!("{path} was answered {status}: {}", reply.text())),
    }
}

/// Each code by its sys_id and by its label, with the caller's texts.
async fn codes(api: &Api, caller: &mut Caller, all: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let language = caller.language();
    let asked = |path: String| api.call(Method::GET, &path).header("Accept-Language", language).send();
    let listed = asked("code?limit=1000".to_owned()).await;
    let listed: Value = serde_json::from_slice(&listed.body).unwrap_or_default();
    let mut by_label: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for code in listed["result"]["result_map"]["wrap_up_codes"].as_array().into_iter().flatten() {
        by_label.entry(code["code"].as_str().unwrap_or_default().to_owned()).or_default().push(code.clone());
    }
    let unanswered = std::mem::take(&mut caller.unanswered_codes);
    let labels: BTreeSet<_> = caller.codes.keys().chain(unanswered.keys()).cloned().collect();
    for label in labels {
        let (answered, sent) = (caller.codes.get(&label).cloned(), unanswered.get(&label).cloned());
        let in_list = by_label.get(&label).cloned().unwrap_or_default();
        if in_list.len() > 1 {
            problems.push(format!("the code {label} is there {} times", in_list.len()));
        }
        let found = match (all || sent.is_some(), in_list.first()) {
            (false, code) => code.cloned(),
            (true, code) => {
                let sys_id = derive(Kind::Code, &[&label]);
                let reply = asked(format!("code/{sys_id}")).await;
                let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
                let by_sys_id = (reply.status == 200).then(|| body["result"]["result_map"]["wrap_up_code"].clone());
                if by_sys_id.as_ref() != code {
                    problems.push(format!("the code {label} is {code:?} in the list, and by its sys_id {by_sys_id:?}"));
                }
                by_sys_id
            }
        };
        let text = |code: &Value, name: &str| code[name].as_str().unwrap_or_default().to_owned();
        let shown = found.map(|code| (text(&code, "translated_code"), text(&code, "translated_description")));
        let is = |texts: &Option<Texts>| texts.is_some() && *texts == shown;
        let has_part = |sent: &Texts| shown.as_ref().is_some_and(|shown| shown.0 == sent.0 || shown.1 == sent.1);
        match () {
            () if is(&sent) => drop(sent.and_then(|texts| caller.codes.insert(label, texts))),
            () if is(&answered) => {}
            // Others alone may have written it: then it has no texts in the caller's language.
            () if answered.is_none() && !sent.as_ref().is_some_and(has_part) => {}
            () => problems.push(format!("the code {label}: answered {answered:?}, sent {sent:?}, found {shown:?}")),
        }
    }
    problems
}

/// What is wrong with what is stored, if anything is: `expected` are the sys_ids of all wrap-ups.
pub async fn of_store(server: &Server, expected: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let segments = server.stored("interaction_wrap_up_segment").await;
    let (records, pointers): (Vec<_>, Vec<_>) = segments.iter().partition(|item| item.contains_key("state"));
    let found: BTreeSet<_> = records.iter().map(|record| text(record, "sys_id")).collect();
    for missing in expected.difference(&found) {
        problems.push(format!("the wrap-up {missing} is not stored"));
    }
    for unknown in found.difference(expected) {
        problems.push(format!("nobody knows of the wrap-up {unknown}"));
    }
    let snapshots: BTreeSet<_> = ids(&server.stored("interaction_wrap_up_configuration").await);
    let codes = server.stored("interaction_wrap_up_code").await;
    let labels: BTreeSet<_> = codes.iter().map(|code| text(code, "code")).collect();
    if labels.len() != codes.len() {
        problems.push(format!("{} codes have {} labels", codes.len(), labels.len()));
    }
    if let Some(missing) = ALLOWED.iter().find(|label| !records.is_empty() && !labels.contains(**label)) {
        problems.push(format!("the code {missing} is allowed and not stored"));
    }
    let calls: BTreeSet<_> =
        server.stored(super::PHONE_LOG).await.iter().map(|call| text(call, "segment_id")).collect();
    let mut external_ids = BTreeSet::new();
    for record in &records {
        let sys_id = text(record, "sys_id");
        let external_id = text(record, "external_segment_id");
        if !external_id.is_empty() && !external_ids.insert(external_id.clone()) {
            problems.push(format!("two wrap-ups are {external_id}"));
        }
        if !snapshots.contains(&format!("snapshot:{}", text(record, "wrap_up_configuration"))) {
            problems.push(format!("the configuration of {sys_id} is not stored"));
        }
        for column in ["code", "draft_code"] {
            let label = text(record, column);
            if !label.is_empty() && !labels.contains(&label) {
                problems.push(format!("{column} of {sys_id} is not stored"));
            }
        }
        if record.contains_key("segment_table") && !calls.contains(&text(record, "segment_id")) {
            problems.push(format!("the interaction segment of {sys_id} is not stored"));
        }
    }
    for pointer in pointers {
        let (from, to) = (text(pointer, "sys_id"), text(pointer, "segment"));
        if !found.contains(&to) {
            problems.push(format!("{from} points to {to}, which is not stored"));
        }
    }
    problems
}

/// The sys_ids of wrap-ups that are stored as open.
pub async fn stored_open(server: &Server) -> BTreeSet<String> {
    let records = server.stored("interaction_wrap_up_segment").await;
    records.iter().filter(|record| text(record, "state") == "open").map(|record| text(record, "sys_id")).collect()
}

fn ids(items: &[Item]) -> BTreeSet<String> {
    items.iter().map(|item| text(item, "sys_id")).collect()
}

/// A column of a record as text; `""` where it has none.
fn text(record: &Item, column: &str) -> String {
    record.get(column).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
