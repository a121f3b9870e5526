//! What the AI filler learns from segments that agents close: once, whatever comes again, late or at once; and how it is
//! taken out again.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wrapup::ai::{Extractive, Lessons, Overview};
use wrapup::document::{FromText, Id};
use wrapup::dynamodb::{Item, Table};
use wrapup::interactions::{Interaction, Interactions};
use wrapup::segments::Whose;
use wrapup_functions::StreamFunction;
use wrapup_lambda_tests::{
    Event, Fault, Instance, Rule, ScriptedProvider, StreamRecord, World, learner, opening, undelivered,
};
use wrapup_test_support::merged;

const TRANSCRIPT: &str = "Agent: Hello.\nCustomer: My invoice shows the broadband charge twice, please refund it.";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A deployment that learns, with an interaction to learn from.
struct Desk {
    world: World,
    instance: Instance,
    provider: ScriptedProvider,
    learner: StreamFunction,
}

impl Desk {
    async fn new(provider: ScriptedProvider) -> Self {
        let world = World::start().await;
        let instance = world.instance();
        let learner = learner(world.instance().system, Arc::new(provider.clone()));
        let desk = Self { world, instance, provider, learner };
        desk.say("interaction", TRANSCRIPT).await;
        desk
    }

    /// With a provider that suggests nothing.
    async fn usual() -> Self {
        Self::new(ScriptedProvider::new(None, None)).await
    }

    async fn say(&self, sys_id: &str, transcript: &str) {
        let interaction = Interaction {
            sys_id: sys_id.to_owned(),
            short_description: None,
            transcript: Some(transcript.to_owned()),
            language: "en".to_owned().try_into().ok(),
        };
        let interactions = Interactions::new(self.world.stores().dynamo().clone());
        interactions.put(&interaction, &self.world.stamp()).await.expect("a put");
    }

    /// Opens a segment that wants a code of the filler; `changes` go over its request.
    async fn open(&self, id: &str, changes: &Value) -> String {
        let own = json!({"configuration": {"use_third_party_ai": false, "enable_ai_notes": false}});
        self.instance.open(&merged(merged(opening(id), &own), changes)).await
    }

    /// Updates a segment, and answers the stream's record of it.
    async fn update(&self, sys_id: &str, body: &Value) -> StreamRecord {
        let before = self.world.segment_record(sys_id).await;
        let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(body);
        self.instance.call(&event).await.expect(200);
        StreamRecord::modify(before, self.world.segment_record(sys_id).await)
    }

    /// Opens a segment and closes it with this code, and answers the record of that.
    async fn closed(&self, id: &str, code: &str, changes: &Value) -> (String, StreamRecord) {
        let sys_id = self.open(id, changes).await;
        let record = self.update(&sys_id, &json!({"wrap_up_code": code})).await;
        (sys_id, record)
    }

    /// Erases a segment as an operator does, and answers the stream's record of it.
    async fn erase(&self, id: &str, sys_id: &str) -> StreamRecord {
        let before = self.world.segment_record(sys_id).await;
        let stores = self.world.stores();
        let whose = Whose::External(Id::from_text(id).expect("an id"));
        let segment = stores.segments().of(&whose).await.expect("a read").segments.remove(0).segment;
        stores.segments().erase(segment, &self.world.stamp()).await.expect("an erasure");
        StreamRecord::modify(before, self.world.segment_record(sys_id).await)
    }

    fn lessons(&self) -> Lessons {
        Lessons::new(self.world.stores().dynamo().clone(), self.world.clock())
    }

    async fn overview(&self) -> Overview {
        self.lessons().overview().await.expect("an overview")
    }

    /// How many segments each code was learned from.
    async fn labels(&self) -> BTreeMap<String, u32> {
        self.overview().await.codes.into_iter().collect()
    }

    async fn learned(&self) -> BTreeMap<String, Item> {
        let records = self.world.records(Table::Learned).await.into_iter();
        records.map(|item| (item["sys_id"].as_s().expect("a key").clone(), item)).collect()
    }
}

/// Delivers records to a consumer, and answers how many have to come again.
async fn deliver(consumer: &StreamFunction, records: &[StreamRecord]) -> usize {
    undelivered(consumer, records).await.len()
}

