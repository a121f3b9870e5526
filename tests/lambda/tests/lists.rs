//! Lists of segments and codes: which they show, in which order, page by page, and what may not be asked.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use serde_json::{Value, json};
use wrapup::dynamodb::Table;
use wrapup_lambda_tests::{Event, Instance, Parts, World, internal, opening};
use wrapup_test_support::merged;

/// A page of a list.
async fn page(instance: &Instance, query: &str) -> Value {
    instance.call(&Event::get(query)).await.expect(200)
}

/// The query for the page that a cursor stands for.
fn behind(query: &str, cursor: &str) -> String {
    format!("{query}&cursor={cursor}")
}

/// The whole list, page by page, each by an instance of its own.
async fn whole(world: &World, query: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut next = query.to_owned();
    for _ in 0..200 {
        let page = page(&world.instance(), &next).await;
        let page = page.get("result").map_or(&page, |result| &result["result_map"]);
        let listed = ["segments", "wrap_up_codes", "configurations"].into_iter().find_map(|name| page[name].as_array());
        let listed = listed.expect("a list");
        entries.extend(listed.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return entries };
        next = behind(query, cursor);
    }
    panic!("a list without an end");
}

fn ids(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["external_segment_id"].as_str().expect("an id")).collect()
}

/// An external segment that has so many seconds from now on.
fn timed(id: &str, seconds: u64) -> Value {
    let limit = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": seconds, "show_timer": true}});
    merged(opening(id), &limit)
}

async fn close(instance: &Instance, id: &str, body: &Value) {
    instance.call(&Event::put(&format!("segment/update?external_segment_id={id}")).json(body)).await.expect(200);
}

#[tokio::test]
async fn open_ones_are_listed_by_their_deadlines_and_then_those_without() {
    let world = World::start().await;
    let instance = world.instance();
    for (id, body) in [
        ("IN-300", timed("IN-300", 300)),
        ("NEVER-2", merged(opening("NEVER-2"), &json!({"opened_on": "2024-09-16 17:59:00"}))),
        ("IN-100", timed("IN-100", 100)),
        ("NEVER-1", merged(opening("NEVER-1"), &json!({"opened_on": "2024-09-16 17:00:00"}))),
        ("IN-200", timed("IN-200", 200)),
        ("CLOSED", opening("CLOSED")),
    ] {
        assert!(!instance.open(&body).await.is_empty(), "{id}");
    }
    close(&instance, "CLOSED", &json!({})).await;
    for limit in [1, 2, 3, 100] {
        let listed = whole(&world, &format!("segment?state=open&limit={limit}")).await;
        assert_eq!(ids(&listed), ["IN-100", "IN-200", "IN-300", "NEVER-1", "NEVER-2"], "{limit}");
    }
    // Past its deadline and shown closed, it is no open one, though nobody has stored that.
    world.pass(Duration::from_secs(105));
    assert_eq!(ids(&whole(&world, "segment?state=open").await), ["IN-200", "IN-300", "NEVER-1", "NEVER-2"]);
}

#[tokio::test]
async fn those_that_await_confirmation_are_listed_oldest_first_stored_or_not() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("TIMED-OUT", 60)).await;
    for id in ["FIRST", "SECOND", "CONFIRMED"] {
        instance.open(&opening(id)).await;
    }
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    instance.open(&internal(&configuration)).await;
    close(&instance, "FIRST", &json!({})).await;
    world.pass(Duration::from_secs(120));
    close(&instance, "SECOND", &json!({})).await;
    close(&instance, "CONFIRMED", &json!({"confirmed_on": "2024-09-16 18:52:01"})).await;
    for limit in [1, 2, 100] {
        let listed = whole(&world, &format!("segment?state=awaiting_confirmation&limit={limit}")).await;
        assert_eq!(ids(&listed), ["FIRST", "TIMED-OUT", "SECOND"], "{limit}");
    }
    let listed = whole(&world, "segment?state=awaiting_confirmation&timed_out=true").await;
    assert_eq!((ids(&listed), listed[0]["submitted_on"].as_str()), (vec!["TIMED-OUT"], Some("2024-09-16 18:01:00")));
    // Overdue is who has waited longer than so many minutes: 60 where nobody says how many.
    assert_eq!(whole(&world, "segment?state=overdue").await, [] as [Value; 0]);
    assert_eq!(ids(&whole(&world, "segment?state=overdue&minutes=1").await), ["FIRST"]);
    world.pass(Duration::from_secs(3_600));
    assert_eq!(ids(&whole(&world, "segment?state=overdue&limit=1").await), ["FIRST", "TIMED-OUT"]);
}

