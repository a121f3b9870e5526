//! What is said after a wrap-up has opened: the AI filler on records of the stream of `interaction`.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;

use aws_sdk_dynamodb::types::{DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use futures_util::future::{join, join3};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::ai::ProviderError;
use wrapup::dynamodb::{Table, string};
use wrapup_functions::StreamFunction;
use wrapup_lambda_tests::{
    Event, Fault, Instance, Log, Rule, ScriptedProvider, StreamRecord, World, opening, undelivered,
};
use wrapup_test_support::merged;

const SEGMENTS: &str = "interaction_wrap_up_segment";

const INTERACTIONS: &str = "interaction";

const FIRST: &str = "Customer: I was charged twice.";

const SECOND: &str = "Customer: I was charged twice.\nAgent: You get one payment back.";

/// A deployment with one instance of the HTTP functions and one of the filler, and nothing said yet.
struct Desk {
    world: World,
    instance: Instance,
    provider: ScriptedProvider,
    filler: StreamFunction,
}

impl Desk {
    async fn new(provider: ScriptedProvider) -> Self {
        let world = World::start().await;
        let instance = world.instance();
        let filler = filler(&world, &provider);
        Self { world, instance, provider, filler }
    }

    async fn usual() -> Self {
        Self::new(ScriptedProvider::new(Some(("Code 001", 0.9)), Some("Charged twice."))).await
    }

    /// Opens a segment that wants everything of the filler; `changes` go over its request. The filler takes its opening.
    async fn open(&self, external_segment_id: &str, changes: Value) -> String {
        let wanting = json!({"configuration": {"use_third_party_ai": false}});
        let sys_id = self.instance.open(&merged(merged(opening(external_segment_id), &wanting), &changes)).await;
        assert!(
            undelivered(&self.filler, &[StreamRecord::insert(self.world.segment_record(&sys_id).await)])
                .await
                .is_empty()
        );
        sys_id
    }

    /// What whoever makes transcripts does. Answers the record of it in the stream.
    async fn say(&self, columns: &[(&str, &str)]) -> StreamRecord {
        let before = self.world.record(Table::Interactions, "interaction").await;
        let mut item = wrapup::dynamodb::key("interaction");
        item.extend(columns.iter().map(|(column, text)| ((*column).to_owned(), string(*text))));
        let put = self.world.client().put_item().table_name(INTERACTIONS).set_item(Some(item.clone()));
        put.send().await.expect("a put");
        let record = match before {
            Some(before) => StreamRecord::modify(before, item),
            None => StreamRecord::insert(item),
        };
        record.of_table(INTERACTIONS)
    }

    async fn transcribe(&self, transcript: &str) -> StreamRecord {
        self.say(&[("transcript", transcript)]).await
    }

    /// How many times the provider was asked since the last time this was called.
    fn asked(&self) -> usize {
        self.provider.asked().len()
    }
}

fn filler(world: &World, provider: &ScriptedProvider) -> StreamFunction {
    wrapup_lambda_tests::filler(world.instance().system, Arc::new(provider.clone()))
}

#[tokio::test]
async fn a_transcript_that_comes_after_the_opening_fills_the_open_segments_of_its_interaction() {
    let desk = Desk::usual().await;
    desk.open("E-1", json!({})).await;
    desk.open("E-2", json!({"agent_sys_id": "another agent"})).await;
    desk.open("ELSEWHERE", json!({"interaction_sys_id": "another"})).await;
    assert_eq!(desk.asked(), 0, "nothing had been said");
    let record = desk.transcribe(FIRST).await;
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    for id in ["E-1", "E-2"] {
        let filled = desk.instance.read(id).await;
        assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Code 001"), &json!("Charged twice.")));
        assert_eq!((&filled["ai_source"], &filled["state"]), (&json!("scripted"), &json!("open")));
    }
    assert_eq!(desk.asked(), 2);
    assert_eq!(desk.instance.read("ELSEWHERE").await.get("ai_source"), None);
}

#[tokio::test]
async fn what_stands_is_kept_and_what_is_absent_is_asked_for_once_a_version() {
    let desk = Desk::new(ScriptedProvider::new(None, Some("Charged twice."))).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let first = desk.transcribe(FIRST).await;
    undelivered(&desk.filler, std::slice::from_ref(&first)).await;
    let filled = desk.world.segment_record(&sys_id).await;
    assert_eq!(filled["ai_notes"].as_s().expect("notes"), "Charged twice.");
    assert_eq!(desk.asked(), 1);
    // The same record, and one of a change of something else.
    let column = desk.say(&[("transcript", FIRST), ("queue", "billing")]).await;
    assert!(undelivered(&desk.filler, &[first, column]).await.is_empty());
    assert_eq!((desk.asked(), desk.world.segment_record(&sys_id).await), (0, filled));

    let better = ScriptedProvider::new(Some(("Code 001", 0.9)), Some("Other notes."));
    let record = desk.transcribe(SECOND).await;
    let filler = filler(&desk.world, &better);
    assert!(undelivered(&filler, std::slice::from_ref(&record)).await.is_empty());
    let asked = better.asked().pop().expect("a question");
    assert_eq!((asked.transcript.as_deref(), asked.notes), (Some(SECOND), false), "the notes are there");
    let segment = desk.instance.read("E-1").await;
    assert_eq!((&segment["ai_wrap_up_code"], &segment["ai_notes"]), (&json!("Code 001"), &json!("Charged twice.")));

    // Nothing is lacking any more.
    let full = desk.world.segment_record(&sys_id).await;
    let third = desk.transcribe("Customer: All is well.").await;
    assert!(undelivered(&filler, &[record, third]).await.is_empty());
    assert_eq!((better.asked().len(), desk.world.segment_record(&sys_id).await), (0, full));
}

#[tokio::test]
async fn where_nothing_is_suggested_only_a_mark_says_that_it_was_read() {
    let desk = Desk::new(ScriptedProvider::new(None, None)).await;
    desk.transcribe(FIRST).await;
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = desk.instance.open(&merged(opening("E-1"), &wanting)).await;
    let before = desk.world.segment_record(&sys_id).await;
    desk.world.traffic();
    let record = StreamRecord::insert(before.clone());
    assert!(undelivered(&desk.filler, std::slice::from_ref(&record)).await.is_empty());
    let traffic = desk.world.traffic();
    assert_eq!((traffic.write_units, traffic.index_write_units), (1.0, 0.0), "no index has the mark");
    let marked = desk.world.segment_record(&sys_id).await;
    let mut but_for_the_mark = marked.clone();
    assert!(but_for_the_mark.remove("ai_read").is_some());
    but_for_the_mark.insert("wants_ai".to_owned(), before["wants_ai"].clone());
    assert_eq!(but_for_the_mark, before, "neither who changed it, nor when, nor how often");
    assert_eq!(desk.asked(), 1);
    // It is no event, and nobody is asked again, by neither stream.
    let marks = StreamRecord::modify(before, marked.clone());
    assert!(undelivered(&desk.filler, &[record, marks]).await.is_empty());
    let same = desk.say(&[("transcript", FIRST)]).await;
    assert!(undelivered(&desk.filler, &[same]).await.is_empty());
    assert_eq!((desk.asked(), desk.world.segment_record(&sys_id).await), (0, marked.clone()));
    // What else is said is read.
    let record = desk.transcribe(SECOND).await;
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    assert_eq!(desk.asked(), 1);
    assert_ne!(desk.world.segment_record(&sys_id).await["ai_read"], marked["ai_read"]);
}

#[tokio::test]
async fn another_configuration_is_asked_for_with_the_same_words() {
    let desk = Desk::new(ScriptedProvider::new(None, None)).await;
    desk.transcribe(FIRST).await;
    let sys_id = desk.open("E-1", json!({})).await;
    assert_eq!(desk.asked(), 1);
    let before = desk.world.segment_record(&sys_id).await;
    let own = json!({"use_third_party_ai": false, "allowed_codes": [{"code": "Code 000"}, {"code": "Other"}]});
    let configuration = merged(opening("any")["configuration"].clone(), &own);
    let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}"));
    desk.instance.call(&event.json(&json!({"configuration": configuration}))).await.expect(200);
    let record = StreamRecord::modify(before, desk.world.segment_record(&sys_id).await);
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    assert_eq!(desk.provider.asked().pop().expect("a question").labels, ["Code 000", "Other"]);
}