fn labels(of: &[(&str, u32)]) -> BTreeMap<String, u32> {
    of.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

#[tokio::test]
async fn what_an_agent_picks_is_learned_once_however_often_it_comes() {
    let desk = Desk::usual().await;
    let (_, record) = desk.closed("E-1", "Code 001", &json!({})).await;
    let others: Vec<_> =
        (0..4).map(|_| learner(desk.world.instance().system, Arc::new(desk.provider.clone()))).collect();
    let records = [record];
    let failed = join_all(others.iter().map(|other| deliver(other, &records))).await;
    assert_eq!(failed, [0; 4], "at once");
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
    assert_eq!(deliver(&desk.learner, &records).await, 0, "late");
    assert_eq!(deliver(&desk.learner, &records).await, 0, "again");
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
}

#[tokio::test]
async fn segments_that_close_at_the_same_time_are_all_learned() {
    let desk = Desk::usual().await;
    let mut records = Vec::new();
    for number in 0..12 {
        let agent = json!({"agent_sys_id": format!("agent {number}")});
        let (_, record) = desk.closed(&format!("E-{number}"), &format!("Code 00{}", number % 2), &agent).await;
        records.push(record.numbered(&format!("{number:021}")));
    }
    let others: Vec<_> =
        (0..3).map(|_| learner(desk.world.instance().system, Arc::new(desk.provider.clone()))).collect();
    // Each of three instances has a part of them, and all have the first.
    let parts = others.iter().zip(records.chunks(4)).map(|(other, part)| {
        let part: Vec<_> = part.iter().chain(&records[..1]).cloned().collect();
        async move {
            // What lost against the others too often comes again.
            while deliver(other, &part).await > 0 {}
        }
    });
    join_all(parts).await;
    assert_eq!(desk.labels().await, labels(&[("Code 000", 6), ("Code 001", 6)]));
}

#[tokio::test]
async fn only_what_an_agent_has_picked_in_a_closing_is_learned() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("DEFAULT", &json!({})).await;
    let by_default = desk.update(&sys_id, &json!({})).await;
    let sys_id = desk.open("DRAFT", &json!({})).await;
    let draft = Event::put("segment/draft?external_segment_id=DRAFT").json(&json!({"wrap_up_code": "Code 001"}));
    desk.instance.call(&draft).await.expect(200);
    let by_draft = desk.update(&sys_id, &json!({})).await;
    let ai = json!({"ai_wrap_up_code": "Code 001", "configuration": {"use_ai_as_default": true}});
    let sys_id = desk.open("AI", &ai).await;
    let by_ai = desk.update(&sys_id, &json!({})).await;
    let (_, silent) = desk.closed("SILENT", "Code 001", &json!({"interaction_sys_id": "nobody knows"})).await;
    for record in [by_default, by_draft, by_ai, silent] {
        assert_eq!(deliver(&desk.learner, &[record]).await, 0);
    }
    assert_eq!(desk.labels().await, labels(&[]));
    assert!(desk.learned().await.into_keys().all(|key| key == "key"), "but for the deployment's key");
}

#[tokio::test]
async fn a_deployment_that_does_not_learn_keeps_nothing() {
    let desk = Desk::usual().await;
    let (_, record) = desk.closed("E-1", "Code 001", &json!({})).await;
    let filler = wrapup_lambda_tests::filler(desk.world.instance().system, Arc::new(desk.provider.clone()));
    desk.world.traffic();
    assert_eq!(deliver(&filler, &[record]).await, 0);
    assert!(desk.world.traffic().requests.is_empty());
    assert!(desk.learned().await.is_empty());
}

#[tokio::test]
async fn a_corrected_code_moves_the_share() {
    let desk = Desk::usual().await;
    let (sys_id, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, std::slice::from_ref(&closed)).await, 0);
    let corrected = desk.update(&sys_id, &json!({"wrap_up_code": "Code 000"})).await;
    let renamed = desk.update(&sys_id, &json!({"notes": "As said."})).await;
    for record in [&corrected, &closed, &renamed, &corrected] {
        assert_eq!(deliver(&desk.learner, std::slice::from_ref(record)).await, 0);
        assert_eq!(desk.labels().await, labels(&[("Code 000", 1)]));
    }
    let confirmed = json!({"wrap_up_code": "Code 001", "confirmed_on": "2024-09-16 18:05:00"});
    let confirmed = desk.update(&sys_id, &confirmed).await;
    assert_eq!(deliver(&desk.learner, &[confirmed]).await, 0);
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
}