#[tokio::test]
async fn those_of_a_time_are_listed_newest_first_over_days() {
    let world = World::start().await;
    let instance = world.instance();
    let mut closed = Vec::new();
    for number in 0..12 {
        let id = format!("CALL-{number:02}");
        instance.open(&opening(&id)).await;
        let body = if number % 3 == 0 { json!({}) } else { json!({"confirmed_on": "2024-09-16 18:52:01"}) };
        close(&instance, &id, &body).await;
        closed.push(id);
        // Two a second, then one day and a quarter later.
        if number % 2 == 1 {
            world.pass(Duration::from_secs(30 * 60 * 60));
        }
    }
    for limit in [1, 5, 100] {
        let range = "from=2024-09-16%2018:00:00&to=2024-10-16%2018:00:00";
        let listed = whole(&world, &format!("segment?{range}&limit={limit}")).await;
        let times: Vec<_> = listed.iter().map(|one| one["submitted_on"].as_str().expect("a time")).collect();
        assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");
        let listed: BTreeSet<_> = ids(&listed).into_iter().map(str::to_owned).collect();
        assert_eq!((times.len(), listed), (12, closed.iter().cloned().collect()), "{limit}");
    }
    // The beginning is part of it, the end is not.
    let range = "from=2024-09-16%2018:00:00&to=2024-09-18%2000:00:00";
    assert_eq!(whole(&world, &format!("segment?{range}")).await.len(), 2);
    let range = "from=2024-09-16%2018:00:00&to=2024-09-18T00:00:01Z";
    assert_eq!(whole(&world, &format!("segment?{range}")).await.len(), 4);
    let range = "from=2024-09-16%2018:00:01&to=2024-09-18%2000:00:01";
    assert_eq!(whole(&world, &format!("segment?{range}&code=Code%20000&external=true")).await.len(), 2);
    assert_eq!(whole(&world, &format!("segment?{range}&external=false")).await.len(), 0);
    assert_eq!(whole(&world, &format!("segment?{range}&code=Code%20001")).await.len(), 0);
}

#[tokio::test]
async fn those_of_an_agent_or_an_interaction_are_listed_newest_first_whenever_they_opened() {
    let world = World::start().await;
    let instance = world.instance();
    for number in 0..30 {
        let own = json!({
            // Five of a second, so that a page ends within one.
            "opened_on": format!("2024-09-16 17:00:{:02}", number / 5),
            "agent_sys_id": if number % 2 == 0 { "ann" } else { "ben" },
            "interaction_sys_id": format!("interaction-{}", number % 3),
        });
        instance.open(&merged(opening(&format!("CALL-{number:02}")), &own)).await;
    }
    let every = whole(&world, "segment?agent=ann&limit=100").await;
    assert_eq!(every.len(), 15);
    assert!(every.iter().all(|one| one["agent"] == "ann"));
    let times: Vec<_> = every.iter().map(|one| one["opened_on"].as_str().expect("a time")).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");
    for limit in [1, 2, 4, 7] {
        assert_eq!(whole(&world, &format!("segment?agent=ann&limit={limit}")).await, every, "{limit}");
    }
    assert_eq!(whole(&world, "segment?interaction=interaction-2&limit=3").await.len(), 10);
    let bounded = whole(&world, "segment?agent=ann&from=2024-09-16%2017:00:02&to=2024-09-16%2017:00:04").await;
    assert_eq!(bounded.len(), 5);
    assert_eq!(whole(&world, "segment?agent=ann&from=2024-09-16%2017:00:04").await.len(), 5);
    assert_eq!(whole(&world, "segment?agent=nobody").await.len(), 0);
}