#[tokio::test]
async fn a_closed_segment_is_left_alone_and_an_agent_who_closes_meanwhile_wins() {
    for provider in [
        ScriptedProvider::new(Some(("Code 001", 0.9)), Some("Charged twice.")).pausing(),
        ScriptedProvider::new(None, None).pausing(),
    ] {
        let desk = Desk::new(provider).await;
        desk.open("E-1", json!({})).await;
        let close = Event::put("segment/update?external_segment_id=E-1").json(&json!({"notes": "Mine."}));
        let record = desk.transcribe(FIRST).await;
        let agent = async {
            desk.provider.reading().await;
            let closed = desk.instance.call(&close).await.expect(200)["segment"].clone();
            desk.provider.go_on();
            closed
        };
        let (again, closed) = join(undelivered(&desk.filler, std::slice::from_ref(&record)), agent).await;
        assert!(again.is_empty());
        assert_eq!(desk.instance.read("E-1").await, closed);
        desk.asked();
        let other = desk.transcribe(SECOND).await;
        assert!(undelivered(&desk.filler, &[record, other]).await.is_empty());
        assert_eq!((desk.asked(), desk.instance.read("E-1").await), (0, closed));
    }
}

#[tokio::test]
async fn a_draft_that_is_saved_meanwhile_is_kept_and_the_mark_is_made() {
    let desk = Desk::new(ScriptedProvider::new(None, None).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = desk.transcribe(FIRST).await;
    let agent = async {
        desk.provider.reading().await;
        let draft = Event::put("segment/draft?external_segment_id=E-1").json(&json!({"notes": "Typing"}));
        desk.instance.call(&draft).await.expect(200);
        desk.provider.go_on();
    };
    let (again, ()) = join(undelivered(&desk.filler, &[record]), agent).await;
    assert!(again.is_empty());
    let item = desk.world.segment_record(&sys_id).await;
    assert_eq!(item["draft_notes"].as_s().expect("a draft"), "Typing");
    assert!(item.contains_key("ai_read"));
}

#[tokio::test]
async fn a_configuration_that_is_given_meanwhile_is_not_marked_as_read() {
    let desk = Desk::new(ScriptedProvider::new(None, None).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = desk.transcribe(FIRST).await;
    let agent = async {
        desk.provider.reading().await;
        let own = json!({"use_third_party_ai": false, "allowed_codes": [{"code": "Code 000"}, {"code": "Other"}]});
        let configuration = merged(opening("any")["configuration"].clone(), &own);
        let update = Event::put("segment/update?external_segment_id=E-1");
        desk.instance.call(&update.json(&json!({"configuration": configuration}))).await.expect(200);
        desk.provider.go_on();
    };
    let (again, ()) = join(undelivered(&desk.filler, &[record]), agent).await;
    assert!(again.is_empty());
    assert_eq!(desk.world.segment_record(&sys_id).await.get("ai_read"), None, "nobody has asked with its codes");
}

#[tokio::test]
async fn of_two_that_read_at_once_one_is_taken_whole() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.9)), None).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let other_provider = ScriptedProvider::new(None, Some("Other.")).pausing();
    let other = filler(&desk.world, &other_provider);
    let records = [desk.transcribe(FIRST).await];
    let meet = async {
        join(desk.provider.reading(), other_provider.reading()).await;
        desk.provider.go_on();
        other_provider.go_on();
    };
    let (one, two, ()) = join3(undelivered(&desk.filler, &records), undelivered(&other, &records), meet).await;
    assert!(one.is_empty() && two.is_empty());
    let item = desk.world.segment_record(&sys_id).await;
    assert!(item.contains_key("ai_wrap_up_code") != item.contains_key("ai_notes"), "{item:?}");
    assert_eq!(item["sys_mod_count"].as_n().expect("a number"), "1", "one change");
}