#[tokio::test]
async fn erasing_takes_the_share_out_and_nothing_that_comes_late_brings_it_back() {
    let desk = Desk::usual().await;
    let (sys_id, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    let (_, other) = desk.closed("E-2", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, &[other]).await, 0);
    let alone = desk.learned().await;
    assert_eq!(deliver(&desk.learner, std::slice::from_ref(&closed)).await, 0);
    let erased = desk.erase("E-1", &sys_id).await;
    for record in [&erased, &closed, &erased] {
        assert_eq!(deliver(&desk.learner, std::slice::from_ref(record)).await, 0);
        assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
    }
    // What is left of the code is to the last bit what the other segment added.
    let after = desk.learned().await;
    let of_code = |records: &BTreeMap<String, Item>| {
        let code = records.iter().find(|(key, _)| key.starts_with("code:")).expect("a code");
        code.1["centroid"].clone()
    };
    assert_eq!(of_code(&after), of_code(&alone));
    assert!(!after[&format!("share:{sys_id}")].contains_key("share"));

    // One that is erased before anybody has learned from it never is.
    let (sys_id, closed) = desk.closed("E-3", "Code 001", &json!({})).await;
    desk.erase("E-3", &sys_id).await;
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
}

#[tokio::test]
async fn an_operator_takes_a_share_out_at_once() {
    let desk = Desk::usual().await;
    let (sys_id, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, std::slice::from_ref(&closed)).await, 0);
    desk.erase("E-1", &sys_id).await;
    let whose = Whose::External(Id::from_text("E-1").expect("an id"));
    let segment = desk.world.stores().segments().of(&whose).await.expect("a read").segments.remove(0).segment;
    assert!(desk.lessons().take_out(&segment, &desk.world.stamp()).await.expect("an answer"));
    assert!(!desk.lessons().take_out(&segment, &desk.world.stamp()).await.expect("an answer"), "again");
    assert_eq!(desk.labels().await, labels(&[]));
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    assert_eq!(desk.labels().await, labels(&[]));
}

#[tokio::test]
async fn ten_picks_of_an_agent_and_a_code_count_in_a_day() {
    let desk = Desk::usual().await;
    let learn = async |id: String, code: &str, agent: &str| {
        let (_, record) = desk.closed(&id, code, &json!({"agent_sys_id": agent})).await;
        assert_eq!(deliver(&desk.learner, std::slice::from_ref(&record)).await, 0);
        assert_eq!(deliver(&desk.learner, &[record]).await, 0, "again");
    };
    for number in 0..12 {
        learn(format!("E-{number}"), "Code 001", "eager").await;
    }
    assert_eq!(desk.labels().await, labels(&[("Code 001", 10)]));
    learn("ANOTHER-CODE".to_owned(), "Code 000", "eager").await;
    learn("ANOTHER-AGENT".to_owned(), "Code 001", "other").await;
    assert_eq!(desk.labels().await, labels(&[("Code 000", 1), ("Code 001", 11)]));
    desk.world.pass(DAY);
    learn("ANOTHER-DAY".to_owned(), "Code 001", "eager").await;
    assert_eq!(desk.labels().await, labels(&[("Code 000", 1), ("Code 001", 12)]));
    let counts = desk.learned().await.into_iter().filter(|(key, _)| key.starts_with("day:"));
    let ends: Vec<u64> =
        counts.map(|(_, item)| item["expires_at"].as_n().expect("a number").parse().expect("seconds")).collect();
    let now = desk.world.clock().since_epoch().as_secs();
    assert_eq!(ends.len(), 4);
    assert!(ends.iter().all(|end| (now..=now + 2 * DAY.as_secs()).contains(end)), "{ends:?}");
}

#[tokio::test]
async fn a_code_that_was_forgotten_begins_anew() {
    let desk = Desk::usual().await;
    let (first, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    let stamp = desk.world.stamp();
    assert!(desk.lessons().forget("Code 001", &stamp).await.expect("an answer"));
    assert!(!desk.lessons().forget("Code 001", &stamp).await.expect("an answer"), "again");
    assert_eq!(desk.labels().await, labels(&[]));
    let (_, closed) = desk.closed("E-2", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    // There is nothing to be taken out of the code for the share that it had before.
    let erased = desk.erase("E-1", &first).await;
    assert_eq!(deliver(&desk.learner, &[erased]).await, 0);
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
    assert_eq!(desk.lessons().forget_all(&stamp).await.expect("an answer"), 1);
    assert_eq!(desk.learned().await.into_keys().collect::<Vec<_>>(), ["key"]);
}

#[tokio::test]
async fn no_text_is_kept_and_nobody_is_named() {
    let desk = Desk::usual().await;
    let (_, closed) = desk.closed("E-1", "Code 001", &json!({"agent_sys_id": "agent-jane"})).await;
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    let records = desk.learned().await;
    let kinds: Vec<_> = records.keys().map(|key| key.split(':').next().expect("a kind")).collect();
    assert_eq!(kinds, ["code", "day", "key", "share"]);
    let shown = format!("{records:?}").to_lowercase();
    for word in ["invoice", "broadband", "refund", "agent-jane", "interaction", "e-1"] {
        assert!(!shown.contains(word), "{word}: {shown}");
        let bytes = |item: &Item, column: &str| item.get(column).and_then(|value| value.as_b().ok()).cloned();
        for blob in records.values().flat_map(|item| ["share", "centroid"].map(|column| bytes(item, column))).flatten()
        {
            assert!(!blob.as_ref().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())));
        }
    }
}