#[tokio::test]
async fn notes_are_shown_only_where_they_are_asked_for_and_allowed_codes_never() {
    let world = World::start().await;
    let instance = world.instance();
    for id in ["OPEN", "CLOSED"] {
        instance.open(&opening(id)).await;
        let content = json!({"external_segment_id": id, "ai_notes": "By the AI.", "ai_wrap_up_code": "Code 001"});
        instance.call(&Event::put("segment/update/ai").json(&content)).await.expect(200);
        let draft = Event::put(&format!("segment/draft?external_segment_id={id}"));
        instance.call(&draft.json(&json!({"notes": "The customer was"}))).await.expect(200);
    }
    close(&instance, "CLOSED", &json!({"notes": "Refund sent."})).await;
    for listed in whole(&world, "segment?agent=agent").await {
        for hidden in ["notes", "draft", "ai_notes"] {
            assert!(listed.get(hidden).is_none(), "{hidden} in {listed}");
        }
        assert_eq!(listed["ai_wrap_up_code"], "Code 001");
        assert!(listed["wrap_up_configuration"].get("allowed_codes").is_none(), "{listed}");
        let shown = instance.read(listed["sys_id"].as_str().expect("a sys_id")).await;
        let shown = shown.as_object().expect("an object").iter();
        let hidden = ["success", "message", "segment_id", "notes", "draft", "ai_notes", "wrap_up_configuration"];
        let same: BTreeMap<_, _> = shown.filter(|(name, _)| !hidden.contains(&name.as_str())).collect();
        let listed = listed.as_object().expect("an object").iter();
        assert_eq!(listed.filter(|(name, _)| !hidden.contains(&name.as_str())).collect::<BTreeMap<_, _>>(), same);
    }
    let listed = whole(&world, "segment?agent=agent&include=notes").await;
    let of = |id: &str| listed.iter().find(|one| one["external_segment_id"] == id).expect("a segment");
    assert_eq!(
        (of("CLOSED")["notes"].as_str(), of("CLOSED")["ai_notes"].as_str()),
        (Some("Refund sent."), Some("By the AI."))
    );
    assert_eq!(of("OPEN")["draft"]["notes"], "The customer was");
}

#[tokio::test]
async fn codes_are_listed_by_label_and_found_by_their_texts() {
    let world = World::start().await;
    let instance = world.instance();
    let codes: Vec<_> = (0..45).map(|number| json!({"code": format!("Topic {number:02}")})).collect();
    instance.call(&Event::post("code").json(&json!({"codes": codes}))).await.expect(200);
    let special = json!({"codes": [
        {"code": "Ärger", "description": "Somebody COMPLAINS", "active": false},
        {"code": "refund", "translations": [{"language": "de", "code": "Erstattung", "description": "Geld zurück"}]},
    ]});
    instance.call(&Event::post("code").json(&special)).await.expect(200);
    let labels = |listed: &[Value]| -> Vec<String> {
        listed.iter().map(|one| one["code"].as_str().expect("a label").to_owned()).collect()
    };
    let every = labels(&whole(&world, "code").await);
    assert!(every.is_sorted() && every.len() == 47, "{every:?}");
    for limit in [1, 7, 16, 1_000] {
        assert_eq!(labels(&whole(&world, &format!("code?limit={limit}")).await), every, "{limit}");
    }
    for (query, found) in [
        ("q=complains", vec!["Ärger"]),
        ("q=%C3%84RGER", vec!["Ärger"]),
        ("q=ZUR%C3%9CCK", vec!["refund"]),
        ("q=erstattung&active=true", vec!["refund"]),
        ("active=false", vec!["Ärger"]),
        ("external=false", vec![]),
        ("q=topic%2044", vec!["Topic 44"]),
    ] {
        assert_eq!(labels(&whole(&world, &format!("code?limit=5&{query}")).await), found, "{query}");
    }
    let german = Event::get("code?q=refund").header("Accept-Language", "de");
    let answer = instance.call(&german).await.expect(200);
    let codes = &answer["result"]["result_map"]["wrap_up_codes"];
    assert_eq!((codes[0]["translated_code"].as_str(), codes.as_array().map(Vec::len)), (Some("Erstattung"), Some(1)));
}