#[tokio::test]
async fn what_the_provider_fails_at_comes_again_and_nothing_is_asked_twice_for_it() {
    let desk = Desk::usual().await;
    desk.open("E-1", json!({})).await;
    desk.open("E-2", json!({})).await;
    desk.provider.fail_once(ProviderError::Unavailable("throttled".into()));
    // Of one interaction several changes, which are one to whoever reads what is said now.
    let (first, second) = (desk.transcribe(FIRST).await.numbered("1"), desk.transcribe(SECOND).await.numbered("2"));
    assert_eq!(undelivered(&desk.filler, &[first.clone(), second.clone()]).await, ["1", "2"]);
    assert_eq!(desk.asked(), 2);
    assert!(undelivered(&desk.filler, &[first, second]).await.is_empty());
    let asked = desk.provider.asked();
    assert_eq!(asked.len(), 1, "the other one lacks nothing");
    assert_eq!(asked[0].transcript.as_deref(), Some(SECOND));
    for id in ["E-1", "E-2"] {
        assert_eq!(desk.instance.read(id).await["ai_notes"], "Charged twice.");
    }
}

#[tokio::test]
async fn a_throttled_segment_table_is_tried_again_later() {
    for operation in ["Query", "BatchGetItem", "UpdateItem"] {
        let desk = Desk::usual().await;
        desk.open("E-1", json!({})).await;
        let record = desk.transcribe(FIRST).await;
        desk.world.fail(Rule::always(Fault::Throttled).on(operation).of(SEGMENTS));
        assert_eq!(undelivered(&desk.filler, std::slice::from_ref(&record)).await.len(), 1, "{operation}");
        desk.world.recover();
        assert!(undelivered(&desk.filler, &[record]).await.is_empty());
        assert_eq!(desk.instance.read("E-1").await["ai_notes"], "Charged twice.");
    }
}