#[tokio::test]
async fn a_share_goes_with_its_segment() {
    let desk = Desk::usual().await;
    let kept_for = Some("30".parse().expect("days"));
    let forgetful = Instance::new(desk.world.instance().system.with_retention(kept_for), None);
    let desk = Desk { instance: forgetful, ..desk };
    let (sys_id, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    let share = desk.learned().await[&format!("share:{sys_id}")].clone();
    assert!(share.contains_key("expires_at"));
    assert_eq!(share["expires_at"], desk.world.segment_record(&sys_id).await["expires_at"]);
}

#[tokio::test]
async fn what_fails_comes_again_and_is_learned_then() {
    let desk = Desk::usual().await;
    let (_, closed) = desk.closed("E-1", "Code 001", &json!({})).await;
    for operation in ["BatchGetItem", "TransactWriteItems"] {
        desk.world.fail(Rule::always(Fault::Throttled).on(operation).of("ai_learned"));
        assert_eq!(deliver(&desk.learner, std::slice::from_ref(&closed)).await, 1, "{operation}");
        desk.world.recover();
    }
    // Stored, and nobody has heard of it.
    desk.world.fail(Rule::once(Fault::LostAnswer).on("TransactWriteItems").of("ai_learned"));
    assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    assert_eq!(desk.labels().await, labels(&[("Code 001", 1)]));
}

#[tokio::test]
async fn a_segment_costs_these_requests_and_units() {
    let desk = Desk::usual().await;
    let mut costs = Vec::new();
    for number in 0..3 {
        let (_, closed) = desk.closed(&format!("E-{number}"), "Code 001", &json!({})).await;
        desk.world.traffic();
        assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
        let traffic = desk.world.traffic();
        let operations = traffic.requests.clone();
        costs.push((operations, traffic.read_units, traffic.write_units));
    }
    let usual = ["BatchGetItem", "BatchGetItem", "GetItem", "GetItem", "TransactWriteItems"];
    assert_eq!(costs[2].0, usual);
    // A read for the segment, its interaction, the key, the code, the day, and twice for the share, which is not there; a
    // write for share, code and day, each twice in a transaction.
    assert_eq!((costs[2].1, costs[2].2), (7.0, 6.0), "{costs:?}");
}

#[tokio::test]
async fn one_of_five_suggestions_is_kept_back_and_counted_apart() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.8)), None)).await;
    let (mut blind, mut shown) = (0, 0);
    for number in 0..30 {
        let id = format!("E-{number}");
        let sys_id = desk.open(&id, &json!({"agent_sys_id": id})).await;
        let version = desk.world.segment_record(&sys_id).await["sys_mod_count"].clone();
        assert_eq!(deliver(&desk.learner, &[StreamRecord::insert(desk.world.segment_record(&sys_id).await)]).await, 0);
        let segment = desk.instance.read(&id).await;
        let item = desk.world.segment_record(&sys_id).await;
        if item.contains_key("ai_kept_back") {
            blind += 1;
            assert_eq!(item["sys_mod_count"], version, "it only keeps books");
            assert!(!segment.to_string().contains("kept_back"), "{segment}");
            for field in ["ai_wrap_up_code", "ai_alternatives", "ai_confidence", "ai_source"] {
                assert_eq!(segment.get(field), None, "{segment}");
            }
        } else {
            shown += 1;
            assert_eq!(segment["ai_wrap_up_code"], "Code 001");
        }
        // Who sees the suggestion follows it.
        let code = if item.contains_key("ai_kept_back") { "Code 000" } else { "Code 001" };
        let closed = desk.update(&sys_id, &json!({"wrap_up_code": code})).await;
        assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    }
    assert!((2..=10).contains(&blind), "{blind} of 30");
    let overview = desk.overview().await;
    let (day, week) = overview.weeks.first().expect("a week");
    assert_eq!(day, "2024-09-12");
    assert_eq!((week.picks, week.agreed, week.blind, week.blind_agreed), (30, shown, blind, 0));
}

const BILLING: &str = "Agent: Hello.\nCustomer: My invoice shows the broadband charge twice.\nAgent: I see.\n\
                       Customer: The amount on the invoice is wrong.";