#[tokio::test]
async fn configurations_are_listed_by_name_and_read_by_their_sys_id() {
    let world = World::start().await;
    let instance = world.instance();
    assert_eq!(whole(&world, "configuration").await, [] as [Value; 0]);
    let mut sys_ids = Vec::new();
    for (name, more) in [
        ("Sales", json!({"duration": 90, "show_timer": true, "enable_ai_code": true})),
        ("Billing", json!({"active": false})),
        ("Ärger", json!({"sys_id": "ffffffffffffffffffffffffffffffff"})),
        ("Calls", json!({})),
        ("Calls", json!({"sys_id": "00000000000000000000000000000001"})),
    ] {
        sys_ids.push(world.put_configuration(name, 3, &more).await);
    }
    // A segment's snapshot is none of them.
    instance.open(&opening("CALL-1")).await;
    let names = |listed: &[Value]| -> Vec<String> {
        listed.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    for limit in [1, 2, 3, 100] {
        let listed = whole(&world, &format!("configuration?limit={limit}")).await;
        assert_eq!(names(&listed), ["Billing", "Calls", "Calls", "Sales", "Ärger"], "{limit}");
        let own: BTreeSet<_> = listed.iter().map(|one| one["sys_id"].as_str().expect("a sys_id")).collect();
        assert_eq!(own, sys_ids.iter().map(String::as_str).collect(), "{limit}");
    }
    assert_eq!(names(&whole(&world, "configuration?active=false").await), ["Billing"]);
    assert_eq!(names(&whole(&world, "configuration?active=true&limit=2").await), ["Calls", "Calls", "Sales", "Ärger"]);
    let sales = instance.call(&Event::get(&format!("configuration/{}", sys_ids[0]))).await.expect(200);
    assert_eq!(
        sales["configuration"],
        json!({
            "sys_id": sys_ids[0], "name": "Sales", "active": true, "enable_codes": true,
            "allowed_codes": ["Code 000", "Code 001", "Code 002"], "default_code": "Code 000", "duration": "90",
            "show_timer": true, "enable_ai_code": true, "enable_ai_notes": false, "use_ai_as_default": false,
            "use_third_party_ai": false,
        })
    );
    let in_xml = Event::get(&format!("configuration/{}", sys_ids[0])).header("Accept", "application/xml");
    let answer = instance.call(&in_xml).await;
    assert!(
        answer.text().contains("<allowed_codes>Code 000</allowed_codes><allowed_codes>Code 001<"),
        "{}",
        answer.text()
    );
    let upper = instance.call(&Event::get(&format!("configuration/{}", sys_ids[0].to_uppercase()))).await;
    assert_eq!(upper.status(), 200, "a sys_id in upper case");
    for unknown in ["0123456789abcdef0123456789abcdef", "x", "snapshot:1", "cursor-key:"] {
        let answer = instance.call(&Event::get(&format!("configuration/{unknown}"))).await.expect(404);
        assert_eq!(answer["success"], false, "{answer}");
    }
    // One that is renamed stands where its name does.
    world.put_configuration("Zoo", 1, &json!({"sys_id": sys_ids[0]})).await;
    assert_eq!(names(&whole(&world, "configuration").await), ["Billing", "Calls", "Calls", "Zoo", "Ärger"]);
}

#[tokio::test]
async fn codes_and_configurations_of_an_older_version_are_listed_once_the_backfill_has_been_there() {
    let world = World::start().await;
    world.put_configuration("Calls", 3, &json!({})).await;
    for (table, column) in [(Table::Codes, "by_label"), (Table::Configurations, "by_name")] {
        for record in world.records(table).await {
            let update = world.client().update_item().table_name(table.platform_name());
            let update = update.key("sys_id", record["sys_id"].clone());
            let removed = update.update_expression("REMOVE #column").expression_attribute_names("#column", column);
            removed.send().await.expect("an update");
        }
    }
    let before = world.records(Table::Codes).await;
    assert_eq!((whole(&world, "code").await.len(), whole(&world, "configuration").await.len()), (0, 0));
    let stores = world.instance().system;
    for (codes, configurations) in [(3, 1), (0, 0)] {
        assert_eq!(stores.codes().backfill().await.expect("a backfill"), codes);
        assert_eq!(stores.configurations().backfill().await.expect("a backfill"), configurations);
    }
    assert_eq!((whole(&world, "code").await.len(), whole(&world, "configuration").await.len()), (3, 1));
    for (mut after, before) in world.records(Table::Codes).await.into_iter().zip(before) {
        after.remove("by_label");
        assert_eq!(after, before, "nothing else has changed");
    }
}

#[tokio::test]
async fn what_may_not_be_asked_is_refused_with_what_may() {
    let world = World::start().await;
    let instance = world.instance();
    for id in ["A", "B", "C"] {
        instance.open(&opening(id)).await;
    }
    let cursor = page(&instance, "segment?state=open&limit=1").await["next_cursor"].as_str().expect("more").to_owned();
    let forged = format!("{}AAAA", &cursor[..cursor.len() - 4]);
    let other = "is of a list with other parameters";
    let none_of_ours = "is not a next_cursor of this API";
    let selectors = "exactly one of agent, interaction, state, or from and to has to be given";
    for (query, says) in [
        ("segment".to_owned(), vec![selectors]),
        ("segment?code=Refund".to_owned(), vec![selectors]),
        ("segment?agent=a&interaction=i".to_owned(), vec!["interaction cannot be given with agent", selectors]),
        ("segment?agent=a&state=open".to_owned(), vec!["state cannot be given with agent"]),
        (
            "segment?state=open&from=2024-09-01%2000:00:00&to=2024-09-02%2000:00:00".to_owned(),
            vec!["from cannot be given with state", "to cannot be given with state"],
        ),
        ("segment?state=closed".to_owned(), vec!["state has to be one of open, awaiting_confirmation, overdue"]),
        ("segment?from=2024-09-01%2000:00:00".to_owned(), vec!["to is required"]),
        ("segment?to=2024-09-01%2000:00:00".to_owned(), vec!["from is required"]),
        (
            "segment?from=2024-09-01%2000:00:00&to=2024-10-03%2000:00:00".to_owned(),
            vec!["to has to be at most 31 days later than from"],
        ),
        (
            "segment?from=2024-09-02%2000:00:00&to=2024-09-01%2000:00:00".to_owned(),
            vec!["to has to be later than from"],
        ),
        ("segment?from=yesterday&to=2024-09-01%2000:00:00".to_owned(), vec!["from has to be a date and time"]),
        ("segment?state=open&limit=0".to_owned(), vec!["limit has to be a whole number from 1 to 100"]),
        ("segment?state=open&limit=101".to_owned(), vec!["limit has to be a whole number from 1 to 100"]),
        ("segment?state=open&limit=2.5".to_owned(), vec!["limit has to be a whole number"]),
        ("segment?state=open&limit=%2B5".to_owned(), vec!["limit has to be a whole number"]),
        ("segment?state=open&minutes=5".to_owned(), vec!["minutes can only be used with state=overdue"]),
        ("segment?state=overdue&minutes=0".to_owned(), vec!["minutes has to be a whole number"]),
        ("segment?state=open&include=transcript".to_owned(), vec!["include has to be one of notes"]),
        ("segment?state=open&external=perhaps".to_owned(), vec!["external has to be true or false"]),
        ("segment?limit=x&external=x".to_owned(), vec!["external has to be", "limit has to be", selectors]),
        (behind("segment?state=open&limit=1", &cursor[..cursor.len() - 1]), vec![none_of_ours]),
        (behind("segment?state=open&limit=1", &forged), vec![none_of_ours]),
        (behind("segment?state=open&limit=1", "x"), vec![none_of_ours]),
        (behind("segment?state=awaiting_confirmation&limit=1", &cursor), vec![other]),
        (behind("segment?state=open&external=true", &cursor), vec![other]),
        ("code?limit=1001".to_owned(), vec!["limit has to be a whole number from 1 to 1000"]),
        ("configuration?limit=101".to_owned(), vec!["limit has to be a whole number from 1 to 100"]),
        ("configuration?active=maybe".to_owned(), vec!["active has to be true or false"]),
        (behind("configuration?limit=1", &cursor), vec![other]),
        ("code?active=maybe".to_owned(), vec!["active has to be true or false"]),
        (behind("code?limit=1", &cursor), vec![other]),
    ] {
        let answer = instance.call(&Event::get(&query)).await.expect(400);
        let message = answer["message"].as_str().or(answer["result"]["message"].as_str()).expect("a message");
        for says in says {
            assert!(message.contains(says), "{query}: {message}");
        }
    }
    // The size of a page is no part of the question.
    assert_eq!(
        page(&instance, &behind("segment?state=open&limit=2", &cursor)).await["segments"].as_array().map(Vec::len),
        Some(2)
    );
    world.pass(Duration::from_secs(24 * 60 * 60));
    let old = instance.call(&Event::get(&behind("segment?state=open&limit=1", &cursor))).await.expect(400);
    assert!(old["message"].as_str().is_some_and(|message| message.contains("is older than 24 hours")), "{old}");
}

#[tokio::test]
async fn a_supervisor_may_list_and_who_has_neither_role_may_not() {
    let world = World::start().await;
    let instance = world.instance();
    let by = |role: &str| json!({"wrapup_user": "somebody", "wrapup_roles": role, "principalId": "somebody"});
    for path in ["code", "segment?state=open"] {
        for (role, status) in [("wrapup_supervisor", 200), ("interaction_integration_user", 200), ("itil", 403)] {
            let event = Event::get(path).authorizer(by(role));
            assert_eq!(instance.call(&event).await.status(), status, "{path} as {role}");
        }
    }
    // What else there is stays with those who integrate.
    for path in ["segment/x", "configuration", "configuration/x"] {
        let event = Event::get(path).authorizer(by("wrapup_supervisor"));
        let refused = instance.call(&event).await.expect(403);
        assert!(refused.to_string().contains("interaction_integration_user"), "{path}: {refused}");
    }
}

#[tokio::test]
async fn a_deployment_without_oauth_has_a_key_for_cursors_too() {
    let world = World::start().await;
    let without = || world.instance_with(Parts { without_oauth: true, ..Parts::default() });
    for id in ["A", "B", "C"] {
        without().open(&opening(id)).await;
    }
    let first = page(&without(), "segment?state=open&limit=2").await;
    let cursor = first["next_cursor"].as_str().expect("more");
    let second = page(&without(), &behind("segment?state=open&limit=2", cursor)).await;
    assert_eq!(second["segments"].as_array().map(Vec::len), Some(1));
}

/// What a page of each list asks of DynamoDB: queries of an index, reads of 100 records, and the units of both.
#[tokio::test]
async fn each_list_costs_what_it_is_said_to() {
    let world = World::start().await;
    let instance = world.instance();
    let configuration = world.put_configuration("Calls", 30, &json!({})).await;
    for number in 0..30 {
        instance.open(&merged(opening(&format!("CALL-{number}")), &json!({"interaction_sys_id": "one"}))).await;
    }
    let day = "from=2024-09-16%2000:00:00&to=2024-09-17%2000:00:00";
    for (query, queries, reads) in [
        ("segment?agent=agent".to_owned(), 1, 1),
        ("segment?interaction=one".to_owned(), 1, 1),
        // Open ones with a deadline, and without.
        ("segment?state=open".to_owned(), 32, 1),
        // Awaiting, and those whose deadline may have ended them; and the day's closed ones.
        ("segment?state=awaiting_confirmation".to_owned(), 32, 0),
        (format!("segment?{day}"), 48, 0),
        ("code?limit=25".to_owned(), 16, 1),
        ("configuration".to_owned(), 1, 1),
        (format!("configuration/{configuration}"), 0, 1),
    ] {
        instance.call(&Event::get(&query)).await.expect(200);
        world.traffic();
        instance.call(&Event::get(&query)).await.expect(200);
        let traffic = world.traffic();
        let asked = traffic.requests.iter().filter(|request| *request == "Query").count();
        assert_eq!((asked, traffic.requests.len() - asked), (queries, reads), "{query}: {:?}", traffic.requests);
        // A query takes half a unit for 4 KB of rows, a record that is read consistently a whole one.
        let units = queries as f64 * 0.5 + 25.0 * reads as f64;
        assert!(traffic.read_units <= units, "{query}: {} of {units}", traffic.read_units);
    }
}

#[tokio::test]
async fn a_call_looks_at_a_thousand_rows_at_most_and_the_list_goes_on() {
    let world = World::start().await;
    let instance = world.instance();
    for number in 0..1_200 {
        instance.open(&opening(&format!("CALL-{number}"))).await;
    }
    instance.open(&internal(&world.put_configuration("Calls", 2, &json!({})).await)).await;
    let (mut next, mut found, mut pages) = ("segment?state=open&external=false&limit=100".to_owned(), 0, 0);
    loop {
        world.traffic();
        let page = page(&instance, &next).await;
        let queries = world.traffic().requests.iter().filter(|request| *request == "Query").count();
        assert!(queries <= 64, "{queries}");
        found += page["segments"].as_array().map_or(0, Vec::len);
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = behind("segment?state=open&external=false&limit=100", cursor);
    }
    assert_eq!(found, 1);
    assert!((2..=4).contains(&pages), "{pages} pages, of which most have nothing");
}

#[tokio::test]
async fn a_page_of_long_notes_ends_before_it_is_too_large_to_be_sent() {
    let world = World::start().await;
    let instance = world.instance();
    let notes = "x".repeat(65_536);
    for number in 0..100 {
        let id = format!("CALL-{number:03}");
        instance.open(&opening(&id)).await;
        close(&instance, &id, &json!({"notes": notes})).await;
    }
    let (mut next, mut sizes) = ("segment?state=awaiting_confirmation&include=notes&limit=100".to_owned(), Vec::new());
    let mut seen = BTreeSet::new();
    loop {
        let reply = instance.call(&Event::get(&next)).await;
        assert!(reply.text().len() < 4_100_000, "{}", reply.text().len());
        let page = reply.expect(200);
        let listed = page["segments"].as_array().expect("a list");
        sizes.push(listed.len());
        for segment in listed {
            assert_eq!(segment["notes"].as_str().map(str::len), Some(65_536));
            assert!(seen.insert(segment["external_segment_id"].as_str().expect("an id").to_owned()));
        }
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = behind("segment?state=awaiting_confirmation&include=notes&limit=100", cursor);
    }
    assert_eq!((seen.len(), sizes.len()), (100, 2), "{sizes:?}");
}

#[tokio::test]
async fn those_of_a_time_are_all_seen_while_they_are_confirmed() {
    let world = World::start().await;
    let instance = world.instance();
    for number in 0..40 {
        instance.open(&opening(&format!("CALL-{number:02}"))).await;
        close(&instance, &format!("CALL-{number:02}"), &json!({})).await;
    }
    let day = "segment?from=2024-09-16%2000:00:00&to=2024-09-17%2000:00:00&limit=15";
    let confirming = async {
        for number in 0..40 {
            close(&instance, &format!("CALL-{number:02}"), &json!({"confirmed_on": "2024-09-16 18:52:01"})).await;
        }
    };
    let listing = async {
        let mut lists = 0;
        for _ in 0..12 {
            let listed = whole(&world, day).await;
            let seen: BTreeSet<_> = ids(&listed).into_iter().collect();
            assert_eq!((listed.len(), seen.len()), (40, 40), "each once, on whichever shelf it stands");
            lists += 1;
        }
        lists
    };
    let (_, lists) = tokio::join!(confirming, listing);
    assert_eq!(lists, 12);
}

#[tokio::test]
async fn a_page_costs_the_same_however_many_segments_there_are() {
    let world = World::start().await;
    let mut costs = BTreeSet::new();
    for many in [60, 240] {
        let instance = world.instance();
        for number in 0..many {
            instance.open(&timed(&format!("CALL-{many}-{number}"), 300)).await;
        }
        world.traffic();
        let page = page(&instance, "segment?state=open").await;
        assert_eq!(page["segments"].as_array().map(Vec::len), Some(25));
        let traffic = world.traffic();
        let queries = traffic.requests.iter().filter(|request| *request == "Query").count();
        let others: Vec<_> = traffic.requests.iter().filter(|request| *request != "Query").cloned().collect();
        assert_eq!(others, ["BatchGetItem"], "the snapshot is known, and so are the keys");
        // Sixteen shelves, and a few of them once more.
        assert!((16..=24).contains(&queries), "{queries}");
        costs.insert(queries);
    }
    // Which shelves have more of it is chance; how many are asked is not.
    assert!(costs.last().expect("two") - costs.first().expect("two") <= 6, "{costs:?}");
}

#[tokio::test]
async fn beside_writers_each_that_stays_where_it_is_is_seen_exactly_once() {
    for seed in 1..=6_u64 {
        let world = World::start().await;
        let instance = world.instance();
        for number in 0..40 {
            instance.open(&timed(&format!("CALL-{number:02}"), 600 + number % 7)).await;
        }
        let mut random = seed;
        let mut next_random = move |below: u64| {
            // xorshift: the same numbers for the same seed.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut moved = BTreeSet::new();
        let mut seen: Vec<String> = Vec::new();
        let mut query = "segment?state=open&limit=6".to_owned();
        let mut opened = 40;
        loop {
            let page = page(&world.instance(), &query).await;
            let listed = page["segments"].as_array().expect("a list");
            seen.extend(ids(listed).into_iter().map(str::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            query = behind("segment?state=open&limit=6", cursor);
            for _ in 0..4 {
                let id = format!("CALL-{:02}", next_random(40));
                match next_random(4) {
                    0 => {
                        close(&instance, &id, &json!({})).await;
                        moved.insert(id);
                    }
                    1 if !moved.contains(&id) => {
                        let longer = json!({"configuration": {"duration": 900, "show_timer": true}});
                        close(&instance, &id, &longer).await;
                        moved.insert(id);
                    }
                    2 => {
                        opened += 1;
                        instance.open(&timed(&format!("CALL-{opened:02}"), 600 + next_random(7))).await;
                        moved.insert(format!("CALL-{opened:02}"));
                    }
                    // A change that moves nothing.
                    _ if !moved.contains(&id) => {
                        let content = json!({"external_segment_id": id, "ai_wrap_up_code": "Code 001"});
                        instance.call(&Event::put("segment/update/ai").json(&content)).await.expect(200);
                    }
                    _ => {}
                }
            }
        }
        seen.retain(|id| !moved.contains(id));
        let once: BTreeSet<_> = seen.iter().cloned().collect();
        let stayed: BTreeSet<_> =
            (0..40).map(|number| format!("CALL-{number:02}")).filter(|id| !moved.contains(id)).collect();
        assert_eq!(seen.len(), once.len(), "seed {seed}: one is seen twice: {seen:?}");
        assert_eq!(once, stayed, "seed {seed}");
    }
}

#[tokio::test]
async fn a_deployment_that_goes_without_an_index_says_so() {
    let world = World::start().await;
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("by_agent").build().expect("a deletion");
    let update = world.client().update_table().table_name("interaction_wrap_up_segment");
    let update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().delete(delete).build());
    update.send().await.expect("an update");
    let refused = world.instance().call(&Event::get("segment?agent=a")).await.expect(503);
    assert!(
        refused["error"]["detail"].as_str().is_some_and(|detail| detail.contains("has no index by_agent")),
        "{refused}"
    );
    assert_eq!(whole(&world, "segment?interaction=i").await.len(), 0);
}