#[tokio::test]
async fn silence_and_what_is_no_conversation_cost_no_request() {
    let desk = Desk::usual().await;
    desk.open("E-1", json!({})).await;
    let spoken = desk.say(&[("transcript", FIRST)]).await;
    let queued = desk.say(&[("transcript", FIRST), ("queue", "billing")]).await;
    let silent = desk.say(&[("transcript", " "), ("language", "en")]).await;
    let erased = desk.say(&[("erased_on", "2024-09-16 18:00:00")]).await;
    let gone = StreamRecord::remove(wrapup::dynamodb::key("interaction")).of_table(INTERACTIONS);
    desk.world.traffic();
    assert!(undelivered(&desk.filler, &[queued, silent, erased, gone]).await.is_empty());
    assert_eq!(desk.world.traffic().requests, Vec::<String>::new());
    // What was said and is not any more fills nothing.
    assert!(undelivered(&desk.filler, &[spoken]).await.is_empty());
    assert_eq!(desk.asked(), 0);
    // A sys_id that no segment's interaction can have.
    let mut long = wrapup::dynamodb::key("é".repeat(1_024));
    long.insert("transcript".to_owned(), string(FIRST));
    assert!(undelivered(&desk.filler, &[StreamRecord::insert(long).of_table(INTERACTIONS)]).await.is_empty());
}

#[tokio::test]
async fn reading_again_takes_a_query_two_reads_and_one_update() {
    let desk = Desk::usual().await;
    desk.open("E-1", json!({})).await;
    let record = desk.transcribe(FIRST).await;
    desk.world.traffic();
    undelivered(&desk.filler, std::slice::from_ref(&record)).await;
    assert_eq!(desk.world.traffic().requests, ["BatchGetItem", "GetItem", "Query", "UpdateItem"]);
    undelivered(&desk.filler, &[record]).await;
    assert_eq!(desk.world.traffic().requests, ["BatchGetItem", "Query"], "delivered again");
}

#[tokio::test]
async fn a_record_is_of_the_table_that_its_stream_says_whatever_stands_in_front_of_the_name() {
    let desk = Desk::usual().await;
    desk.open("E-1", json!({})).await;
    let record = desk.transcribe(FIRST).await.of_table("staging-interaction");
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    assert_eq!(desk.asked(), 1);
    let record = desk.transcribe(SECOND).await.of_table("staging-interaction_wrap_up_segment");
    assert_eq!(undelivered(&desk.filler, &[record]).await.len(), 1, "it cannot be read as a segment");
    assert_eq!(desk.asked(), 0);
}

#[tokio::test]
async fn the_log_says_once_that_there_is_no_index_and_never_what_was_said() {
    let log = Log::keep(LevelFilter::DEBUG);
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("by_interaction").build().expect("an action");
    let update = desk.world.client().update_table().table_name(SEGMENTS);
    let update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().delete(delete).build());
    update.send().await.expect("an update");
    for transcript in ["Customer: Unspeakable.", "Customer: Unspeakable words."] {
        let record = desk.transcribe(transcript).await;
        assert!(undelivered(&desk.filler, &[record]).await.is_empty(), "it would hold up what is behind it");
    }
    let said = log.with("cannot be found");
    assert_eq!(said.lines().count(), 1, "{said}");
    wrapup::dynamodb::tables::add_missing_indexes(desk.world.stores().dynamo()).await.expect("indexes");
    let record = desk.transcribe("Customer: Unspeakable deeds.").await;
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    let lines = log.with(&sys_id);
    assert!(lines.contains("segment read again") && lines.contains("outcome=\"filled\""), "{lines}");
    assert_eq!(log.with("Unspeakable"), "");
}