const BROKEN: &str = "Agent: Hello.\nCustomer: The router blinks and is offline.\nAgent: I see.\n\
                      Customer: I restarted the router, the cable is fine.";

/// Has segments of many agents learned from, as many of either conversation.
async fn teach(desk: &Desk, times: usize) {
    desk.say("billing", BILLING).await;
    desk.say("broken", BROKEN).await;
    for number in 0..times {
        for (said, code) in [("billing", "Code 001"), ("broken", "Code 000")] {
            let given = json!({"interaction_sys_id": said, "agent_sys_id": format!("agent {number}")});
            let (_, closed) = desk.closed(&format!("TAUGHT-{said}-{number}"), code, &given).await;
            assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
        }
    }
}

/// Opens segments until one is not blind, and answers it as the filler has left it.
async fn filled(desk: &Desk, filler: &StreamFunction, id: &str, said: &str) -> Value {
    for number in 0.. {
        let id = format!("{id}-{number}");
        let sys_id = desk.open(&id, &json!({"interaction_sys_id": said})).await;
        assert_eq!(deliver(filler, &[StreamRecord::insert(desk.world.segment_record(&sys_id).await)]).await, 0);
        if !desk.world.segment_record(&sys_id).await.contains_key("ai_kept_back") {
            return desk.instance.read(&id).await;
        }
    }
    json!({})
}

#[tokio::test]
async fn what_was_learned_is_suggested_where_no_description_tells() {
    let desk = Desk::usual().await;
    let embedded = || Arc::new(Extractive::new());
    teach(&desk, 8).await;
    let unlearned = wrapup_lambda_tests::filler(desk.world.instance().system, embedded());
    assert_eq!(filled(&desk, &unlearned, "WITHOUT", "billing").await.get("ai_wrap_up_code"), None);
    let learned = learner(desk.world.instance().system, embedded());
    for (said, code) in [("billing", "Code 001"), ("broken", "Code 000")] {
        let segment = filled(&desk, &learned, said, said).await;
        assert_eq!(segment["ai_wrap_up_code"], code, "{segment}");
    }
    // What was forgotten is suggested no more, once an instance has not read it for a minute.
    desk.lessons().forget_all(&desk.world.stamp()).await.expect("an answer");
    desk.world.pass(Duration::from_secs(61));
    assert_eq!(filled(&desk, &learned, "AFTER", "billing").await.get("ai_wrap_up_code"), None);
}

#[tokio::test]
async fn a_model_that_is_contradicted_strongly_only_offers_its_code() {
    let desk = Desk::usual().await;
    teach(&desk, 8).await;
    let model = Arc::new(ScriptedProvider::new(Some(("Code 000", 0.9)), None));
    let learned = learner(desk.world.instance().system, model);
    assert_eq!(filled(&desk, &learned, "AGREED", "broken").await["ai_wrap_up_code"], "Code 000");
    let segment = filled(&desk, &learned, "CONTRADICTED", "billing").await;
    assert_eq!(segment.get("ai_wrap_up_code"), None, "{segment}");
    let offered: Vec<_> =
        segment["ai_alternatives"].as_array().expect("alternatives").iter().map(|it| &it["wrap_up_code"]).collect();
    assert_eq!(offered, ["Code 000", "Code 001"]);
}

#[tokio::test]
async fn a_filler_whose_codes_nobody_picks_falls_silent() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.8)), None)).await;
    for number in 0..14 {
        let id = format!("E-{number}");
        let sys_id = desk.open(&id, &json!({"agent_sys_id": id})).await;
        assert_eq!(deliver(&desk.learner, &[StreamRecord::insert(desk.world.segment_record(&sys_id).await)]).await, 0);
        let closed = desk.update(&sys_id, &json!({"wrap_up_code": "Code 000"})).await;
        assert_eq!(deliver(&desk.learner, &[closed]).await, 0);
    }
    desk.world.pass(Duration::from_secs(61));
    desk.say("another", BROKEN).await;
    let segment = filled(&desk, &desk.learner, "SILENT", "another").await;
    assert_eq!(segment.get("ai_wrap_up_code"), None, "{segment}");
    assert_eq!(segment["ai_alternatives"][0]["wrap_up_code"], "Code 001");
}

#[tokio::test]
async fn a_filler_that_cannot_read_what_was_learned_does_without() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.8)), None)).await;
    desk.world.fail(Rule::always(Fault::Denied).of("ai_learned"));
    assert_eq!(filled(&desk, &desk.learner, "E", "interaction").await["ai_wrap_up_code"], "Code 001");
}
